"""What aiokafka alone does with the same bytes, no database behind it: as one would write it, and at its best."""

import asyncio
import time
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Load:
    """Records of one value and one set of headers, their keys in turn."""

    kafka: str
    topic: str
    keys: list[bytes]
    value: bytes
    headers: Headers
    events: int

    def key(self, number: int) -> bytes:
        return self.keys[number % len(self.keys)]


async def warm_up(load: Load) -> None:
    """Send its value as often as it says, so that the broker's hot paths are compiled before anybody is timed."""
    producer = _producer(load.kafka, linger_ms=5, batch_bytes=65_536)
    await producer.start()
    try:
        await asyncio.gather(*[await producer.send(load.topic, load.value) for _ in range(load.events)])
    finally:
        await producer.stop()


def _producer(kafka: str, *, linger_ms: int, batch_bytes: int) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=kafka,
        acks="all",
        enable_idempotence=True,
        linger_ms=linger_ms,
        max_batch_size=batch_bytes,
        max_request_size=1_000_000,
    )


async def plain(load: Load) -> float:
    """Seconds of the loop that one writes first: `send` each with its key, `gather` every thousand."""
    return await _by_send(load, linger_ms=2, batch_bytes=16_384, at_once=1000)


async def tuned(load: Load) -> float:
    """Seconds of the same loop with the settings that were fastest here: larger batches, more in flight."""
    return await _by_send(load, linger_ms=20, batch_bytes=262_144, at_once=10_000)


async def _by_send(load: Load, *, linger_ms: int, batch_bytes: int, at_once: int) -> float:
    producer = _producer(load.kafka, linger_ms=linger_ms, batch_bytes=batch_bytes)
    await producer.start()
    try:
        began = time.perf_counter()
        for start in range(0, load.events, at_once):
            sent = [
                await producer.send(load.topic, value=load.value, key=load.key(number), headers=load.headers)
                for number in range(start, min(start + at_once, load.events))
            ]
            await asyncio.gather(*sent)
        return time.perf_counter() - began
    finally:
        await producer.stop()


async def batched(load: Load, *, batch_bytes: int = 524_288) -> float:
    """Seconds with record batches built by hand, a partition's next one while its last is under way: its ceiling."""
    producer = _producer(load.kafka, linger_ms=0, batch_bytes=batch_bytes)
    await producer.start()
    try:
        began = time.perf_counter()
        partitions = sorted(await producer.partitions_for(load.topic))
        choose = DefaultPartitioner()
        at = {key: choose(key, partitions, partitions) for key in load.keys}
        open_ = {partition: producer.create_batch() for partition in partitions}
        under_way: dict[int, asyncio.Future[object]] = {}

        async def send(partition: int) -> None:
            if partition in under_way:
                await under_way[partition]
            open_[partition].close()
            under_way[partition] = await producer.send_batch(open_[partition], load.topic, partition=partition)
            open_[partition] = producer.create_batch()

        for number in range(load.events):
            key = load.key(number)
            partition = at[key]
            while open_[partition].append(key=key, value=load.value, timestamp=None, headers=load.headers) is None:
                await send(partition)
        for partition in partitions:
            if open_[partition].record_count():
                await send(partition)
        await asyncio.gather(*under_way.values())
        return time.perf_counter() - began
    finally:
        await producer.stop()
