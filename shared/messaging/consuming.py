"""Reads Kafka for one service: FastStream with defaults that lose nothing, offsets committed after the effect."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Annotated, Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy, Context
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from shared.messaging.batching import LARGEST, Batches
from shared.messaging.handling import Handling
from shared.messaging.leaving import abandon
from shared.messaging.metrics import LAG, RESTARTS, STUCK
from shared.messaging.watchdog import NotConnected, NotJoined, Progress, Stuck, Watchdog

log = structlog.get_logger(__name__)

REWIND_PAUSE_SECONDS = 1.0
COMMIT_SECONDS = 5.0
"""aiokafka tries a commit for ever while the group's coordinator is away; the inbox makes it dispensable."""
REVOKE_SECONDS = 5.0
STOP_SECONDS = 10.0
LONGEST_HANDLING_MS = 600_000
"""How long one poll may take before Kafka takes its partitions away; more than a database restart needs."""
RESTART_PAUSES = (1.0, 300.0)
"""Between two rebuilds: the first, and the longest, as each is twice the one before."""


async def behind(kafka: str, group: str, topics: Sequence[str]) -> int:
    """How many records a group has still to handle, asked from outside of it. Raises KafkaError."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False)
    try:
        await consumer.start()
        await consumer.topics()
        places = [TopicPartition(topic, n) for topic in topics for n in consumer.partitions_for_topic(topic) or ()]
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        consumer.assign(places)
        done = {place: await consumer.committed(place) for place in places}
    finally:
        await consumer.stop()
    return sum(max(0, ends[place] - (begins[place] if done[place] is None else done[place])) for place in places)


class Consumer:
    """One consumer group member that reads all of a service's topics, in order per partition."""

    def __init__(
        self, handling: Handling, *, kafka: str, session_seconds: float = 15.0, stuck_seconds: float = 90.0
    ) -> None:
        self.handling = handling
        self._kafka = kafka
        self._session_seconds = session_seconds
        self._stuck_seconds = stuck_seconds
        self._service = handling.works.service
        self._batches = Batches(handling)
        self._progress = Progress()
        self._watchdog = Watchdog(self._progress, service=self._service, patience_seconds=stuck_seconds)
        self._ours = _Assignment(self._progress)
        self._broker: KafkaBroker | None = None
        self._connected = False
        self._subscriber: Any = None

    async def run(self) -> None:
        """Consume until cancelled; if Kafka is away, wait for it; if nothing moves any more, begin anew."""
        RESTARTS.labels(self._service)
        STUCK.labels(self._service)
        for topic in self.handling.listener.topics:
            LAG.labels(self._service, topic)
        pause, longest = RESTART_PAUSES
        try:
            while True:
                await self._connect()
                began = self._progress.now()
                await self._watch_until_stuck()
                await self._stop()
                RESTARTS.labels(self._service).inc()
                if self._progress.now() - began > longest:
                    pause, _ = RESTART_PAUSES
                await asyncio.sleep(pause)
                pause = min(pause * 2, longest)
        finally:
            await self._stop()

    @property
    def assigned(self) -> frozenset[TopicPartition]:
        """The partitions that Kafka gave this member; empty until it joined."""
        return frozenset(self._ours.wanted)

    def check(self) -> None:
        """Raises NotConnected, NotJoined or Stuck: not whether a connection stands, but whether work gets done."""
        if self._watchdog.stuck:
            raise Stuck(self._watchdog.stuck)
        if not self._connected:
            raise NotConnected
        if not self._progress.joined:
            raise NotJoined

    async def _connect(self) -> None:
        pause = 0.2
        while True:
            try:
                await self._start()
            except (KafkaError, OSError) as fault:
                log.warning("consumer_waits_for_kafka", error=type(fault).__name__)
                await self._stop()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
            else:
                return

    async def _watch_until_stuck(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._stuck_seconds / 4))
            # What said so may have been the retrier, and nobody need have asked since it is back.
            excused = self.handling.waits_for_database and await self.handling.database_is_away()
            if await self._watchdog.look(self._subscriber.consumer, list(self._ours.held), excused=excused):
                return

    async def _start(self) -> None:
        self._progress.begin()
        self._ours = _Assignment(self._progress)
        broker = KafkaBroker(
            self._kafka, client_id=f"{self._service}-consumer", logger=None, graceful_timeout=STOP_SECONDS
        )
        self._subscriber = broker.subscriber(
            *self.handling.listener.topics,
            group_id=self._service,
            batch=True,
            max_records=LARGEST,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            max_poll_interval_ms=LONGEST_HANDLING_MS,
            session_timeout_ms=int(self._session_seconds * 1000),
            heartbeat_interval_ms=int(self._session_seconds * 200),
            listener=self._ours,
            parser=_keep_records,
            decoder=_keep_bytes,
            no_reply=True,
        )
        self._subscriber(self._on_batch)
        # Ours already, so that a start that fails half way is ended too: its producer is up before its consumer.
        self._broker = broker
        await broker.start()
        self._connected = True

    async def _stop(self) -> None:
        """Let the transaction that is under way end, and leave the group; what was read beyond it is read again."""
        self._connected = False
        self._ours.leave()
        broker, self._broker = self._broker, None
        if broker is not None:
            consumer = self._subscriber.consumer
            try:
                await asyncio.wait_for(broker.stop(), STOP_SECONDS + 5)
            except Exception as fault:
                log.warning("consumer_abandoned", error=type(fault).__name__)
                await abandon(consumer)
            # FastStream cancels a handler that outlasts its patience, and does not wait until it is undone.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REVOKE_SECONDS), self._ours.undisturbed:
                    pass
        self._ours.lose()

    async def _on_batch(self, message: Annotated[KafkaMessage, Context("message")]) -> None:
        records: Sequence[Any] = message.raw_message  # type: ignore[assignment]  # a batch subscriber's is a tuple
        consumer: Any = self._subscriber.consumer
        ours = self._ours
        for record in reversed(records):
            self._progress.next_offset[TopicPartition(record.topic, record.partition)] = record.offset
        self._progress.busy = True
        self._progress.move()
        try:
            await self._handle(records, consumer, ours)
        finally:
            # A handler that no cancellation ended may come to its end long after it was given up.
            if ours is self._ours:
                self._progress.busy = False
                self._progress.move()

    async def _handle(self, records: Sequence[Any], consumer: Any, ours: "_Assignment") -> None:
        batches = self._batches.handle(records, wanted=ours.wants)
        done: dict[TopicPartition, int] = {}
        while True:
            # Until a transaction and the commit of its offsets are through, a rebalance waits.
            async with ours.undisturbed:
                try:
                    batch = await anext(batches, None)
                except Exception as fault:
                    # It could not even be set aside. FastStream would go on with the next poll, past this one.
                    log.error("record_not_handled", error=type(fault).__name__, exc_info=fault)
                    ours.rewind(consumer, [record for record in records if not _is_past(record, done)])
                    await asyncio.sleep(REWIND_PAUSE_SECONDS)
                    return
                if batch is None:
                    return
                offsets = {TopicPartition(record.topic, record.partition): record.offset + 1 for record in batch}
                done |= offsets
                if ours is self._ours:
                    self._progress.next_offset |= offsets
                    self._progress.move()
                await self._commit(
                    consumer, {partition: offset for partition, offset in offsets.items() if partition in ours.held}
                )

    async def _commit(self, consumer: Any, offsets: dict[TopicPartition, int]) -> None:
        """Commit just what was handled: `message.ack()` would commit the position of every partition we hold."""
        if not offsets:
            return
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await consumer.commit(offsets)
        except (KafkaError, TimeoutError) as fault:
            # The records come again and the inbox ignores them.
            log.warning("commit_failed", error=type(fault).__name__, partitions=len(offsets))


