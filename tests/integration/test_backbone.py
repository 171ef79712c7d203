"""The backbone's promises on real Kafka and PostgreSQL: atomic, in order per key, effect exactly once, nothing lost."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from shared.events import Envelope
from shared.identity import Actor
from shared.messaging import Consumer, Operator, Outcome, Releasing
from shared.outbox import lanes, leases, relay
from shared.work import Work
from tests.support.backbone import NoteWritten, Rig, rig, running, until
from tests.support.stack import Backbone


@pytest.fixture
async def service(backbone: Backbone) -> Any:
    async with rig(backbone) as made:
        yield made


async def outbox_is_empty(service: Rig) -> bool:
    return await service.scalar("SELECT count(*) FROM outbox_pending") == 0


async def test_an_event_reaches_kafka_with_the_bytes_of_the_log(service: Rig) -> None:
    subject = uuid4()
    await service.note(subject, "first", "second")

    async with running(service.relay().run()):
        records = await service.records(2)
        await until(lambda: outbox_is_empty(service), what="an empty outbox")

    envelopes = [Envelope.from_record(record) for record in records]
    assert [envelope.sequence for envelope in envelopes] == [1, 2]
    assert [record.key for record in records] == [str(subject).encode()] * 2
    assert dict(records[0].headers)["ce_specversion"] == b"1.0"
    assert dict(records[0].headers)["ce_sequence"] == b"0" * 19 + b"1"
    logged = await service.scalar(
        "SELECT string_agg(convert_from(value, 'UTF8'), ',' ORDER BY position) FROM event_log"
    )
    assert ",".join(record.value.decode() for record in records) == logged


async def test_what_is_rolled_back_is_not_told(service: Rig) -> None:
    async def fail_at_the_end() -> None:
        async with service.works.begin() as work:
            work.publish(NoteWritten(subject_id=uuid4(), text="never"))
            await work.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_at_the_end()

    assert await service.scalar("SELECT (SELECT count(*) FROM event_log) + (SELECT count(*) FROM outbox_pending)") == 0


@pytest.mark.parametrize(
    "sql", ["UPDATE event_log SET actor = 'x'", "DELETE FROM event_log", "TRUNCATE event_log CASCADE"]
)
async def test_the_event_log_cannot_be_changed_even_by_its_service(service: Rig, sql: str) -> None:
    await service.note(uuid4(), "kept")
    connection = await asyncpg.connect(service.dsn)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(sql)
    finally:
        await connection.close()


async def test_order_per_key_holds_across_writers_and_relays(service: Rig) -> None:
    subjects = [uuid4() for _ in range(7)]

    async def write(subject: Any) -> None:
        for number in range(30):
            await service.note(subject, str(number))

    async with running(service.relay().run(), service.relay().run()):
        await asyncio.gather(*(write(subject) for subject in subjects))
        records = await service.records(7 * 30)

    told: dict[str, list[str]] = {}
    for record in records:
        note = NoteWritten.from_bytes(record.value)
        told.setdefault(str(note.subject_id), []).append(note.text)
    assert told == {str(subject): [str(number) for number in range(30)] for subject in subjects}


async def test_a_row_too_large_for_kafka_parks_its_key_only(service: Rig) -> None:
    big, small = uuid4(), uuid4()
    await service.note(big, "before", "x" * 1_000_000, "behind")
    await service.note(small, "flows")

    async with running(service.relay().run()):
        records = await service.records(2)
        await until(lambda: parked_keys(service), what="a parked key")
        await until(lambda: pending_are(service, 2), what="two rows left")

    assert {NoteWritten.from_bytes(record.value).text for record in records} == {"before", "flows"}


async def pending_are(service: Rig, count: int) -> bool:
    return await service.scalar("SELECT count(*) FROM outbox_pending") == count


async def parked_keys(service: Rig) -> bool:
    return await service.scalar("SELECT count(*) FROM outbox_parked") == 1


async def test_each_event_has_its_effect_once_though_it_comes_twice(service: Rig) -> None:
    subject = uuid4()
    await service.note(subject, "a", "b", "c")
    async with running(service.relay().run()):
        records = await service.records(3)
    await service.send(*(Envelope.from_record(record) for record in records))

    consumer = Consumer(service.handling(), kafka=service.kafka)
    async with running(consumer.run()):
        await until(lambda: effects_are(service, 3), what="three effects")
    again = Consumer(service.handling(), kafka=service.kafka)
    async with running(again.run()):
        await until(lambda: joined(again), what="joining the group")
        await service.note(subject, "d")
        async with running(service.relay().run()):
            await until(lambda: effects_are(service, 4), what="the fourth effect")

    assert [note for _, note in await service.effects()] == ["a", "b", "c", "d"]


async def effects_are(service: Rig, count: int) -> bool:
    return len(await service.effects()) >= count


async def joined(consumer: Consumer) -> bool:
    return bool(consumer.assigned)


async def test_a_poison_event_is_parked_with_its_key_and_the_others_go_on(service: Rig) -> None:
    poisoned, healthy = uuid4(), uuid4()
    cured = False

    async def choke(event: NoteWritten, work: Work) -> None:
        if event.text == "poison" and not cured:
            raise RuntimeError(event.text)

    handling = service.handling(choke)
    await service.note(poisoned, "fine", "poison", "behind")
    await service.note(healthy, "healthy")
    consumer = Consumer(handling, kafka=service.kafka)
    async with running(service.relay().run(), consumer.run()):
        await until(lambda: quarantined(service, 2), what="two events in quarantine")
        await until(lambda: effects_are(service, 2), what="the healthy effects")

    cured = True
    release = await Releasing(handling).key(
        topic=service.topic, key=str(poisoned), operator=Operator(actor=Actor.system("test")), limit=10
    )

    assert release.released == 2
    assert [note for subject, note in await service.effects() if subject == str(poisoned)] == [
        "fine",
        "poison",
        "behind",
    ]
    assert await service.scalar("SELECT count(*) FROM quarantine WHERE released_at IS NULL") == 0
    assert await service.scalar("SELECT count(*) FROM quarantine WHERE value IS NOT NULL") == 0


async def quarantined(service: Rig, count: int) -> bool:
    return await service.scalar("SELECT count(*) FROM quarantine WHERE released_at IS NULL") == count


async def test_a_gap_in_an_aggregates_sequence_is_noticed(service: Rig) -> None:
    subject = uuid4()
    await service.note(subject, "one", "lost", "three")
    async with running(service.relay().run()):
        first, _, third = await service.records(3)
    handling = service.handling()

    assert await handling.handle(first) is Outcome.HANDLED
    assert await handling.handle(first) is Outcome.DUPLICATE
    assert await handling.handle(third) is Outcome.HANDLED

    assert await service.scalar("SELECT sum(gaps)::int FROM inbox_head") == 1


async def test_a_gap_before_the_first_event_that_came_is_counted_too(service: Rig) -> None:
    await service.note(uuid4(), "lost", "two", "three")
    async with running(service.relay().run()):
        _, second, third = await service.records(3)
    handling = service.handling()

    assert [await handling.handle(record) for record in (second, third)] == [Outcome.HANDLED] * 2

    assert await service.scalar("SELECT sum(gaps)::int FROM inbox_head") == 1


async def test_a_record_that_is_not_ours_is_parked_and_not_lost(service: Rig) -> None:
    await service.note(uuid4(), "ours")
    async with running(service.relay().run()):
        (record,) = await service.records(1)
    stranger = replace_headers(record)

    assert await service.handling().handle(stranger) is Outcome.PARKED
    assert await service.scalar("SELECT error FROM quarantine") is not None


def replace_headers(record: Any) -> Any:
    return replace(record, headers=[("ce_id", b"not-a-uuid")])


async def test_a_consumer_survives_its_database_going_away(service: Rig) -> None:
    connection = await asyncpg.connect(service.dsn)
    consumer = Consumer(service.handling(budget=0.1), kafka=service.kafka)
    async with running(service.relay().run(), consumer.run()):
        await service.note(uuid4(), "before")
        await until(lambda: effects_are(service, 1), what="the first effect")
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        await service.note(uuid4(), "after")
        await until(lambda: effects_are(service, 2), what="the second effect")
    await connection.close()

    assert [note for _, note in await service.effects()] == ["before", "after"]
    assert await service.scalar("SELECT count(*) FROM quarantine") == 0


async def test_a_record_that_cannot_even_be_parked_is_read_again(service: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    handling = service.handling()
    handle, refusals = handling.handle, 0

    async def refuse_at_first(record: Any) -> Outcome:
        nonlocal refusals
        if refusals < 2:
            refusals += 1
            raise RuntimeError("not even parked")
        return await handle(record)

    monkeypatch.setattr(handling, "handle", refuse_at_first)
    subject = uuid4()
    await service.note(subject, "a", "b", "c")
    async with running(service.relay().run()):
        await service.records(3)
    consumer = Consumer(handling, kafka=service.kafka)
    async with running(consumer.run()):
        await until(lambda: effects_are(service, 3), what="three effects")

    assert [note for _, note in await service.effects()] == ["a", "b", "c"]


def test_a_lease_outlasts_what_is_sent_under_it() -> None:
    left_when_a_batch_begins = leases.LEASE_SECONDS - leases.RENEW_SECONDS

    assert left_when_a_batch_begins > lanes.SEND_DEADLINE_SECONDS + relay.STOP_DEADLINE_SECONDS
