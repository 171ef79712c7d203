"""A person leaves a word of its own in every field, is forgotten, and no word of it is left anywhere; others' are.

What is searched: every column of every table of the four databases; every record that Kafka still has of every topic,
and Kafka's own files once its cleaner has passed; PostgreSQL's own files, write-ahead log included, once `datacity
scrub` has passed; every other file of the stack, logs included. Left out are the mail catcher's, which are the mailbox
of whoever got the mail: it is emptied first, as its owner would.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from infra.demo.client import Platform
from infra.local.stack import Stack
from infra.provision import SERVICES, plain
from infra.topics import FORGETS_SOON, PARTITIONS, Topic, ensure_topics
from shared.events import EVENT_TOPICS, FORGETTABLES
from tests.support.backbone import until
from tests.support.canaries import rows_of, seen_in_database, seen_in_files, seen_in_topics
from tests.support.canary_season import Season

LOGS = {"event_log": "SELECT * FROM event_log ORDER BY position", "entry": "SELECT * FROM entry ORDER BY position"}
QUICK = {"segment.ms": "1000", "max.compaction.lag.ms": "1000", "file.delete.delay.ms": "1000"}
"""As little as a test can wait for: a segment is closed by the next record after a second, and cleaned soon after."""


@dataclass
class Command:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


async def datacity(home: Path, *arguments: str) -> Command:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "infra.cli",
        *arguments,
        env={**os.environ, "DATACITY_HOME": str(home), "NO_COLOR": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 180)
    return Command(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[Stack]:
    """A local stack of its own, whose compacted topics are cleaned at once; ended and removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="datacity-e2e-", ignore_cleanup_errors=True) as folder:
        made = Stack.open(Path(folder) / "home", settings={"DATACITY_COMPRESSED_SCHEDULE": "true"})
        try:
            await made.up()
            quick = [Topic(name, FORGETS_SOON | QUICK, PARTITIONS) for name in FORGETTABLES]
            await ensure_topics(made.urls["kafka"], wanted=quick)
            yield made
        finally:
            await made.erase()


async def season_on(stack: Stack) -> Season:
    season = Season(stack_platform(stack))
    await season.convene()
    await season.apply()
    await season.judge()
    await season.accompany()
    await season.has_been_written_to()
    return season


def database(stack: Stack, service: str) -> str:
    return str(stack.urls[f"database:{service}"])


async def logs_of(stack: Stack) -> dict[str, list[tuple[Any, ...]]]:
    """Every event log and the log of all, row by row."""
    found = {f"{service}.event_log": await rows_of(database(stack, service), LOGS["event_log"]) for service in SERVICES}
    return found | {"entry": await rows_of(database(stack, "notifications"), LOGS["entry"])}


async def everywhere(stack: Stack, words: list[str]) -> list[str]:
    """Where one of these words still is, in the databases and the topics."""
    topics = [*EVENT_TOPICS.values(), *FORGETTABLES]
    found = [f"topic {each.where}: {each.canary}" for each in await seen_in_topics(stack.urls["kafka"], topics, words)]
    for service in SERVICES:
        seen = await seen_in_database(database(stack, service), words)
        found += [f"{service} {each.where}: {each.canary}" for each in seen]
    return sorted(set(found))


async def into_its_files(stack: Stack) -> None:
    """PostgreSQL writes down what it only has in memory until now."""
    admin = await asyncpg.connect(stack.urls["postgres"])
    try:
        await admin.execute("CHECKPOINT")
    finally:
        await admin.close()


async def let_the_cleaner_pass(stack: Stack) -> None:
    """Tombstones are told again after two minutes; here it is said that these have passed."""
    for service in SERVICES:
        connection = await asyncpg.connect(plain(database(stack, service)))
        try:
            await connection.execute("UPDATE tombstone SET told_at = told_at - interval '10 minutes'")
        finally:
            await connection.close()


