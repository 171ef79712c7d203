"""Whoever changes the journal's database, with all the rights of its owner, is found out, and by name."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from infra.verify.checking import Asked, check
from infra.verify.databases import JournalDatabase
from infra.verify.earlier import State
from infra.verify.openings import Api
from infra.verify.outcome import Outcome
from infra.verify.sources import Folder, Site, Source
from infra.verify.trust import Trust
from infra.witness.memory import MemoryFile
from infra.witness.rounds import Refused, Witness
from services.notifications.handlers import sealing
from services.notifications.tree import TreeDamaged
from shared.database.engine import asyncpg_dsn
from shared.events import Envelope
from shared.tlog.cosignature import CosigningKey
from shared.tlog.keys import SigningKey
from tests.support.commands import datacity
from tests.support.intruding import TREE, recorded, tamper
from tests.support.notifications import (
    Record,
    Service,
    challenge_published,
    drafted,
    edition,
    notifications,
    record_of,
    serving,
    submitted,
)
from tests.support.stack import Backbone

KEY = SigningKey.generate("datacity.test/log")
WITNESS = CosigningKey.generate("city.test/witness")
TRUST = Trust((KEY.verifier,), "given")


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    async with notifications(backbone, journal_keys=KEY.skey, journal_witnesses=WITNESS.verifier.vkey) as made:
        yield made


@pytest.fixture
async def sealed(service: Service) -> Service:
    """A season of 600 events of 60 files, a few of them open, under three checkpoints."""
    await service.hear(edition(), twice=False)
    await service.hear(challenge_published(), twice=False)
    await recorded(service, [service.envelope(drafted(UUID(int=10_000 + nth % 60))) for nth in range(598)])
    while await seal(service, limit=250):
        pass
    return service


async def seal(service: Service, *, limit: int = sealing.BATCH) -> int:
    async with service.works.begin() as work:
        await sealing.announce([KEY], work)
        return await sealing.seal([KEY], work, limit=limit)


async def verified(service: Service, **asked: Any) -> Outcome:
    async with JournalDatabase.at(service.settings.database_url.get_secret_value()) as stored:
        return await check(stored, Asked(**{"trust": TRUST, **asked}))


def named(outcome: Outcome, *facts: str) -> list[tuple[Any, ...]]:
    return [(fault.SLUG, *(getattr(fault, fact, None) for fact in facts)) for fault in outcome.faults]


async def test_a_clean_database_is_verified_with_all_it_stores(sealed: Service) -> None:
    outcome = await verified(sealed)

    assert outcome.verified, named(outcome)
    assert (outcome.size, outcome.opened, outcome.sealed) == (600, 600, 0)


EDITS = [
    ("value", "value = 'edited'"),
    ("actor", "actor = 'system:other'"),
    ("time", "happened_at = happened_at + interval '1 microsecond'"),
    ("sequence", "sequence = sequence + 1"),
    ("correlation", "correlation_id = 'x'"),
    ("traceparent", "traceparent = 'x'"),
    ("topic", "topic = 'x'"),
    ("type", "type = 'io.datacity.call.announced.v1x'"),
]


@pytest.mark.parametrize(("what", "change"), EDITS)
async def test_an_edited_event_is_named(sealed: Service, what: str, change: str) -> None:
    await tamper(sealed, f"UPDATE entry SET {change} WHERE position = 301")

    assert ("edited-entry", 300) in named(await verified(sealed), "entry"), what


async def test_an_event_deleted_from_the_middle_is_named(sealed: Service) -> None:
    await tamper(sealed, "DELETE FROM entry WHERE position = 301")

    found = named(await verified(sealed), "entry")
    assert ("missing-entry", 300) in found
    assert {slug for slug, _ in found} == {"missing-entry", "gap"}


async def test_events_that_changed_places_are_named(sealed: Service) -> None:
    await tamper(
        sealed,
        "UPDATE entry SET position = -1 WHERE position = 11",
        "UPDATE entry SET position = 11 WHERE position = 301",
        "UPDATE entry SET position = 301 WHERE position = -1",
        "UPDATE journal_salt SET index = -1 WHERE index = 10",
        "UPDATE journal_salt SET index = 10 WHERE index = 300",
        "UPDATE journal_salt SET index = 300 WHERE index = -1",
    )

    assert ("reordered-entries", 10, 300) in named(await verified(sealed), "entry", "other")


async def test_a_tail_that_was_cut_off_is_named(sealed: Service) -> None:
    await tamper(sealed, "DELETE FROM entry WHERE position > 590")

    assert ("truncated", 590, 600) in named(await verified(sealed), "size", "expected")


async def test_a_tail_cut_off_with_its_checkpoint_is_seen_by_whoever_saw_it(sealed: Service, tmp_path: Path) -> None:
    state = State(tmp_path)
    assert (await verified(sealed, state=state)).verified
    await tamper(
        sealed,
        "DELETE FROM entry WHERE position > 500",
        "DELETE FROM journal_checkpoint WHERE size > 500",
        "DELETE FROM journal_salt WHERE index >= 500",
        "DELETE FROM journal_hash WHERE (level = 0 AND index >= 500) OR (level = 1 AND index >= 1)",
        "DELETE FROM journal_tile WHERE index >= 1",
    )

    alone, beside = await verified(sealed), await verified(sealed, state=state)

    assert alone.verified, named(alone)
    assert "nothing older" in " ".join(alone.undecided)
    assert named(beside, "size", "expected") == [("truncated", 500, 600)]


async def rewrite(service: Service, *changes: str) -> None:
    """Change history, throw the tree away, and seal all anew with the true key."""
    await tamper(service, *changes, *(f"DELETE FROM {table}" for table in reversed(TREE)))
    while await seal(service, limit=250):
        pass


async def test_everything_sealed_anew_with_the_true_key_is_seen_by_whoever_saw_it(
    sealed: Service, tmp_path: Path
) -> None:
    state = State(tmp_path)
    assert (await verified(sealed, state=state)).verified
    await rewrite(sealed, "UPDATE entry SET value = 'edited' WHERE position = 301")

    alone, beside = await verified(sealed), await verified(sealed, state=state)

    assert alone.verified, named(alone)
    # The salts are new, so all that is sealed is; the open entries stayed as they were.
    assert named(beside, "common")[0] == ("forked", 2)


async def test_a_witness_refuses_what_was_sealed_anew(sealed: Service, tmp_path: Path) -> None:
    async with serving(sealed.app) as url:
        watching = Witness(WITNESS, MemoryFile(tmp_path / "witness"), Site(f"{url}/log"))
        assert await watching.look()
        assert not await watching.look()
        asked = {"witnesses": (WITNESS.verifier,), "witnesses_needed": 1}
        assert (await verified(sealed, **asked)).verified
        await recorded(sealed, [sealed.envelope(drafted())])
        await seal(sealed)
        over_http = await check(watching.site, Asked(**{"trust": TRUST, **asked}))
        assert over_http.verified, named(over_http)
        assert (over_http.size, over_http.cosigned[WITNESS.name].size) == (601, 600)
        assert (await verified(sealed, **asked)).cosigned[WITNESS.name].size == 600
        await rewrite(sealed, "UPDATE entry SET value = 'edited' WHERE position = 301")

        with pytest.raises(Refused):
            await watching.look()
        assert ("witness-missing",) in named(await verified(sealed, **asked))
        await watching.site.close()


async def test_two_logs_from_one_are_a_fork(sealed: Service, backbone: Backbone, tmp_path: Path) -> None:
    assert (await verified(sealed, save=tmp_path / "one")).verified
    await recorded(sealed, [sealed.envelope(drafted(UUID(int=10_000)))])
    await seal(sealed)
    assert (await verified(sealed, save=tmp_path / "longer", against=[Folder(tmp_path / "one")])).verified
    await tamper(
        sealed,
        "DELETE FROM entry WHERE position > 600",
        "DELETE FROM journal_checkpoint WHERE size > 600",
        "DELETE FROM journal_salt WHERE index >= 600",
        "DELETE FROM journal_hash WHERE level = 0 AND index >= 600",
    )
    await recorded(sealed, [sealed.envelope(drafted(UUID(int=10_001)))])
    await seal(sealed)

    beside_one = await verified(sealed, against=[Folder(tmp_path / "one")])
    beside_longer = await verified(sealed, against=[Folder(tmp_path / "longer")])

    assert beside_one.verified, named(beside_one)
    assert named(beside_longer, "common") == [("forked", 600)]


TABLES = [
    ("a leaf", "UPDATE journal_hash SET hash = sha256('x') WHERE level = 0 AND index = 300", "journal_hash"),
    ("a leaf that is gone", "DELETE FROM journal_hash WHERE level = 0 AND index = 300", "journal_hash"),
    ("a hash above", "UPDATE journal_hash SET hash = sha256('x') WHERE level = 1 AND index = 0", "journal_hash"),
    ("a leaf too many", "INSERT INTO journal_hash VALUES (0, 600, sha256('x'))", "journal_hash"),
    ("a salt too many", "INSERT INTO journal_salt VALUES (600, sha256('x'))", "journal_salt"),
    ("an old root", "UPDATE journal_checkpoint SET root = sha256('x') WHERE size = 250", "journal_checkpoint"),
]


@pytest.mark.parametrize(("what", "change", "table"), TABLES)
async def test_a_table_that_does_not_agree_with_the_others_is_named(
    sealed: Service, what: str, change: str, table: str
) -> None:
    await tamper(sealed, change)

    assert ("tables-disagree", table) in named(await verified(sealed), "table"), what


async def test_a_changed_tile_is_named(sealed: Service) -> None:
    await tamper(sealed, "UPDATE journal_tile SET hashes = sha256('x') || substr(hashes, 33) WHERE index = 1")

    assert named(await verified(sealed), "path") == [("damaged-tile", "tile/0/001")]


async def test_a_forged_old_checkpoint_is_named(sealed: Service) -> None:
    await tamper(
        sealed, "UPDATE journal_checkpoint SET note = overlay(note PLACING 'X' FROM length(note) - 9) WHERE size = 250"
    )

    assert "tables-disagree" in {slug for (slug,) in named(await verified(sealed))} or ("forged-signature",) in named(
        await verified(sealed)
    )


async def test_a_lost_and_a_changed_salt_are_named(sealed: Service) -> None:
    await tamper(sealed, "DELETE FROM journal_salt WHERE index = 300")
    assert named(await verified(sealed), "entry") == [("missing-salt", 300)]

    await tamper(sealed, "UPDATE journal_salt SET salt = sha256('x') WHERE index = 301")
    assert set(named(await verified(sealed), "entry")) == {("missing-salt", 300), ("edited-entry", 301)}


async def test_whoever_seals_on_a_changed_tree_stops(sealed: Service) -> None:
    await tamper(sealed, "UPDATE journal_hash SET hash = sha256('x') WHERE level = 0 AND index = 599")
    await recorded(sealed, [sealed.envelope(drafted())])

    with pytest.raises(TreeDamaged):
        await seal(sealed)


# Sealing itself.


@pytest.mark.parametrize("round_", range(3))
async def test_sealers_at_once_make_one_chain(service: Service, round_: int) -> None:
    await recorded(service, [service.envelope(drafted(UUID(int=10_000 + nth % 60))) for nth in range(2_000)])

    async def work_off() -> int:
        total = 0
        while sealed := await seal(service, limit=37 + round_):
            total += sealed
        return total

    shares = await asyncio.gather(*(work_off() for _ in range(4)))

    assert sum(shares) == 2_000
    outcome = await verified(service)
    assert outcome.verified, named(outcome)
    assert outcome.size == 2_000
    assert await service.scalar("SELECT count(*) FROM journal_checkpoint") == -(-2_000 // (37 + round_))


async def test_events_are_recorded_and_sealed_at_once(service: Service) -> None:
    files = [UUID(int=10_000 + nth) for nth in range(20)]
    done = asyncio.Event()

    async def tell(file: UUID) -> None:
        for _ in range(10):
            await service.hear(drafted(file), twice=False)

    async def sealer() -> None:
        while not done.is_set():
            await seal(service, limit=7)

    sealers = [asyncio.create_task(sealer()) for _ in range(2)]
    await asyncio.gather(*(tell(file) for file in files))
    done.set()
    await asyncio.gather(*sealers)
    while await seal(service):
        pass

    outcome = await verified(service)
    assert outcome.verified, named(outcome)
    assert outcome.size == 200


@pytest.mark.parametrize(
    "time", ["2026-11-27T10:00:00Z", "2026-11-27T10:00:00.123456789Z", "2026-11-27T11:00:00.5+01:00"]
)
async def test_a_time_with_other_digits_is_the_same_entry_each_time_it_is_read(service: Service, time: str) -> None:
    record = record_of(service.envelope(drafted()))
    headers = [(name, time.encode() if name == "ce_time" else value) for name, value in record.headers]
    await service.handling.handle(Record(**{**vars(record), "headers": headers}))
    await seal(service)

    outcome = await verified(service)

    assert outcome.verified, named(outcome)


# Beside the services' own event logs.


@asynccontextmanager
async def publisher(service: Service, backbone: Backbone) -> AsyncIterator[tuple[str, list[Envelope]]]:
    """Applications' event log with 30 events that notifications recorded and sealed."""

    database = await backbone.migrated_database("applications")
    told = [service.envelope(drafted(UUID(int=10_000 + nth % 3))) for nth in range(30)]
    connection = await asyncpg.connect(asyncpg_dsn(database.owner_url))
    try:
        await connection.executemany(INSERT, [logged(each) for each in told])
        await recorded(service, told)
        await seal(service)
        yield database.owner_url, told
    finally:
        await connection.close()
        await backbone.drop_database(database)


