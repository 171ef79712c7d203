"""Operators and the outbox on a real Kafka: which keys are parked, and letting the relay take one up, in order."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text

from shared.events.operations import OutboxKeyReleased
from shared.messaging import Consumer
from tests.support.backbone import NoteWritten, rig, running, until
from tests.support.issuer import PERSON
from tests.support.operators import PREFIX, Desk
from tests.support.stack import Backbone


@pytest.fixture
async def desk(backbone: Backbone) -> AsyncIterator[Desk]:
    async with rig(backbone) as made:
        yield Desk(made)


def order(desk: Desk, subject: UUID, **more: Any) -> dict[str, Any]:
    return {"topic": desk.rig.topic, "key": str(subject), **more}


async def test_parked_keys_are_listed_with_what_waits(desk: Desk) -> None:
    subjects = sorted([uuid4() for _ in range(3)], key=str)
    for number, subject in enumerate(subjects):
        await desk.park_in_outbox(subject, *(["note"] * (number + 1)))
    await desk.rig.note(uuid4(), "flows")

    first = await desk.get("/outbox/parked", role="auditor", limit=2)
    rest = await desk.get("/outbox/parked", role="auditor", limit=2, cursor=first["next"])

    items = [*first["items"], *rest["items"]]
    assert [(item["key"], item["waiting"]) for item in items] == [(str(s), n + 1) for n, s in enumerate(subjects)]
    assert {item["error"] for item in items} == {"too large"}
    assert (len(first["items"]), rest["next"]) == (2, None)


async def test_a_released_key_is_told_in_order_and_the_release_is_an_event(desk: Desk) -> None:
    subject = uuid4()
    await desk.park_in_outbox(subject, "one", "two", "three")
    consumer = Consumer(desk.handling, kafka=desk.rig.kafka)

    async with running(desk.rig.relay().run(), consumer.run()):
        other = uuid4()
        await desk.rig.note(other, "flows")
        await until(lambda: effects_are(desk, other, ["flows"]), what="the other key's effect")
        assert await desk.notes(subject) == []
        rehearsal = await desk.post("/outbox/release", order(desk, subject, dry_run=True))
        assert len((await desk.get("/outbox/parked"))["items"]) == 1

        answer = await desk.post("/outbox/release", order(desk, subject))
        await desk.rig.note(subject, "four")
        await until(lambda: effects_are(desk, subject, ["one", "two", "three", "four"]), what="its effects in order")

    assert (rehearsal["waiting"], rehearsal["dry_run"]) == (3, True)
    assert (answer["waiting"], answer["dry_run"]) == (3, False)
    assert (await desk.get("/outbox/parked"))["items"] == []
    (told,) = await desk.told(OutboxKeyReleased.TYPE)
    assert (told.actor, told.value["parked_key"]) == (PERSON, str(subject))
    assert told.key != str(subject)


async def effects_are(desk: Desk, subject: UUID, notes: list[str]) -> bool:
    return await desk.notes(subject) == notes


async def test_a_row_that_still_can_not_be_sent_parks_its_key_again(desk: Desk) -> None:
    subject = uuid4()
    await desk.rig.note(subject, "x" * 1_000_000, "behind")

    async with running(desk.rig.relay().run()):
        await until(lambda: keys_are_parked(desk, 1), what="a parked key")
        (before,) = (await desk.get("/outbox/parked"))["items"]
        await desk.post("/outbox/release", order(desk, subject))
        await until(lambda: keys_are_parked(desk, 1, since=before["parked_at"]), what="the key parked anew")

    assert await desk.rig.scalar("SELECT count(*) FROM outbox_pending WHERE key = :key", key=str(subject)) == 2


async def keys_are_parked(desk: Desk, count: int, *, since: str = "") -> bool:
    items = (await desk.get("/outbox/parked"))["items"]
    return len(items) == count and all(item["parked_at"] > since for item in items)


async def test_a_key_that_is_not_parked_can_not_be_released(desk: Desk) -> None:
    for dry_run in (True, False):
        refusal = await desk.post("/outbox/release", order(desk, uuid4(), dry_run=dry_run), status=404)
        assert "not parked" in refusal["detail"]


@pytest.mark.parametrize(
    "body", [{}, {"topic": "t"}, {"topic": "t", "key": ""}, {"topic": "t", "key": "k", "all": True}]
)
async def test_an_order_that_is_not_understood_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    await desk.post("/outbox/release", body, status=422)


async def test_two_operators_who_release_one_key_at_once_release_it_once(desk: Desk) -> None:
    subject = uuid4()
    await desk.park_in_outbox(subject, "one")

    async def release() -> int:
        async with desk.caller("staff") as client:
            path = f"{PREFIX}/outbox/release"
            return (await client.post(path, json=order(desk, subject))).status_code

    answers = await asyncio.gather(*(release() for _ in range(4)))

    assert sorted(answers) == [200, 404, 404, 404]
    assert len(await desk.told(OutboxKeyReleased.TYPE)) == 1


async def test_only_notes_are_left_in_kafka_for_the_key(desk: Desk) -> None:
    """A release's own event goes by a key of its own: it neither waits behind the key that it frees, nor changes it."""
    subject = uuid4()
    await desk.park_in_outbox(subject, "one")
    await desk.post("/outbox/release", order(desk, subject))

    async with running(desk.rig.relay().run()):
        records = await desk.rig.records(2)

    of_key = [NoteWritten.from_bytes(record.value).text for record in records if record.key == str(subject).encode()]
    assert of_key == ["one"]


async def test_the_backbone_counts_exactly_as_long_as_there_is_little(desk: Desk) -> None:
    await desk.park_in_outbox(uuid4(), "one", "two")
    await desk.bad_key("sour", "behind")

    state = await desk.get("/backbone", role="auditor")

    assert (state["outbox_pending"], state["outbox_parked"], state["events_written"]) == (2, 1, 2)
    assert (state["quarantined"], state["gaps"], state["estimated"]) == (2, 0, [])


async def test_the_backbone_does_not_count_large_tables_to_their_end(desk: Desk) -> None:
    async with desk.rig.works.begin() as work:
        connection = await work.session.connection()
        await connection.execute(text("INSERT INTO inbox SELECT gen_random_uuid() FROM generate_series(1, 30000)"))
        await connection.execute(
            text(
                "INSERT INTO quarantine (topic, partition, record_offset, key, headers, error, fingerprint, attempts) "
                "SELECT 't', 0, n, 'k' || n, '[]', 'e', 'f', 1 FROM generate_series(1, 11000) n"
            )
        )
    unknown = await desk.get("/backbone")
    await analyze(desk, "inbox")
    known = await desk.get("/backbone")

    assert unknown["estimated"] == known["estimated"] == ["quarantined", "events_handled"]
    assert unknown["events_handled"] == unknown["quarantined"] == 10_001
    assert 29_000 < known["events_handled"] < 31_000


async def analyze(desk: Desk, table: str) -> None:
    """As autovacuum does in its own time; it takes the table's owner."""
    owner = await asyncpg.connect(desk.rig.owner_dsn)
    await owner.execute(f"ANALYZE {table}")
    await owner.close()
