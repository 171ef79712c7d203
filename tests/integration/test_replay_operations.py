"""What an operator does around a replay: a database to rebuild into, and a service's place in Kafka set back."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from infra.local.problems import LocalProblem
from infra.provision import Passwords, ServiceDatabase, plain, runtime_of
from infra.replay.offsets import set_back, standing
from infra.replay.scratch import Maker, named, scratch
from shared.events import applications as a
from tests.support.backbone import until
from tests.support.commands import datacity
from tests.support.replaying import Living, living, rows
from tests.support.stack import Backbone


@pytest.fixture
async def selection(backbone: Backbone) -> AsyncIterator[Living]:
    async with living("selection", backbone) as service:
        yield service


@pytest.fixture
async def empty(backbone: Backbone) -> AsyncIterator[ServiceDatabase]:
    """Without even tables."""
    database = await backbone.fresh_database("selection")
    yield database
    await backbone.drop_database(database)


def challenge() -> a.ChallengePublished:
    return a.ChallengePublished(challenge_id=uuid4(), edition_id=uuid4(), partner="lydec", title={"en": "Water"})


async def places(service: Living) -> list[int]:
    found = await standing(service.kafka, service.subject.group, service.subject.listener.topics)
    return [each.next or 0 for each in found]


async def set_selection_back(service: Living, *, since: datetime | None) -> None:
    await set_back(service.kafka, service.subject.group, service.subject.listener.topics, since=since)


async def challenges(service: Living) -> int:
    (found,) = await service.sql("SELECT count(*) AS rows FROM challenge")
    return int(found["rows"])


async def test_a_service_is_not_set_back_while_it_works(selection: Living) -> None:
    await selection.tell(challenge())
    async with selection.working():
        await selection.has_heard_all()
        before = await selection.group()

        with pytest.raises(LocalProblem, match="Stop all workers"):
            await set_selection_back(selection, since=None)

        assert await selection.group() == before


async def test_a_service_that_was_set_back_hears_again_what_its_database_lost(selection: Living) -> None:
    for _ in range(3):
        await selection.tell(challenge())
    async with selection.working():
        await selection.has_heard_all()
    # As a backup from before would have it.
    await selection.sql("DELETE FROM challenge")
    await selection.sql("DELETE FROM inbox")
    lost = await selection.replay()

    await set_selection_back(selection, since=None)
    async with selection.working():
        await selection.has_heard_all()
    restored = await selection.replay()

    assert not lost.good
    assert lost.events.passed_over.count == 3
    assert lost.events.passed_over.first[0]["why"] == "read by the service's group, and not in its inbox"
    assert restored.good
    assert restored.equal
    assert await challenges(selection) == 3


async def test_setting_back_to_a_moment_leaves_what_kafka_took_in_before(selection: Living) -> None:
    await selection.tell(challenge())
    async with selection.working():
        await selection.has_heard_all()

    async def time_has_passed() -> bool:
        return datetime.now(UTC) > between

    between = datetime.now(UTC) + timedelta(milliseconds=20)
    await until(time_has_passed, what="a later moment")
    await selection.tell(challenge())
    async with selection.working():
        await selection.has_heard_all()
    assert sum(await places(selection)) == 2

    await set_selection_back(selection, since=between)
    assert sum(await places(selection)) == 1
    await set_selection_back(selection, since=None)
    assert sum(await places(selection)) == 0
    await set_selection_back(selection, since=datetime.now(UTC) + timedelta(hours=1))
    assert sum(await places(selection)) == 2


async def test_a_database_with_something_in_it_is_refused(selection: Living, empty: ServiceDatabase) -> None:
    await selection.tell(challenge())
    async with selection.working():
        await selection.has_heard_all()
    owner = await asyncpg.connect(plain(empty.owner_url))
    await owner.execute("CREATE TABLE mine (id int)")
    await owner.close()

    with pytest.raises(LocalProblem, match=r"Name an empty database .* there are rows in challenge"):
        await named("selection", selection.database.owner_url)
    with pytest.raises(LocalProblem, match=r"tables that are not ours, such as mine"):
        await named("selection", empty.owner_url)


async def test_an_empty_database_is_migrated_and_taken_again_while_it_is_empty(empty: ServiceDatabase) -> None:
    first = await named("selection", empty.owner_url)
    second = await named("selection", empty.owner_url)

    assert first == second
    assert await rows(empty, "SELECT * FROM candidate") == []


async def test_a_database_that_is_not_there_is_an_answer(backbone: Backbone) -> None:
    with pytest.raises(LocalProblem, match="Check the database's URL"):
        await named("selection", f"{backbone.admin_url.rpartition('/')[0]}/nowhere")


@pytest.mark.parametrize("keep", [False, True])
async def test_a_scratch_database_goes_unless_it_is_kept(backbone: Backbone, keep: bool) -> None:
    secret = backbone.book.secret
    maker = Maker(backbone.admin_url, Passwords(owner=secret("selection_owner"), runtime=secret("selection")))

    async with scratch("selection", maker, keep=keep) as made:
        name = plain(made.runtime_url).rpartition("/")[2]
        assert await rows(made, "SELECT * FROM challenge") == []

    assert name.startswith(f"{runtime_of('selection')}_replay_")
    assert await _there(backbone, name) is keep
    await _drop(backbone, name)


async def test_a_scratch_database_goes_when_the_replay_fails(backbone: Backbone) -> None:
    secret = backbone.book.secret
    maker = Maker(backbone.admin_url, Passwords(owner=secret("selection_owner"), runtime=secret("selection")))
    seen: list[str] = []

    async def fail() -> None:
        async with scratch("selection", maker, keep=False) as made:
            seen.append(plain(made.runtime_url).rpartition("/")[2])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await _there(backbone, seen[0]) is False


async def test_the_command_prints_data_on_stdout_and_leaves_the_named_database(
    backbone: Backbone, empty: ServiceDatabase, tmp_path: Path
) -> None:
    arguments = ("replay", "selection", "--database-url", empty.owner_url, "--no-compare")

    def run(*options: str) -> "subprocess.CompletedProcess[str]":
        return datacity(*arguments, *options, home=tmp_path / "home", DATACITY_KAFKA=backbone.kafka)

    outcome = await asyncio.to_thread(run, "--until", "2000-01-01T00:00:00Z", "--json")
    told = json.loads(outcome.stdout)

    assert outcome.returncode == 0, outcome.stderr
    assert told["until"] == "2000-01-01T00:00:00+00:00"
    assert told["equal"] is None
    assert {each["table"]: each["rows"] for each in told["tables"]}["candidate"] == 0
    assert told["database"].endswith(plain(empty.owner_url).rpartition("/")[2])
    assert "@" not in told["database"], "no password"
    assert await rows(empty, "SELECT * FROM candidate") == []


async def _there(backbone: Backbone, name: str) -> bool:
    admin = await asyncpg.connect(backbone.admin_url)
    try:
        return await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name) is not None
    finally:
        await admin.close()


async def _drop(backbone: Backbone, name: str) -> None:
    admin = await asyncpg.connect(backbone.admin_url)
    try:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
    finally:
        await admin.close()