class _Assignment(ConsumerRebalanceListener):
    """Knows which partitions are ours at this moment, and lets none go in the midst of a transaction."""

    def __init__(self, progress: Progress) -> None:
        self.wanted: set[TopicPartition] = set()
        """What is begun only if its partition is here."""
        self.held: set[TopicPartition] = set()
        """What may still be committed."""
        self.undisturbed = asyncio.Lock()
        self._progress = progress
        self._leaves = False

    def wants(self, record: Any) -> bool:
        """Not what was taken away while we worked: its new owner reads it again from the last commit."""
        return not self._leaves and TopicPartition(record.topic, record.partition) in self.wanted

    def rewind(self, consumer: Any, unhandled: Sequence[Any]) -> None:
        """Read these records again: move each of their partitions back to its first."""
        first: dict[TopicPartition, int] = {}
        for record in unhandled:
            first.setdefault(TopicPartition(record.topic, record.partition), record.offset)
        for partition, offset in first.items():
            if partition in self.wanted:
                consumer.seek(partition, offset)

    def leave(self) -> None:
        """Begin nothing more; what is under way may still be committed."""
        self._leaves = True

    def lose(self) -> None:
        """Nothing is ours any more."""
        self.wanted, self.held = set(), set()
        self._progress.joined = False

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        self.wanted -= set(revoked)
        try:
            async with asyncio.timeout(REVOKE_SECONDS), self.undisturbed:
                pass
        except TimeoutError:
            log.warning("partitions_revoked_in_mid_handler", count=len(revoked))
        self.held -= set(revoked)
        self._progress.joined = False

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        if self._leaves:
            return
        self.wanted, self.held = set(assigned), set(assigned)
        self._progress.joined = True
        self._progress.next_offset = {}
        self._progress.move()
        log.info("partitions_assigned", count=len(assigned))


def _is_past(record: Any, done: dict[TopicPartition, int]) -> bool:
    return bool(record.offset < done.get(TopicPartition(record.topic, record.partition), 0))


async def _keep_records(records: Any) -> KafkaMessage:
    """The envelope's reader decodes; FastStream need not decode every header too."""
    return KafkaMessage(raw_message=records, body=b"", consumer=FAKE_CONSUMER)


async def _keep_bytes(message: Any) -> bytes:
    """The value's exact bytes are what counts, and the records have them."""
    del message
    return b""