INSERT = """
    INSERT INTO event_log (event_id, topic, source, type, subject, key, sequence, happened_at, correlation_id,
                           causation_id, actor, traceparent, value)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""


def logged(each: Envelope) -> tuple[Any, ...]:
    return (
        each.id, each.topic, each.source, each.type, each.subject, each.key, each.sequence, each.time,
        each.correlation_id, each.causation_id, each.actor, each.traceparent, each.value,
    )  # fmt: skip


async def changed(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(asyncpg_dsn(url))
    try:
        await connection.execute("ALTER TABLE event_log DISABLE TRIGGER USER")
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_the_journal_is_what_the_services_wrote(service: Service, backbone: Backbone) -> None:
    async with publisher(service, backbone) as (url, _):
        outcome = await verified(service, event_logs=[url, service.owner_url])

        assert outcome.verified, named(outcome)
        assert [(one.source, one.events, one.under_way) for one in outcome.event_logs] == [
            ("/services/applications", 30, 0),
            ("/services/notifications", 0, 0),
        ]


async def test_what_a_service_wrote_and_the_journal_lacks_is_named(service: Service, backbone: Backbone) -> None:
    async with publisher(service, backbone) as (url, told):
        lost = service.envelope(drafted(UUID(int=10_000)))
        young = replace(service.envelope(drafted(UUID(int=10_001))), time=lost.time + timedelta(days=10_000))
        connection = await asyncpg.connect(asyncpg_dsn(url))
        await connection.executemany(INSERT, [logged(lost), logged(young)])
        await connection.close()

        outcome = await verified(service, event_logs=[url])

        assert named(outcome, "event_id") == [("event-lost", str(lost.id))]
        assert outcome.event_logs[0].under_way == 1
        del told


async def test_what_the_journal_has_and_no_service_wrote_is_named(service: Service, backbone: Backbone) -> None:
    async with publisher(service, backbone) as (url, told):
        await changed(url, f"DELETE FROM event_log WHERE event_id = '{told[29].id}'")
        assert named(await verified(service, event_logs=[url]), "entry") == [("event-extra", 29)]

        await changed(url, "DELETE FROM event_log")
        assert len(named(await verified(service, event_logs=[url]))) == 20


async def test_what_was_rewritten_with_the_true_key_is_named_by_whoever_wrote_it(
    service: Service, backbone: Backbone
) -> None:
    async with publisher(service, backbone) as (url, _):
        await rewrite(service, "UPDATE entry SET value = 'edited' WHERE position = 12")

        assert named(await verified(service, event_logs=[url]), "entry") == [("event-differs", 11)]


async def test_gaps_and_repeated_numbers_are_named(service: Service) -> None:
    events = [service.envelope(drafted(UUID(int=10_000)), sequence=number) for number in (1, 2, 5, 5)]
    await recorded(service, events)
    await seal(service)

    subject = str(UUID(int=10_000))
    assert set(named(await verified(service), "subject", "before", "after", "sequence")) == {
        ("gap", subject, 2, 5, None),
        ("repeated-number", subject, None, None, 5),
    }


# Over HTTP, as anybody has it.


async def test_a_log_is_verified_over_http_and_opened_with_a_token(
    sealed: Service, backbone: Backbone, tmp_path: Path
) -> None:
    token = sealed.issuer.bearer("auditor")["Authorization"].removeprefix("Bearer ")
    await sealed.hear(submitted(), twice=False)
    await seal(sealed)
    async with serving(sealed.app) as url:
        site = Site(f"{url}/log")
        public = await check(site, Asked(save=tmp_path / "copy"))
        opened = await check(site, Asked(trust=TRUST, openings=Api(site, token)))
        await site.close()

    assert public.verified, named(public)
    assert (public.trust, public.opened, public.sealed) == ("first use", 2, 599)
    assert opened.verified, named(opened)
    assert (opened.opened, opened.sealed) == (601, 0)
    copy: Source = Folder(tmp_path / "copy")
    assert (await check(copy, Asked(trust=TRUST))).verified
    del backbone


async def test_a_busy_server_is_waited_for(sealed: Service) -> None:
    app: Callable[..., Awaitable[None]] = sealed.app
    refusals = iter(range(7))

    async def busy(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and next(refusals, None) is not None:
            headers = [(b"retry-after", b"0")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        await app(scope, receive, send)

    async with serving(busy) as url:
        site = Site(f"{url}/log")
        outcome = await check(site, Asked(trust=TRUST))
        await site.close()

    assert outcome.verified
    assert next(refusals, None) is None


# From the command line.


async def test_the_commands_do_it_all(service: Service, backbone: Backbone, tmp_path: Path) -> None:
    vkey, database = KEY.verifier.vkey, service.settings.database_url.get_secret_value()
    (tmp_path / "key").write_text(WITNESS.skey)
    watch = ("--key", str(tmp_path / "key"), "--state", str(tmp_path / "witness"), "--vkey", vkey, "--once")
    asked = ("--vkey", vkey, "--witness", WITNESS.verifier.vkey, "--state", str(tmp_path / "state"), "--json")

    async with publisher(service, backbone) as (url, _), serving(service.app) as origin:
        watched = await run("witness", "--log", f"{origin}/log", *watch, home=tmp_path)
        public = await run("verify", f"{origin}/log", *asked, home=tmp_path)
        token = service.issuer.bearer("staff")["Authorization"].removeprefix("Bearer ")
        opened = await run("verify", f"{origin}/log", *asked, "--events", url, home=tmp_path, DATACITY_TOKEN=token)
        stored = await run("verify", "--database", database, *asked, "--events", url, home=tmp_path)
        await rewrite(service, "UPDATE entry SET value = 'edited' WHERE position = 12")
        forged = await run("verify", "--database", database, *asked, "--events", url, home=tmp_path)
        refused = await run("witness", "--log", f"{origin}/log", *watch, home=tmp_path)

    assert watched.returncode == 0, watched.stderr
    assert watched.stdout == f"{WITNESS.verifier.vkey}\n"
    for outcome in (public, opened, stored):
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        assert json.loads(outcome.stdout)["cosigned"][WITNESS.name]["size"] == 30
    assert json.loads(opened.stdout)["event_logs"] == json.loads(stored.stdout)["event_logs"]
    assert forged.returncode == 1
    assert {"forked", "event-differs", "witness-missing"} <= set(json.loads(forged.stdout)["fault_counts"])
    assert refused.returncode == 1
    assert "witness_refuses" in refused.stderr
    assert refused.stderr.splitlines()[-1].startswith("Tell the log's operator")


async def run(*arguments: str, home: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Beside the server that it asks, which is in this process."""
    return await asyncio.to_thread(datacity, *arguments, home=home / "home", **environment)
