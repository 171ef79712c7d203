"""Which partition a record belongs to, by its key, as every producer of Kafka's finds it."""

import asyncio
from collections.abc import Callable

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.partitioner import DefaultPartitioner

from shared.outbox.pending import Pending

log = structlog.get_logger(__name__)

KEYS_REMEMBERED = 100_000
"""Hashing a key costs more than sending its record does."""


class Routing:
    """Knows partitions as of the last `refresh`; asks for those of a new topic without making anybody wait."""

    def __init__(self, producer: AIOKafkaProducer, *, service: str, on_found: Callable[[], None]) -> None:
        self._producer = producer
        self._service = service
        self._on_found = on_found
        self._partitions: dict[str, list[int]] = {}
        self._found: dict[str, list[int]] = {}
        self._sought: asyncio.Queue[str] = asyncio.Queue()
        self._asked: set[str] = set()
        self._remembered: dict[tuple[str, str], int] = {}

    def refresh(self) -> None:
        """Take over what was found. Between two calls a topic stays known or unknown, so that a sweep that passed over
        a key's earlier rows does not take its later ones."""
        self._partitions |= self._found

    def partition_of(self, row: Pending) -> int | None:
        """None while Kafka has not named the topic's partitions: its rows wait, and those of other topics go on."""
        partition = self._remembered.get((row.topic, row.key))
        if partition is not None:
            return partition
        partitions = self._partitions.get(row.topic)
        if partitions is None:
            if row.topic not in self._asked:
                self._asked.add(row.topic)
                self._sought.put_nowait(row.topic)
            return None
        if len(self._remembered) >= KEYS_REMEMBERED:
            self._remembered.clear()
        partition = int(DefaultPartitioner()(row.key_bytes, partitions, partitions))
        self._remembered[row.topic, row.key] = partition
        return partition

    async def run(self) -> None:
        """Ask Kafka for topics until they are there, each in its turn; until cancelled."""
        while True:
            topic = await self._sought.get()
            try:
                self._found[topic] = sorted(await self._producer.partitions_for(topic))
                self._on_found()
            except UnknownTopicOrPartitionError:
                # aiokafka asked for `request_timeout_ms` before it gave up.
                log.error("topic_missing", service=self._service, topic=topic)
                self._sought.put_nowait(topic)
