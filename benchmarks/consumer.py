"""Consumer: events a second with inbox and state change, exactly once, beside FastStream's plain consumer.

    datacity bench consumer [--events 40000]

Ours takes each event in (inbox, heads, gaps), decodes it, and changes state once per event, PostgreSQL with fsync on.
Two kinds of handler are measured: one that adds a row by the ORM (`work.session.add`), as most of ours do, and one that
sends an UPSERT of its own for each event. The reference only takes the same records from Kafka, one handler call each,
with FastStream's own defaults.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
from faststream.kafka import KafkaBroker
from prometheus_client import REGISTRY
from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from benchmarks.filling import Filled, fill
from benchmarks.measuring import Measured, Result, Target, metered, quieten, tell
from benchmarks.reading import NotAsWritten
from benchmarks.relay import is_relayed
from shared.database import NAMING
from shared.database import Table as SharedTable
from shared.messaging import Consumer, Handling, Listener
from shared.work import Work
from tests.support.backbone import NoteWritten, Rig, rig, running, until
from tests.support.stack import Backbone, local_backbone

PATIENCE = 1800.0

TABLES = (
    "CREATE TABLE bench_note (id uuid PRIMARY KEY, version integer NOT NULL, subject_id uuid NOT NULL, text text)",
    "CREATE TABLE bench_count (id uuid PRIMARY KEY, version integer NOT NULL, notes integer NOT NULL, text text)",
)


class Table(SharedTable):
    metadata = MetaData(naming_convention=NAMING)


class BenchNote(Table, table=True):
    __tablename__ = "bench_note"

    subject_id: UUID
    text: str


class BenchCount(Table, table=True):
    """As many notes as were written about the subject, which is its id."""

    __tablename__ = "bench_count"

    notes: int
    text: str


async def add_row(event: NoteWritten, work: Work) -> None:
    work.session.add(BenchNote(subject_id=event.subject_id, text=event.text))


async def upsert_row(event: NoteWritten, work: Work) -> None:
    row = insert(BenchCount).values(id=event.subject_id, version=1, notes=1, text=event.text)
    await work.session.exec(
        row.on_conflict_do_update(
            index_elements=["id"],
            set_={"version": col(BenchCount.version) + 1, "notes": col(BenchCount.notes) + 1, "text": event.text},
        )
    )


async def measure(backbone: Backbone, events: int) -> Result:
    """Time each of our handlers on a database and a topic of its own, and the plain consumer on one of the topics."""
    async with published(backbone, events) as (service, filled):
        added = await ours("ours, a row added", service, add_row, "SELECT count(*) FROM bench_note", filled.events)
    async with published(backbone, events) as (service, filled):
        upserted = await ours(
            "ours, an UPSERT each", service, upsert_row, "SELECT sum(notes) FROM bench_count", filled.events
        )
        plain = await faststream_plain(service, filled.events)
    settings = {"events": filled.events, "keys": len(filled.keys), "value_bytes": len(filled.value), "partitions": 12}
    targets = [
        Target("consumer, a row added, events/s", added.value, 4_000),
        Target("consumer, an UPSERT each, events/s", upserted.value, 4_000),
    ]
    return Result("consumer", "events/s", settings, [added, upserted, plain], targets)


@asynccontextmanager
async def published(backbone: Backbone, events: int) -> AsyncIterator[tuple[Rig, Filled]]:
    """A service whose topic holds so many events, of 200 subjects in turn."""
    async with rig(backbone, tables=TABLES) as service:
        filled = await fill(service, events)
        connection = await asyncpg.connect(service.dsn)
        try:
            async with running(service.relay().run()):
                await until(
                    lambda: is_relayed(service, filled.events, connection), seconds=PATIENCE, what="an empty outbox"
                )
        finally:
            await connection.close()
        yield service, filled


async def ours(
    name: str, service: Rig, handler: Callable[[NoteWritten, Work], Awaitable[None]], effects: str, events: int
) -> Measured:
    """From the consumer's start, its joining of the group included, to the last effect."""
    tell(f"  {name}")
    listens = Listener(service.name)
    listens.to(service.topic)(handler)
    consumer = Consumer(Handling(listens, service.works), kafka=service.kafka)
    async with metered(service.dsn, kafka=service.kafka) as meter:
        began = time.perf_counter()
        async with running(consumer.run()):
            # What it counts, since a question to the database would cost it something.
            await until(lambda: has_handled(service, events), seconds=PATIENCE, what="the last effect")
            meter.seconds = time.perf_counter() - began
    found = (await service.scalar(effects), await service.scalar("SELECT count(*) FROM inbox"))
    if found != (events, events):
        message = f"{events} events were to be handled; effects and rows of the inbox: {found}"
        raise NotAsWritten(message)
    rate, costs = round(events / meter.seconds, 1), meter.costs(events)
    return Measured(name, rate, events, round(meter.seconds, 3), costs, note="each event's effect once")


async def has_handled(service: Rig, events: int) -> bool:
    labels = {"service": service.name, "topic": service.topic, "outcome": "handled"}
    return (REGISTRY.get_sample_value("datacity_events_handled_total", labels) or 0) >= events


async def faststream_plain(service: Rig, events: int) -> Measured:
    """Until a FastStream subscriber was called once per record."""
    name = "FastStream, plain"
    tell(f"  {name}")
    broker = KafkaBroker(service.kafka, logger=None)
    done, seen = asyncio.Event(), 0

    async def count(_: bytes) -> None:
        nonlocal seen
        seen += 1
        if seen == events:
            done.set()

    broker.subscriber(service.topic, group_id=f"{service.name}-plain", auto_offset_reset="earliest")(count)
    async with metered(service.dsn, kafka=service.kafka) as meter:
        began = time.perf_counter()
        await broker.start()
        try:
            async with asyncio.timeout(PATIENCE):
                await done.wait()
            meter.seconds = time.perf_counter() - began
        finally:
            await broker.stop()
    rate, costs = round(events / meter.seconds, 1), meter.costs(events)
    return Measured(name, rate, events, round(meter.seconds, 3), costs, note="stores nothing; may lose events")


async def alone(events: int) -> Result:
    async with local_backbone(own=True) as backbone:
        return await measure(backbone, events)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=40_000)
    given = parser.parse_args()
    quieten()
    asyncio.run(alone(given.events)).print()


if __name__ == "__main__":
    main()