async def test_no_word_of_a_forgotten_person_is_left_and_all_others_are(stack: Stack) -> None:
    season = await season_on(stack)
    words, person = season.canaries.words, str(season.leaving.id)
    logs = await logs_of(stack)
    stays = await everywhere(stack, ["reste-", "Reste Ici"])
    seen = " ".join(await everywhere(stack, words))
    assert not [word for word in words if word not in seen], "a canary that is nowhere proves nothing"
    await into_its_files(stack)

    export = await datacity(stack.home.path, "disclose", person)
    rehearsal = await datacity(stack.home.path, "forget", person, "--dry-run", "--json")
    done = await datacity(stack.home.path, "forget", person, "--yes", "--wait", "--json")
    again = await datacity(stack.home.path, "forget", person, "--yes", "--wait", "--json")

    assert (export.code, rehearsal.code, done.code, again.code) == (0, 0, 0, 0), export.err + rehearsal.err + done.err
    said = json.dumps(export.data, ensure_ascii=False)
    assert not [word for word in words if word not in said and "attachment" not in word], "the export is whole"
    assert done.data["erased"] == rehearsal.data["erased"]
    report = done.data["report"]
    assert report["complete"]
    assert {each["service"] for each in report["services"]} == set(SERVICES)
    assert all(each["why"] for service in report["services"] for each in service["kept"])
    assert again.data["already"]

    await let_the_cleaner_pass(stack)

    async def nothing_left() -> bool:
        return not await everywhere(stack, words)

    try:
        await until(nothing_left, seconds=90, what="the end of every word")
    except AssertionError:
        assert await everywhere(stack, words) == []
    async with httpx.AsyncClient() as client:
        await client.delete(f"{stack.urls['mail']}/messages")

    async def files_are_clean() -> bool:
        return not seen_in_files(stack.home.path, words, except_={"postgres"})

    try:
        await until(files_are_clean, seconds=120, what="the end of every word in files")
    except AssertionError:
        assert seen_in_files(stack.home.path, words, except_={"postgres"}) == []
    postgres = stack.home.path / "postgres"
    dead = seen_in_files(postgres, words)
    scrubbed = await datacity(stack.home.path, "scrub", "--json")
    left = seen_in_files(postgres, words)
    assert (scrubbed.code, scrubbed.data["left"], left) == (0, [], []), scrubbed.err
    assert {each.where.split("/")[1] for each in dead} >= {"base", "pg_wal"}, "a file that never had it proves nothing"
    assert seen_in_files(postgres, ["reste-"]), "what is still there is still there"
    assert await everywhere(stack, ["reste-", "Reste Ici"]) == stays
    after = await logs_of(stack)
    assert {name: rows[: len(logs[name])] for name, rows in after.items()} == logs
    replayed = await datacity(stack.home.path, "replay", "selection")
    assert replayed.code == 0, replayed.out + replayed.err
    verified = await datacity(stack.home.path, "verify", f"{stack.urls['notifications']}/log")
    assert verified.code == 0, verified.out + verified.err


async def test_who_is_unknown_who_is_held_and_who_is_a_guest_each_get_an_answer(stack: Stack) -> None:
    season = Season(stack_platform(stack))
    await season.convene()
    held, staff = season.staying, season.staff
    until_ = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    hold = {"ground": "dispute", "reference": "case 7", "until": until_}
    await season.platform.post(staff, f"/api/applications/v1/people/{held.id}/holds", hold)
    guest = await a_guest(season)

    unknown = await datacity(stack.home.path, "forget", str(uuid4()), "--yes")
    nonsense = await datacity(stack.home.path, "forget", "somebody", "--yes")
    deferred = await datacity(stack.home.path, "forget", str(held.id), "--yes", "--json")
    forgotten = await datacity(stack.home.path, "forget", guest, "--yes", "--wait", "--json")

    assert (unknown.code, nonsense.code, deferred.code, forgotten.code) == (1, 2, 3, 0), forgotten.err
    assert "guest" in unknown.err
    assert {each["because"] for each in deferred.data["kept"]} == {"dispute"}
    assert forgotten.data["report"]["complete"]
    left = await everywhere(stack, ["Invité Imaginaire"])
    assert not [where for where in left if not where.startswith("topic people.v1")], "Kafka compacts it away later"


async def a_guest(season: Season) -> str:
    """Somebody who registered for a workshop without an account, and who is known to all who write to it."""
    workshop = {
        "edition_id": season.edition,
        "title": {"fr": "Atelier", "ar": "ورشة", "en": "Workshop"},
        "starts_local": f"{(datetime.now(UTC) + timedelta(days=7)).date().isoformat()}T18:00:00",
        "place": "Casablanca",
        "seats": 5,
    }
    path = "/api/incubation/v1/workshops"
    made = await season.told(lambda: season.platform.post(season.staff, path, workshop), "incubation to hear of it")
    contact = {"name": "Invité Imaginaire", "email": f"guest-{season.canaries.run}@guests.example", "language": "fr"}
    await season.platform.post(None, f"{path}/{made['id']}/registrations", contact)

    async def registered() -> Any:
        return await season.platform.every(season.staff, f"{path}/{made['id']}/registrations")

    (registration,) = await season.told(registered, "the registration")
    return str(registration["person_id"])


def stack_platform(stack: Stack) -> Platform:
    urls = stack.urls
    return Platform({service: urls[service] for service in SERVICES}, issuer=urls["issuer"], mail=urls["mail"])
