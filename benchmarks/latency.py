"""Latency: milliseconds from a committed change to its event readable in Kafka, at 200 events a second.

    datacity bench latency [--events 4000] [--debezium]

The writer keeps its pace whatever the relay does. Writer, relay and reader share this process, as API and worker do in
`datacity serve`; Debezium runs in its own, with the same writer's pace and the same reader.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer

from benchmarks import debezium
from benchmarks.measuring import Measured, Meter, Result, Target, metered, percentiles, quieten, tell
from benchmarks.reading import settle
from shared.events import Envelope, encode_headers
from tests.support.backbone import NoteWritten, Rig, rig, running
from tests.support.stack import Backbone, local_backbone

PER_SECOND = 200
SUBJECTS = 50
WARM = 200
"""Events at the beginning, at most, that are written and read, and not counted."""

Write = Callable[[int], Awaitable[None]]
"""Commits the event of that number, which its value's text is."""


async def measure(backbone: Backbone, events: int, *, with_debezium: bool = False) -> Result:
    """Write at a steady pace while the relay runs and a consumer notes when each event arrives; so with Debezium."""
    async with rig(backbone) as service:
        await settle(service.kafka, service.topic)
        subjects = [uuid4() for _ in range(SUBJECTS)]

        async def write(number: int) -> None:
            await service.note(subjects[number % SUBJECTS], str(number))

        relay = running(service.relay().run())
        measured = [await paced("ours", service.topic, relay, write, events, dsn=service.dsn, kafka=service.kafka)]
        headers = encode_headers(Envelope.from_record((await service.records(1))[0]).headers())
        if with_debezium:
            measured.append(await by_debezium(backbone, service, headers, events))
    settings = {"events": events, "events_per_second": PER_SECOND, "keys": SUBJECTS, "partitions": 12}
    ours = measured[0].details
    targets = [
        Target("commit → readable, p50 in ms", ours["p50_ms"], 8, at_least=False),
        Target("commit → readable, p99 in ms", ours["p99_ms"], 40, at_least=False),
    ]
    return Result("latency", "ms (p50)", settings, measured, targets)


async def by_debezium(backbone: Backbone, service: Rig, headers: list[tuple[str, bytes]], events: int) -> Measured:
    topic = await backbone.topic()
    await settle(backbone.kafka, topic)
    async with debezium.connector(backbone, headers) as connector:
        tell(f"  {debezium.NAME}")
        connection = await asyncpg.connect(connector.database)
        try:

            async def write(number: int) -> None:
                value = NoteWritten(subject_id=uuid4(), text=str(number)).to_bytes().decode()
                await connector.insert(connection, topic, [f"key-{number % SUBJECTS}"], value, 1)

            measured = await paced(
                debezium.NAME,
                topic,
                nothing(),
                write,
                events,
                dsn=connector.database,
                kafka=service.kafka,
                own=[connector.pid],
            )
        finally:
            await connection.close()
    measured.note = debezium.NOTE
    return measured


async def paced(
    name: str,
    topic: str,
    relay: AbstractAsyncContextManager[None],
    write: Write,
    events: int,
    *,
    dsn: str,
    kafka: str,
    own: list[int] | None = None,
) -> Measured:
    """Write `events` at the pace, read them, and say how long each was under way."""
    tell(f"  {name}: {events:,} events at {PER_SECOND} a second")
    warm = min(WARM, events)
    committed: dict[str, float] = {}
    arrived: dict[str, float] = {}
    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest") as reader, relay:
        reading = asyncio.create_task(read(reader, arrived, warm + events))
        try:
            await keep_pace(write, committed, range(warm))
            async with metered(dsn, kafka=kafka, own=own) as meter:
                await keep_pace(write, committed, range(warm, warm + events))
                async with asyncio.timeout(60):
                    await reading
        finally:
            reading.cancel()
    return told(name, [(arrived[str(n)] - committed[str(n)]) * 1000 for n in range(warm, warm + events)], meter)


def told(name: str, waits: list[float], meter: Meter) -> Measured:
    details = percentiles(waits)
    costs = meter.costs(len(waits))
    return Measured(name, details["p50_ms"], len(waits), round(meter.seconds, 1), costs, details=details)


async def keep_pace(write: Write, committed: dict[str, float], numbers: range) -> None:
    began = time.perf_counter()
    for place, number in enumerate(numbers):
        ahead = began + place / PER_SECOND - time.perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        await write(number)
        committed[str(number)] = time.perf_counter()


async def read(reader: AIOKafkaConsumer, arrived: dict[str, float], events: int) -> None:
    while len(arrived) < events:
        for records in (await reader.getmany(timeout_ms=1000)).values():
            now = time.perf_counter()
            for record in records:
                arrived.setdefault(NoteWritten.from_bytes(record.value or b"").text, now)


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    yield


async def alone(events: int, *, with_debezium: bool) -> Result:
    async with local_backbone(own=True, postgres=debezium.postgres(capturing=with_debezium)) as backbone:
        return await measure(backbone, events, with_debezium=with_debezium)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=4_000)
    parser.add_argument("--debezium", action="store_true", help="beside Debezium's outbox router; takes a minute more")
    given = parser.parse_args()
    quieten()
    asyncio.run(alone(given.events, with_debezium=given.debezium)).print()


if __name__ == "__main__":
    main()
