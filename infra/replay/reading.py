"""All that Kafka has of some topics, in one order that comes out the same each time, read without a consumer group."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
)

from infra.local.problems import LocalProblem
from shared.events import Envelope, MalformedEnvelope

CONNECT_SECONDS = 20
SILENCE_SECONDS = 60
"""How long Kafka may owe us records that it says it has."""
CLOCKS_DIFFER = timedelta(seconds=60)
"""By how much the clocks of two services may disagree before an effect is read ahead of its cause."""


@dataclass(frozen=True)
class Span:
    """The part of a partition that is read: from its first record to where it ended when we began."""

    begin: int
    end: int


@dataclass(frozen=True)
class Read:
    """A record with its envelope, or with what is wrong with it."""

    record: Any
    time: datetime
    envelope: Envelope | None
    fault: MalformedEnvelope | None = None

    @classmethod
    def of(cls, record: Any) -> "Read":
        try:
            envelope = Envelope.from_record(record)
        except MalformedEnvelope as fault:
            return cls(record, datetime.fromtimestamp(record.timestamp / 1000, UTC), None, fault)
        return cls(record, envelope.time, envelope)

    @property
    def key(self) -> tuple[str, str]:
        """Within which order matters."""
        return self.record.topic, (self.record.key or b"").decode("utf-8", "replace")

    @property
    def place(self) -> tuple[str, int, int]:
        return self.record.topic, self.record.partition, self.record.offset


class Reader:
    """Reads partitions that nobody assigned to it: it joins no group and commits nothing."""

    def __init__(self, consumer: AIOKafkaConsumer, kafka: str) -> None:
        self._consumer = consumer
        self._kafka = kafka

    async def spans(self, topics: Sequence[str]) -> dict[TopicPartition, Span]:
        """What there is now, of each partition that has anything."""
        partitions = await partitions_of(self._kafka, topics)
        begins = await self._consumer.beginning_offsets(partitions)
        ends = await self._consumer.end_offsets(partitions)
        return {each: Span(begins[each], ends[each]) for each in partitions if begins[each] < ends[each]}

    async def in_order(self, spans: Mapping[TopicPartition, Span]) -> AsyncIterator[Read]:
        """Each partition in its own order, and between partitions the earliest event first, effects after causes.

        An event whose cause was not read yet lets others go first for as long as clocks may differ: its cause may be
        among them. Ties go by topic and partition, so that two replays of the same records are the same.
        """
        if not spans:
            return
        self._consumer.assign(list(spans))
        for partition, span in spans.items():
            self._consumer.seek(partition, span.begin)
        heads: dict[TopicPartition, deque[Read]] = {partition: deque() for partition in spans}
        seen: set[str] = set()

        def place(partition: TopicPartition) -> tuple[datetime, str, int]:
            head = heads[partition][0]
            cause = head.envelope.causation_id if head.envelope else None
            late = CLOCKS_DIFFER if cause and cause not in seen else timedelta()
            return head.time + late, partition.topic, partition.partition

        await self._fill(heads, spans)
        while heads:
            partition = min(heads, key=place)
            read = heads[partition].popleft()
            if read.envelope:
                seen.add(str(read.envelope.id))
            yield read
            if not heads[partition]:
                await self._fill(heads, spans)

    async def _fill(self, heads: dict[TopicPartition, deque[Read]], spans: Mapping[TopicPartition, Span]) -> None:
        """Have a next record of each partition; forget those that are read to their end."""
        loop = asyncio.get_running_loop()
        silent_until = loop.time() + SILENCE_SECONDS
        while empty := await self._still_empty(heads, spans):
            found = await self._consumer.getmany(*empty, timeout_ms=200)
            for partition, records in found.items():
                heads[partition].extend(Read.of(each) for each in records if each.offset < spans[partition].end)
            if found:
                silent_until = loop.time() + SILENCE_SECONDS
            elif loop.time() > silent_until:
                message = f"Check Kafka at {self._kafka}: it has not sent {_named(empty)} for {SILENCE_SECONDS} s."
                raise LocalProblem(message)

    async def _still_empty(
        self, heads: dict[TopicPartition, deque[Read]], spans: Mapping[TopicPartition, Span]
    ) -> list[TopicPartition]:
        """Those that have more to come; what a partition ended with may be compacted away, so its position tells."""
        empty = [partition for partition, waiting in heads.items() if not waiting]
        for partition in empty:
            if await self._consumer.position(partition) >= spans[partition].end:
                del heads[partition]
        return [partition for partition in empty if partition in heads]


@asynccontextmanager
async def reading(kafka: str) -> AsyncIterator[Reader]:
    """Raises LocalProblem if Kafka can't be reached, or goes away."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="none")
    try:
        await asyncio.wait_for(consumer.start(), CONNECT_SECONDS)
        yield Reader(consumer, kafka)
    except (KafkaError, OSError, TimeoutError) as error:
        raise unreadable(kafka, error) from error
    finally:
        await consumer.stop()


async def partitions_of(kafka: str, topics: Sequence[str]) -> list[TopicPartition]:
    """Asked of the cluster, since a consumer that belongs to no group knows nothing of topics it hasn't read yet."""
    async with asking(kafka) as admin:
        known = {entry["topic"]: entry["partitions"] for entry in await admin.describe_topics()}
    if unknown := [name for name in topics if name not in known]:
        message = f"Run `datacity topics` first: Kafka at {kafka} has no topic {', '.join(unknown)}."
        raise LocalProblem(message)
    return [TopicPartition(name, each["partition"]) for name in sorted(topics) for each in known[name]]


async def committed(kafka: str, group: str) -> dict[TopicPartition, int]:
    """How far a group has come, asked from outside of it."""
    async with asking(kafka) as admin:
        offsets = await _told_by_group(admin, group)
    return {partition: found.offset for partition, found in offsets.items() if found.offset >= 0}


async def _told_by_group(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, Any]:
    until = asyncio.get_running_loop().time() + CONNECT_SECONDS
    while True:
        try:
            told: dict[TopicPartition, Any] = await admin.list_consumer_group_offsets(group)
        except (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError, GroupLoadInProgressError):
            # A cluster that just started, or never had a group, is not ready to tell for a moment.
            if asyncio.get_running_loop().time() > until:
                raise
            await asyncio.sleep(0.2)
        else:
            return told


@asynccontextmanager
async def asking(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Raises LocalProblem if Kafka can't be reached."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await asyncio.wait_for(admin.start(), CONNECT_SECONDS)
        yield admin
    except (KafkaError, OSError, TimeoutError) as error:
        raise unreadable(kafka, error) from error
    finally:
        await admin.close()


def unreadable(kafka: str, error: BaseException) -> LocalProblem:
    return LocalProblem(f"Check that Kafka runs at {kafka} (`datacity status`): it can't be read ({error!r}).")


def _named(partitions: Iterable[TopicPartition]) -> str:
    return ", ".join(f"{each.topic}/{each.partition}" for each in partitions)
