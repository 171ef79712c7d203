"""Consumer: events a second with inbox and state change, exactly once, beside FastStream's plain consumer.

    .venv/bin/python -m benchmarks.consumer [--events 40000]

Ours takes each event in (inbox, heads, gaps), decodes it, and changes state once per event, PostgreSQL with fsync on.
Two kinds of handler are measured: one that adds a row by the ORM (`work.session.add`), as most of ours do, and one that
sends an UPSERT of its own for each event. The reference only takes the same records from Kafka, one handler call each,
with FastStream's own defaults.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from uuid import UUID, uuid4

import asyncpg
from faststream.kafka import KafkaBroker
from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from benchmarks.relay import FILL
from shared.database import NAMING
from shared.database import Table as SharedTable
from shared.messaging import Consumer, Handling, Listener
from shared.work import Work
from tests.support.backbone import NoteWritten, Rig, rig, running, until
from tests.support.stack import Backbone, local_backbone

KEYS = 200

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


@dataclass(frozen=True)
class Result:
    events: int
    add_per_second: float
    upsert_per_second: float
    faststream_plain_per_second: float
    add_to_plain: float


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


async def measure(events: int) -> Result:
    """Time each of our handlers on a database and a topic of its own, and the plain consumer on one of the topics."""
    async with local_backbone() as backbone:
        async with filled(backbone, events) as service:
            added = await ours(service, add_row, "SELECT count(*) FROM bench_note", events)
        async with filled(backbone, events) as service:
            upserted = await ours(service, upsert_row, "SELECT sum(notes) FROM bench_count", events)
            plain = await faststream_plain(service, events)
        return Result(events, events / added, events / upserted, events / plain, plain / added)


@asynccontextmanager
async def filled(backbone: Backbone, events: int) -> AsyncIterator[Rig]:
    """A service whose topic holds so many events, of 200 subjects in turn."""
    async with rig(backbone, tables=TABLES) as service:
        connection = await asyncpg.connect(service.dsn)
        subjects = [str(uuid4()) for _ in range(KEYS)]
        value = NoteWritten(subject_id=uuid4(), text="x" * 200).to_bytes()
        await connection.execute(FILL, service.topic, NoteWritten.TYPE, subjects, value, events // KEYS)
        await connection.close()
        async with running(service.relay().run()):
            await until(lambda: relayed(service), seconds=600, what="an empty outbox")
        yield service


async def relayed(service: Rig) -> bool:
    return not await service.scalar("SELECT EXISTS (SELECT 1 FROM outbox_pending)")


async def ours(
    service: Rig, handler: Callable[[NoteWritten, Work], Awaitable[None]], effects: str, events: int
) -> float:
    """Seconds from the consumer's start to the last effect."""
    connection = await asyncpg.connect(service.dsn)
    listens = Listener(service.name)
    listens.to(service.topic)(handler)

    async def done() -> bool:
        return bool(await connection.fetchval(f"SELECT ({effects}) = $1", events))

    began = time.perf_counter()
    async with running(Consumer(Handling(listens, service.works), kafka=service.kafka).run()):
        await until(done, seconds=600, what="the last effect")
        seconds = time.perf_counter() - began
    assert await connection.fetchval("SELECT count(*) FROM inbox") == events
    await connection.close()
    return seconds


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
    parser.add_argument("--events", type=int, default=40_000)
    result = asyncio.run(measure(parser.parse_args().events))
    json.dump(asdict(result), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
