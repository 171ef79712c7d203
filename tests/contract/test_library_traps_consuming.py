"""What the libraries do to a consumer that we work around; `test_library_traps` has the rest, and how to read it."""

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.messaging.leaving import abandon
from tests.support.backbone import until
from tests.support.stack import Backbone

SESSION_MS = 6_000
"""The shortest that a broker allows, if nobody tells it otherwise."""

STILL_RUNNING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE :mark AND state <> 'idle' AND pid <> pg_backend_pid()"
)


@pytest.mark.parametrize("library", ["faststream", "aiokafka", "sqlalchemy", "sqlmodel", "asyncpg", "fastapi", "jgo"])
def test_the_traps_are_tried_on_the_locked_versions(library: str) -> None:
    lock = (Path(__file__).parents[2] / "requirements.lock").read_text()
    locked = re.search(rf"^{library}(?:\[[^]]*\])?==([^\s;\\]+)", lock, flags=re.MULTILINE)

    assert locked
    assert version(library) == locked[1]


@pytest.mark.parametrize("listens", [False, True])
async def test_partitions_are_taken_away_while_a_handler_runs_unless_a_listener_waits(
    backbone: Backbone, listens: bool
) -> None:
    """Another member would handle the same record at the same time; our listener waits for the transaction."""
    topic, group = await backbone.topic(partitions=2), uuid.uuid4().hex
    in_handler, ends, revoking = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Wait(ConsumerRebalanceListener):
        async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
            if revoked:
                revoking.set()
                await ends.wait()

        async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
            pass

    async def handle(_: bytes) -> None:
        in_handler.set()
        await ends.wait()

    broker = KafkaBroker(backbone.kafka, logger=None, graceful_timeout=2)
    subscriber: Any = broker.subscriber(
        topic,
        group_id=group,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=300,
        listener=Wait() if listens else None,
    )
    subscriber(handle)
    other: AIOKafkaConsumer | None = None
    await _send(backbone, topic, b"one")
    await broker.start()
    try:
        async with asyncio.timeout(20):
            await in_handler.wait()
        other = AIOKafkaConsumer(
            topic,
            bootstrap_servers=backbone.kafka,
            group_id=group,
            session_timeout_ms=SESSION_MS,
            enable_auto_commit=False,
        )
        joins = asyncio.create_task(other.start())
        if listens:
            async with asyncio.timeout(20):
                await revoking.wait()
            assert len(subscriber.consumer.assignment()) == 2
            assert not joins.done()
            ends.set()
        async with asyncio.timeout(20):
            await joins

        async def has_given_one_away() -> bool:
            return len(subscriber.consumer.assignment()) == 1

        # Each member hears of the new assignment by itself, the one that joined perhaps first.
        await until(has_given_one_away, seconds=20, what="a partition that is taken away")
        assert ends.is_set() is listens
    finally:
        ends.set()
        if other is not None:
            await other.stop()
        await broker.stop()


async def test_a_consumer_whose_event_loop_is_blocked_is_put_out_of_its_group(backbone: Backbone) -> None:
    """It comes back by itself, as somebody new; the inbox sees to what it had begun."""
    topic = await backbone.topic(partitions=1)
    async with _consumer(backbone, topic) as consumer:
        coordinator: Any = consumer._coordinator
        before = (coordinator.member_id, coordinator.generation)

        time.sleep(SESSION_MS / 1000 + 2)  # noqa: ASYNC251  this is the trap

        async def is_back() -> bool:
            return bool(coordinator.member_id) and coordinator.generation > before[1] and bool(consumer.assignment())

        await until(is_back, seconds=30, what="a new membership")
        assert coordinator.member_id != before[0]


async def test_after_a_handler_raised_the_next_poll_goes_on_behind_its_records(backbone: Backbone) -> None:
    """Its records come again only after a restart; we move the partition back ourselves."""
    topic, group = await backbone.topic(partitions=1), uuid.uuid4().hex
    came: list[bytes] = []

    async def fail(bodies: list[bytes]) -> None:
        came.extend(bodies)
        raise RuntimeError("the effect did not happen")

    broker = KafkaBroker(backbone.kafka, logger=None, graceful_timeout=2)
    broker.subscriber(
        topic, group_id=group, auto_offset_reset="earliest", ack_policy=AckPolicy.MANUAL, batch=True, max_records=1
    )(fail)
    await _send(backbone, topic, b"first", b"second")
    await broker.start()
    try:

        async def both_came() -> bool:
            return len(came) >= 2

        await until(both_came, what="two polls")
    finally:
        await broker.stop()

    assert came == [b"first", b"second"]


