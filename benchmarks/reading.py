"""Reads a whole topic and says whether every event is there, once, and in the order of its key."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer

from tests.support.backbone import until


class NotAsWritten(Exception):
    """A topic holds something else than what was written; a figure of such a run is worth nothing."""


@dataclass(frozen=True)
class Reading:
    """What was found."""

    records: int
    missing: int
    repeated: int
    out_of_order: int

    @property
    def in_order(self) -> bool:
        return not self.out_of_order

    def require(self, events: int, *, ordered: bool = True) -> None:
        """Raises NotAsWritten unless each of the events is there exactly once (and in order)."""
        wrong = self.records != events or self.missing or self.repeated or (ordered and self.out_of_order)
        if wrong:
            message = f"{events} events were written; read back: {self}"
            raise NotAsWritten(message)


async def settle(kafka: str, topic: str, *, partitions: int = 12) -> None:
    """Wait until every partition answers: a topic is there before its partitions can be written to."""
    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka, metadata_max_age_ms=100) as consumer:

        async def known() -> bool:
            return len(consumer.assignment()) == partitions

        await until(known, seconds=30, what="a topic whose partitions are known")
        await consumer.end_offsets(consumer.assignment())


async def read_back(kafka: str, topic: str, expected: Mapping[str, int], *, seconds: float = 300) -> Reading:
    """Every record of the topic, against how many events each key must have, numbered from 1 in `ce_sequence`."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, auto_offset_reset="earliest", max_partition_fetch_bytes=2**22
    )
    await consumer.start()
    last = dict.fromkeys(expected, 0)
    seen: dict[str, set[int]] = {key: set() for key in expected}
    records = repeated = out_of_order = 0
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        left = {partition for partition, end in ends.items() if end > 0}
        async with asyncio.timeout(seconds):
            while left:
                for partition, batch in (await consumer.getmany(timeout_ms=500, max_records=5000)).items():
                    for record in batch:
                        key, number = (record.key or b"").decode(), sequence_of(record.headers)
                        repeated += number in seen[key]
                        out_of_order += number != last[key] + 1
                        seen[key].add(number)
                        last[key] = number
                    records += len(batch)
                    if await consumer.position(partition) >= ends[partition]:
                        left.discard(partition)
    finally:
        await consumer.stop()
    missing = sum(count - len(seen[key]) for key, count in expected.items())
    return Reading(records, missing, repeated, out_of_order)


def sequence_of(headers: Iterable[tuple[str, bytes]]) -> int:
    return next(int(value) for name, value in headers if name == "ce_sequence")
