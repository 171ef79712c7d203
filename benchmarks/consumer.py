"""Consumer: events a second with inbox and effect, exactly once, beside FastStream's plain consumer of the same topic.

    .venv/bin/python -m benchmarks.consumer [--events 10000]

Ours writes an inbox row and a row of effect in one transaction per event, PostgreSQL with fsync on; the reference
only takes the records from Kafka, one handler call each, with FastStream's own defaults.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from uuid import uuid4

import asyncpg
from faststream.kafka import KafkaBroker

from benchmarks.relay import FILL
from shared.messaging import Consumer
from tests.support.backbone import NoteWritten, Rig, rig, running, until
from tests.support.stack import local_backbone

KEYS = 200


@dataclass(frozen=True)
class Result:
    events: int
    consumer_per_second: float
    faststream_plain_per_second: float
    ratio: float


async def measure(events: int) -> Result:
    """Fill the topic, then time each consumer from its start to the last event's effect."""
    async with local_backbone() as backbone, rig(backbone) as service:
        value = NoteWritten(subject_id=uuid4(), text="x" * 200).to_bytes()
        connection = await asyncpg.connect(service.dsn)
        subjects = [str(uuid4()) for _ in range(KEYS)]
        await connection.execute(FILL, service.topic, NoteWritten.TYPE, subjects, value, events // KEYS)
        async with running(service.relay().run()):
            await until(lambda: relayed(service), seconds=600, what="an empty outbox")
        began = time.perf_counter()
        async with running(Consumer(service.handling(), kafka=service.kafka).run()):
            await until(lambda: handled(connection, events), seconds=600, what="the last effect")
            ours = time.perf_counter() - began
        await connection.close()
        plain = await faststream_plain(service, events)
        return Result(events, events / ours, events / plain, plain / ours)


async def relayed(service: Rig) -> bool:
    return not await service.scalar("SELECT EXISTS (SELECT 1 FROM outbox_pending)")


async def handled(connection: asyncpg.Connection, events: int) -> bool:
    return bool(await connection.fetchval("SELECT max(id) = $1 FROM effect", events))


async def faststream_plain(service: Rig, events: int) -> float:
    """Seconds that a FastStream subscriber takes to be called once per record."""
    broker = KafkaBroker(service.kafka, logger=None)
    done, seen = asyncio.Event(), 0

    async def count(_: bytes) -> None:
        nonlocal seen
        seen += 1
        if seen == events:
            done.set()

    broker.subscriber(service.topic, group_id=f"{service.name}-plain", auto_offset_reset="earliest")(count)
    began = time.perf_counter()
    await broker.start()
    try:
        async with asyncio.timeout(600):
            await done.wait()
        return time.perf_counter() - began
    finally:
        await broker.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    result = asyncio.run(measure(parser.parse_args().events))
    json.dump(asdict(result), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
