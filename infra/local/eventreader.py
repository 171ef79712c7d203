"""Reading Kafka without belonging to a consumer group: nothing that is read here counts as handled."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from infra.local.problems import LocalProblem
from shared.events import EVENT_TOPICS, FORGETTABLES, decode_headers

ALL_TOPICS = (*EVENT_TOPICS.values(), *FORGETTABLES)


@dataclass(frozen=True)
class Record:
    """One record, readable also when it isn't an event of ours."""

    topic: str
    partition: int
    offset: int
    time: str
    key: str | None
    headers: dict[str, str]
    data: Any

    @classmethod
    def of(cls, record: "ConsumerRecord[bytes, bytes]") -> "Record":
        text = (record.value or b"").decode("utf-8", "replace")
        try:
            data = json.loads(text) if record.value is not None else None
        except ValueError:
            data = text
        return cls(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            time=datetime.fromtimestamp(record.timestamp / 1000, UTC).isoformat(timespec="milliseconds"),
            key=None if record.key is None else record.key.decode("utf-8", "replace"),
            headers=decode_headers(record.headers),
            data=data,
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def told(record: Record) -> str:
    """One readable line: when, what, about whom, by whom, and the facts."""
    headers = record.headers
    what = headers.get("ce_type", record.topic).removeprefix("io.datacity.")
    sequence = headers.get("ce_sequence", "").lstrip("0") or "-"
    subject = headers.get("ce_subject") or record.key or "-"
    facts = "forgotten" if record.data is None else json.dumps(record.data, ensure_ascii=False)
    return f"{record.time[11:23]} {what:38} {subject} #{sequence} by {headers.get('ce_actor', '-')} {facts}"


async def latest_records(
    bootstrap: str, topics: Sequence[str], *, limit: int | None
) -> tuple[list[Record], dict[TopicPartition, int]]:
    """What Kafka has now, by time: all of it, or the `limit` newest; and the position after it in each partition."""
    async with _reading(bootstrap) as consumer:
        partitions = await _partitions(bootstrap, topics or ALL_TOPICS)
        consumer.assign(partitions)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        starts: dict[TopicPartition, int] = await consumer.beginning_offsets(partitions)
        records: list[Record] = []
        for partition, end in ends.items():
            begin = starts[partition] if limit is None else max(starts[partition], end - limit)
            consumer.seek(partition, begin)
            records += await _up_to(consumer, partition, begin, end)
    records.sort(key=lambda record: record.time)
    return (records if limit is None else records[len(records) - limit :]) if records else [], ends


async def follow_records(bootstrap: str, positions: Mapping[TopicPartition, int]) -> AsyncIterator[Record]:
    """What comes from those positions on, until the caller has had enough."""
    async with _reading(bootstrap) as consumer:
        consumer.assign(list(positions))
        for partition, position in positions.items():
            consumer.seek(partition, position)
        async for record in consumer:
            yield Record.of(record)


async def _up_to(consumer: AIOKafkaConsumer, partition: TopicPartition, begin: int, end: int) -> list[Record]:
    records: list[Record] = []
    position = begin
    while position < end:
        batch = await consumer.getmany(partition, timeout_ms=5000)
        found = batch.get(partition, [])
        records += [Record.of(record) for record in found if record.offset < end]
        # The last offsets may hold control records, which nobody gets to see: the position tells.
        position = await consumer.position(partition)
        if not found and position < end:
            break
    return records


async def _partitions(bootstrap: str, topics: Sequence[str]) -> list[TopicPartition]:
    """Asked of the cluster, since a consumer that belongs to no group knows nothing of topics it hasn't read yet."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        known = {entry["topic"]: entry["partitions"] for entry in await admin.describe_topics()}
    finally:
        await admin.close()
    if unknown := [name for name in topics if name not in known]:
        message = (
            f"Name one of {', '.join(sorted(known)) or '(none exists: run `datacity topics`)'}: "
            f"there is no topic {', '.join(unknown)}."
        )
        raise LocalProblem(message)
    return [TopicPartition(name, partition["partition"]) for name in topics for partition in known[name]]


@asynccontextmanager
async def _reading(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        await asyncio.wait_for(consumer.start(), timeout=20)
        yield consumer
    except (KafkaError, OSError, TimeoutError) as error:
        message = f"Check that Kafka runs at {bootstrap} (`datacity status`): it can't be read ({error!r})."
        raise LocalProblem(message) from error
    finally:
        await consumer.stop()
