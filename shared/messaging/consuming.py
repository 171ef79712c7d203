"""Reads Kafka for one service: FastStream with defaults that lose nothing, offsets committed after the effect."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy, Context
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage

from shared.messaging.handling import Handling

log = structlog.get_logger(__name__)

BATCH = 500
REWIND_PAUSE_SECONDS = 1.0
LONGEST_HANDLING_MS = 600_000
"""How long one batch may take before Kafka takes its partitions away; more than a database restart needs."""


class Consumer:
    """One consumer group member that reads all of a service's topics, record by record, in order per partition."""

    def __init__(self, handling: Handling, *, kafka: str) -> None:
        self.handling = handling
        self._kafka = kafka
        self._ours = _Assignment()
        self._broker: KafkaBroker | None = None
        self._subscriber: Any = None

    async def run(self) -> None:
        """Consume until cancelled; if Kafka is away at the start, wait for it."""
        pause = 0.2
        while True:
            try:
                await self._start()
                break
            except (KafkaError, OSError) as fault:
                log.warning("consumer_waits_for_kafka", error=type(fault).__name__)
                await self._stop()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
        try:
            await asyncio.Event().wait()
        finally:
            await self._stop()

    @property
    def assigned(self) -> frozenset[TopicPartition]:
        """The partitions that Kafka gave this member; empty until it joined."""
        return frozenset(self._ours.partitions)

    async def _start(self) -> None:
        service = self.handling.works.service
        broker = KafkaBroker(self._kafka, client_id=f"{service}-consumer", logger=None, graceful_timeout=10)
        self._broker = broker
        self._subscriber = broker.subscriber(
            *self.handling.listener.topics,
            group_id=service,
            batch=True,
            max_records=BATCH,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            max_poll_interval_ms=LONGEST_HANDLING_MS,
            session_timeout_ms=15_000,
            heartbeat_interval_ms=3_000,
            listener=self._ours,
            decoder=_keep_bytes,
            no_reply=True,
        )
        self._subscriber(self._on_batch)
        await broker.start()

    async def _stop(self) -> None:
        if self._broker is not None:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(self._broker.stop(), 15)
            self._broker = None

    async def _on_batch(self, message: Annotated[KafkaMessage, Context("message")]) -> None:
        raw = message.raw_message
        records = raw if isinstance(raw, tuple) else (raw,)
        consumer: Any = message.consumer
        done: dict[TopicPartition, int] = {}
        try:
            for number, record in enumerate(records):
                partition = TopicPartition(record.topic, record.partition)
                # Taken away while we worked: its new owner reads it again from the last commit.
                if partition not in self._ours.partitions:
                    continue
                try:
                    await self.handling.handle(record)
                except Exception as fault:
                    # It could not even be parked. FastStream would go on with the next batch, past this one.
                    log.error("record_not_handled", error=type(fault).__name__, exc_info=fault)
                    self._rewind(consumer, records[number:])
                    await asyncio.sleep(REWIND_PAUSE_SECONDS)
                    break
                done[partition] = record.offset + 1
        finally:
            await self._commit(consumer, done)

    def _rewind(self, consumer: Any, unhandled: Sequence[Any]) -> None:
        """Read these records again: move each of their partitions back to its first."""
        first: dict[TopicPartition, int] = {}
        for record in unhandled:
            first.setdefault(TopicPartition(record.topic, record.partition), record.offset)
        for partition, offset in first.items():
            if partition in self._ours.partitions:
                consumer.seek(partition, offset)

    async def _commit(self, consumer: Any, done: dict[TopicPartition, int]) -> None:
        """Commit just what was handled: `message.ack()` would commit the position of every partition we hold."""
        offsets = {partition: offset for partition, offset in done.items() if partition in self._ours.partitions}
        if not offsets:
            return
        try:
            await consumer.commit(offsets)
        except KafkaError as fault:
            # The records come again and the inbox ignores them.
            log.warning("commit_failed", error=type(fault).__name__, partitions=len(offsets))


class _Assignment(ConsumerRebalanceListener):
    """Knows which partitions are ours at this moment."""

    def __init__(self) -> None:
        self.partitions: set[TopicPartition] = set()

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        self.partitions -= set(revoked)

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        self.partitions = set(assigned)
        log.info("partitions_assigned", count=len(assigned))


async def _keep_bytes(message: Any, original: Callable[[Any], Awaitable[Any]] | None = None) -> bytes:
    """The envelope's reader decodes; FastStream must not, as the value's exact bytes are what counts."""
    del message, original
    return b""
