"""The relay on real Kafka and PostgreSQL: shards shared and taken over, refused rows, open transactions, outages."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from infra.topics import Topic, ensure_topics
from shared.database.backbone import SHARDS
from shared.events import Envelope, encode_headers
from shared.outbox.passage import ACKNOWLEDGED
from tests.support.backbone import NoteWritten, Rig, rig, running, until
from tests.support.stack import Backbone


@pytest.fixture
async def service(backbone: Backbone) -> Any:
    async with rig(backbone) as made:
        yield made


@asynccontextmanager
async def connected(service: Rig) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(service.dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def told(service: Rig, count: int, *, seconds: float = 30) -> dict[str, list[str]]:
    """Subject → what was noted, in Kafka's order; of a record that came twice, the first counts."""
    seen: set[Any] = set()
    found: dict[str, list[str]] = {}
    for record in await service.records(count, seconds=seconds):
        envelope = Envelope.from_record(record)
        if envelope.id not in seen:
            seen.add(envelope.id)
            found.setdefault(envelope.subject, []).append(NoteWritten.from_bytes(record.value).text)
    return found


async def pending(service: Rig) -> int:
    return int(await service.scalar("SELECT count(*) FROM outbox_pending"))


async def test_what_the_relay_sends_is_the_envelope_to_the_letter(service: Rig) -> None:
    async with service.works.begin(traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") as work:
        work.publish(NoteWritten(subject_id=uuid4(), text="déjà vu"))
    async with running(service.relay().run()):
        (record,) = await service.records(1)
    cause = Envelope.from_record(record)
    async with service.works.begin(cause=cause) as work:
        work.publish(NoteWritten(subject_id=uuid4(), text="because of it"))
    async with running(service.relay().run()):
        _, caused = await service.records(2)

    for each in (record, caused):
        assert list(each.headers) == encode_headers(Envelope.from_record(each).headers())
    assert Envelope.from_record(caused).causation_id == str(cause.id)
    assert Envelope.from_record(caused).traceparent == cause.traceparent


async def test_relays_share_the_shards_and_one_that_stops_leaves_its_own_to_the_other(service: Rig) -> None:
    one, other = service.relay(), service.relay()

    async def half_each() -> bool:
        return len(one.shards) == len(other.shards) == SHARDS / 2

    async def all_with_one() -> bool:
        return len(one.shards) == SHARDS

    async with running(one.run()):
        await until(all_with_one, what="all shards with the only relay")
        async with running(other.run()):
            await until(half_each, what="half of the shards each")
            assert not set(one.shards) & set(other.shards)
        await until(all_with_one, what="the other's shards back")


async def test_the_shards_of_a_relay_that_died_are_taken_over_when_its_lease_ends(service: Rig) -> None:
    async with connected(service) as connection:
        dead = uuid4()
        await connection.execute(
            "UPDATE outbox_shard SET holder = $1, fence = 7, leased_until = clock_timestamp() + interval '3 s'", dead
        )
        await connection.execute("INSERT INTO outbox_relay VALUES ($1, clock_timestamp() + interval '3 s')", dead)
        await service.note(uuid4(), "left behind")
        async with running(service.relay().run()):
            assert await told(service, 1)
        fences = await connection.fetch("SELECT fence FROM outbox_shard")

    assert [row["fence"] for row in fences] == [8] * SHARDS


async def test_who_lost_its_lease_deletes_nothing(service: Rig) -> None:
    await service.note(uuid4(), "still to be sent")
    async with connected(service) as connection:
        late, now_in_charge = uuid4(), uuid4()
        positions = [row["position"] for row in await connection.fetch("SELECT position FROM outbox_pending")]
        await connection.execute(
            "UPDATE outbox_shard SET holder = $1, leased_until = clock_timestamp() + interval '1 min'", now_in_charge
        )

        assert await connection.execute(ACKNOWLEDGED, positions, late) == "DELETE 0"
        assert await connection.execute(ACKNOWLEDGED, positions, now_in_charge) == "DELETE 1"


async def test_an_oversize_row_parks_its_key_and_its_release_restores_the_order(service: Rig) -> None:
    big, small = uuid4(), uuid4()
    await service.note(big, "before", "x" * 60_000, "behind")
    await service.note(small, "flows")
    async with running(service.relay(largest_record=50_000).run()):
        assert await told(service, 2) == {str(big): ["before"], str(small): ["flows"]}
        await until(lambda: pending_is(service, 2), what="the oversize row and the one behind it left")

    async with running(service.relay().run()):
        await service.note(big, "last")
        await service.note(small, "flows on")
        await service.records(3)
        await unpark(service)
        assert await told(service, 6) == {
            str(big): ["before", "x" * 60_000, "behind", "last"],
            str(small): ["flows", "flows on"],
        }


async def pending_is(service: Rig, count: int) -> bool:
    return await pending(service) == count


async def unpark(service: Rig) -> None:
    async with connected(service) as connection:
        assert await connection.execute("DELETE FROM outbox_parked") == "DELETE 1"


async def test_a_row_that_kafka_refuses_parks_its_key_and_its_release_restores_the_order(service: Rig) -> None:
    refused, others = uuid4(), [uuid4() for _ in range(30)]
    await ensure_topics(service.kafka, wanted=[Topic(service.topic, {"max.message.bytes": "40000"})])
    await service.note(refused, "before", "x" * 60_000, "behind")
    for subject in others:
        await service.note(subject, "one", "two")

    async with running(service.relay().run()):
        found = await told(service, 61)
        await until(lambda: pending_is(service, 2), what="the refused row and the one behind it left")
        assert found == {str(refused): ["before"]} | {str(subject): ["one", "two"] for subject in others}
        error = await service.scalar("SELECT error FROM outbox_parked")
        assert error == "Kafka refuses it: MessageSizeTooLargeError"
        await ensure_topics(service.kafka, wanted=[Topic(service.topic, {"max.message.bytes": "1000000"})])
        await unpark(service)
        await until(lambda: pending_is(service, 0), what="an empty outbox")

    assert (await told(service, 63))[str(refused)] == ["before", "x" * 60_000, "behind"]


async def test_a_batch_that_is_too_large_for_its_topic_is_sent_in_smaller_ones(service: Rig) -> None:
    await ensure_topics(service.kafka, wanted=[Topic(service.topic, {"max.message.bytes": "20000"}, 12)])
    subject = uuid4()
    await service.note(subject, *(f"{number:03d}" + "x" * 4_000 for number in range(40)))
    relay = service.relay()

    async with running(relay.run()):
        await until(lambda: pending_is(service, 0), what="an empty outbox")

    assert [text[:3] for text in (await told(service, 40))[str(subject)]] == [f"{number:03d}" for number in range(40)]
    assert await service.scalar("SELECT count(*) FROM outbox_parked") == 0
    assert relay.refusals == {}


async def test_a_topic_that_is_missing_holds_up_no_other(service: Rig) -> None:
    await service.note(uuid4(), "first")
    missing = f"{service.topic}.later"
    async with connected(service) as connection:
        await connection.execute(
            "INSERT INTO outbox_pending (shard, topic, key, logged_at) "
            "SELECT shard, $1, key, logged_at FROM outbox_pending",
            missing,
        )
    async with running(service.relay().run()):
        await service.records(1)
        await service.note(uuid4(), "second")
        await service.records(2)
        await ensure_topics(service.kafka, wanted=[Topic(missing, {})])
        await until(lambda: pending_is(service, 0), what="the row of the late topic sent")


async def test_a_transaction_that_stays_open_holds_up_nobody_and_its_events_are_not_skipped(service: Rig) -> None:
    """Its positions are given out early and come to light late, far below where the relay reads by then."""
    held, flowing = uuid4(), [uuid4() for _ in range(5)]
    relay = service.relay()
    opened, let_go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with service.works.begin() as work:
            work.publish(NoteWritten(subject_id=held, text="first"))
            await work.flush()
            opened.set()
            await let_go.wait()

    async with running(relay.run()):
        holding = asyncio.create_task(hold())
        await opened.wait()
        for number in range(10):
            await asyncio.gather(*(service.note(subject, str(number)) for subject in flowing))

        async def floor_is_above_it() -> bool:
            await service.note(flowing[0], "more")
            return bool(relay.passage and relay.passage.floor.stragglers)

        await until(floor_is_above_it, what="a floor above the open transaction's rows")
        before = await service.scalar("SELECT count(*) FROM event_log")
        assert await told(service, before)
        let_go.set()
        await holding
        await service.note(held, "second")
        assert (await told(service, before + 2))[str(held)] == ["first", "second"]


async def test_random_transactions_of_any_length_lose_no_event_and_no_order(service: Rig) -> None:
    """A subject's events are numbered as they commit, and must reach Kafka in that order however long each was open."""
    dice = random.Random(20161130)
    subjects, written = [uuid4() for _ in range(6)], 0

    async def write(subject: UUID, stays_open: float) -> None:
        async with service.works.begin() as work:
            work.publish(NoteWritten(subject_id=subject, text="x"))
            await work.flush()
            await asyncio.sleep(stays_open)  # the transaction under test, open for this long

    relays = [service.relay(shortest_poll=0.001), service.relay(shortest_poll=0.001)]
    async with running(*(relay.run() for relay in relays)):
        writing: set[asyncio.Task[None]] = set()
        for _ in range(300):
            stays_open = dice.choice([0, 0, 0, 0, 0.02, 0.2, 2.5])
            writing.add(asyncio.create_task(write(dice.choice(subjects), stays_open)))
            written += 1
            if len(writing) >= 12:
                _, writing = await asyncio.wait(writing, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*writing)
        await until(lambda: pending_is(service, 0), seconds=40, what="an empty outbox")

    seen: dict[str, list[int]] = {}
    for record in await service.records(written):
        envelope = Envelope.from_record(record)
        sequences = seen.setdefault(envelope.subject, [])
        if envelope.sequence not in sequences:  # a relay that was interrupted sends again
            sequences.append(envelope.sequence)
    assert sum(len(sequences) for sequences in seen.values()) == written
    assert all(sequences == list(range(1, len(sequences) + 1)) for sequences in seen.values())


async def test_rows_written_while_kafka_was_away_are_told_when_it_is_back(service: Rig) -> None:
    """A port where nobody listens stands for Kafka; the writers notice nothing."""
    subject = uuid4()
    away = service.relay()
    away.kafka = "127.0.0.1:1"
    async with running(away.run()):
        for number in range(5):
            await service.note(subject, str(number))
        assert not away.connected
        assert await pending(service) == 5

    async with running(service.relay().run()):
        assert await told(service, 5) == {str(subject): ["0", "1", "2", "3", "4"]}


async def test_an_idle_relay_costs_next_to_nothing(service: Rig) -> None:
    """Measured in statements: the poll, and the house that is kept."""
    async with connected(service) as connection, running(service.relay().run()):
        await service.note(uuid4(), "one")
        await until(lambda: pending_is(service, 0), what="an empty outbox")
        before = await connection.fetchval(TRANSACTIONS)
        await asyncio.sleep(3)  # the time over which we count
        await connection.execute("SELECT pg_stat_force_next_flush()")
        spent = await connection.fetchval(TRANSACTIONS) - before

    assert spent < 60


TRANSACTIONS = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