async def test_faststream_does_not_wait_for_a_handler_that_it_cancels(backbone: Backbone) -> None:
    """The transaction may still be open when `stop` returns; we wait for it."""
    topic = await backbone.topic(partitions=1)
    in_handler, undone = asyncio.Event(), asyncio.Event()

    async def handle(_: bytes) -> None:
        in_handler.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.5)  # a rollback takes its time
            undone.set()

    broker = KafkaBroker(backbone.kafka, logger=None, graceful_timeout=0.1)
    broker.subscriber(topic, group_id=uuid.uuid4().hex, auto_offset_reset="earliest", ack_policy=AckPolicy.MANUAL)(
        handle
    )
    await _send(backbone, topic, b"one")
    await broker.start()
    async with asyncio.timeout(20):
        await in_handler.wait()
        await broker.stop()

        assert not undone.is_set()
        await undone.wait()


async def test_giving_up_on_stopping_a_consumer_leaves_its_heartbeat_and_its_fetching(backbone: Backbone) -> None:
    """The group would count on a member that reads nothing; `abandon` ends both."""
    topic = await backbone.topic(partitions=2)
    revoking = asyncio.Event()

    class Hang(ConsumerRebalanceListener):
        async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
            if revoked:
                revoking.set()
                await asyncio.Event().wait()

        async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
            pass

    async with _consumer(backbone, topic, listener=Hang(), heartbeat_interval_ms=300) as consumer:
        joins = asyncio.create_task(_join(backbone, topic, consumer._group_id))
        async with asyncio.timeout(20):
            await revoking.wait()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(consumer.stop(), 0.5)
        coordinator: Any = consumer._coordinator
        fetcher: Any = consumer._fetcher
        left = [coordinator._heartbeat_task, fetcher._fetch_task]

        assert not any(task.done() for task in left)
        await abandon(consumer)
        assert all(task.done() for task in left)
        assert not any(connection.connected() for connection in consumer._client._conns.values())
        async with asyncio.timeout(30):
            await joins


async def test_a_commit_tries_for_ever_while_the_coordinator_is_away(
    backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records are handled all the same: we put a deadline on it, and the inbox ignores what comes again."""
    topic = await backbone.topic(partitions=1)
    async with _consumer(backbone, topic) as consumer:
        coordinator: Any = consumer._coordinator
        asked = 0

        async def nobody(*_: Any) -> int:
            nonlocal asked
            asked += 1
            raise GroupCoordinatorNotAvailableError

        with monkeypatch.context() as patch:
            patch.setattr(consumer._client, "coordinator_lookup", nobody)
            coordinator.coordinator_dead()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(consumer.commit({TopicPartition(topic, 0): 0}), 1.5)

    assert asked > 3


async def test_a_statement_that_is_cancelled_ends_on_the_server_and_its_connection_is_not_used_again(
    backbone: Backbone,
) -> None:
    """A handler that takes too long is undone by a cancellation; whoever comes next gets a sound connection."""
    engine = create_async_engine(
        backbone.admin_url.replace("postgresql://", "postgresql+asyncpg://", 1), pool_size=1, max_overflow=0
    )
    mark = uuid.uuid4().hex
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5), engine.begin() as connection:
                await connection.execute(text(f"SELECT pg_sleep(600) /* {mark} */"))

        async def has_ended() -> bool:
            async with engine.connect() as connection:
                found = await connection.execute(STILL_RUNNING, {"mark": f"%{mark}%"})
                return not found.scalar()

        await until(has_ended, what="a server that has ended the statement")
    finally:
        await engine.dispose()


async def _join(backbone: Backbone, topic: str, group: str) -> None:
    async with _consumer(backbone, topic, group=group):
        pass


@asynccontextmanager
async def _consumer(
    backbone: Backbone,
    topic: str,
    *,
    group: str | None = None,
    listener: ConsumerRebalanceListener | None = None,
    heartbeat_interval_ms: int = 1_000,
) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=backbone.kafka,
        group_id=group or uuid.uuid4().hex,
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=heartbeat_interval_ms,
        enable_auto_commit=False,
    )
    consumer.subscribe([topic], listener=listener)
    async with asyncio.timeout(30):
        await consumer.start()
    try:
        yield consumer
    finally:
        await abandon(consumer)


async def _send(backbone: Backbone, topic: str, *values: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=backbone.kafka) as producer:
        for value in values:
            await producer.send_and_wait(topic, value)
