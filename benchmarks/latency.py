"""Latency: milliseconds from a committed change to its event readable in Kafka, at 200 events a second.

    .venv/bin/python -m benchmarks.latency [--events 2000]

Writer, relay and reader share this process; the writer keeps its pace whatever the relay does.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from uuid import uuid4

from aiokafka import AIOKafkaConsumer

from tests.support.backbone import NoteWritten, Rig, rig, running
from tests.support.stack import local_backbone

PER_SECOND = 200
SUBJECTS = 50


@dataclass(frozen=True)
class Result:
    events: int
    events_per_second: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


async def measure(events: int) -> Result:
    """Write at a steady pace while the relay runs and a consumer notes when each event arrives."""
    async with local_backbone() as backbone, rig(backbone) as service:
        reader = AIOKafkaConsumer(service.topic, bootstrap_servers=service.kafka, auto_offset_reset="earliest")
        await reader.start()
        committed: dict[str, float] = {}
        arrived: dict[str, float] = {}
        reading = asyncio.create_task(read(reader, arrived, events))
        try:
            async with running(service.relay().run()):
                await write(service, committed, events)
                async with asyncio.timeout(60):
                    await reading
        finally:
            reading.cancel()
            await reader.stop()
    waits = sorted((arrived[name] - committed[name]) * 1000 for name in committed)
    cuts = statistics.quantiles(waits, n=100)
    return Result(events, PER_SECOND, round(cuts[49], 1), round(cuts[94], 1), round(cuts[98], 1))


async def write(service: Rig, committed: dict[str, float], events: int) -> None:
    subjects = [uuid4() for _ in range(SUBJECTS)]
    began = time.perf_counter()
    for number in range(events):
        ahead = began + number / PER_SECOND - time.perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        await service.note(subjects[number % SUBJECTS], str(number))
        committed[str(number)] = time.perf_counter()


async def read(reader: AIOKafkaConsumer, arrived: dict[str, float], events: int) -> None:
    while len(arrived) < events:
        for records in (await reader.getmany(timeout_ms=1000)).values():
            now = time.perf_counter()
            for record in records:
                arrived.setdefault(NoteWritten.from_bytes(record.value or b"").text, now)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000)
    result = asyncio.run(measure(parser.parse_args().events))
    json.dump(asdict(result), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
