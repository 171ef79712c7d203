"""A service with no business: a real database with the backbone's tables, an effect to count, and topics of its own."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import text

from shared import events
from shared.database import make_engine
from shared.database.backbone import create_backbone_v1, create_backbone_v2, create_backbone_v3
from shared.database.engine import asyncpg_dsn
from shared.events import Envelope, Event, encode_headers
from shared.messaging import Handling, Listener
from shared.outbox import Relay
from shared.work import Work, Works
from tests.support.stack import Backbone

BACKBONE_TABLES = frozenset(
    {
        "aggregate_head", "event_log", "outbox_pending", "outbox_shard", "outbox_relay", "outbox_parked",
        "inbox", "inbox_head", "quarantine", "idempotency_keys", "tombstone", "alembic_version",
        "web_session", "web_sign_in",
    }
)  # fmt: skip
"""What every service's database has beside the tables of its models."""


class NoteWritten(Event):
    """An event that no service knows: something was noted about a subject."""

    TYPE: ClassVar[str] = "io.datacity.test.note-written.v1"
    SUBJECT: ClassVar[str] = "subject_id"

    subject_id: UUID
    text: str


events.EVENTS.setdefault(NoteWritten.TYPE, NoteWritten)


@dataclass
class Rig:
    """The parts of a service, wired as `shared.runtime` wires them."""

    name: str
    topic: str
    kafka: str
    dsn: str
    owner_dsn: str
    works: Works

    def listener(self, on_note: Callable[[NoteWritten, Work], Awaitable[None]] | None = None) -> Listener:
        """Hears the rig's own topic; by default each note leaves a row in `effect`."""
        listens = Listener(self.name)

        async def leave_effect(event: Event, work: Work) -> None:
            if not isinstance(event, NoteWritten):
                return  # what operators do is told on the same topic
            if on_note:
                await on_note(event, work)
            await (await work.session.connection()).execute(
                text("INSERT INTO effect (subject, note) VALUES (:subject, :note)"),
                {"subject": str(event.subject_id), "note": event.text},
            )

        listens.to(self.topic)(leave_effect)
        return listens

    def handling(
        self, on_note: Callable[[NoteWritten, Work], Awaitable[None]] | None = None, *, budget: float = 0.3
    ) -> Handling:
        """By default what fails waits for a person almost at once."""
        return Handling(self.listener(on_note), self.works, budget_seconds=budget, patience_seconds=0.1)

    def relay(self, **options: Any) -> Relay:
        return Relay(service=self.name, dsn=self.dsn, kafka=self.kafka, wakeup=self.works.wakeup, **options)

    async def note(self, subject: UUID, *texts: str) -> None:
        async with self.works.begin() as work:
            for each in texts:
                work.publish(NoteWritten(subject_id=subject, text=each))

    async def scalar(self, sql: str, **values: Any) -> Any:
        async with self.works.engine.connect() as connection:
            return (await connection.execute(text(sql), values)).scalar()

    async def effects(self) -> list[tuple[str, str]]:
        async with self.works.engine.connect() as connection:
            rows = await connection.execute(text("SELECT subject, note FROM effect ORDER BY id"))
            return [(row.subject, row.note) for row in rows]

    async def told(self) -> dict[str, list[str]]:
        """Subject → the notes that had an effect, in its order; one that had two is there twice."""
        found: dict[str, list[str]] = {}
        for subject, note in await self.effects():
            found.setdefault(subject, []).append(note)
        return found

    async def send(self, *envelopes: Envelope) -> None:
        """Publish records past the outbox, as a faulty or repeating relay would."""
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        await producer.start()
        try:
            for envelope in envelopes:
                await producer.send_and_wait(
                    self.topic,
                    value=envelope.value,
                    key=envelope.key.encode(),
                    headers=encode_headers(envelope.headers()),
                )
        finally:
            await producer.stop()

    async def records(self, count: int, *, seconds: float = 20) -> list[Any]:
        """The first `count` records of the topic. Raises TimeoutError if they don't come."""
        consumer = AIOKafkaConsumer(self.topic, bootstrap_servers=self.kafka, auto_offset_reset="earliest")
        await consumer.start()
        found: list[Any] = []
        try:
            async with asyncio.timeout(seconds):
                while len(found) < count:
                    for batch in (await consumer.getmany(timeout_ms=200)).values():
                        found.extend(batch)
        finally:
            await consumer.stop()
        return found


@asynccontextmanager
async def rig(backbone: Backbone, *, tables: Sequence[str] = (), partitions: int = 12) -> AsyncIterator[Rig]:
    """A fresh database and topic, taken away afterwards; `tables` are the statements that make more of them."""
    database = await backbone.fresh_database("selection")
    topic = await backbone.topic(partitions=partitions)
    owner = await asyncpg.connect(asyncpg_dsn(database.owner_url))
    statements: list[str] = []

    class Collect:
        def execute(self, sqltext: str) -> None:
            statements.append(sqltext)

    create_backbone_v1(Collect())
    create_backbone_v2(Collect())
    create_backbone_v3(Collect())
    for statement in [*statements, *tables]:
        await owner.execute(statement)
    await owner.execute("CREATE TABLE effect (id bigserial PRIMARY KEY, subject text NOT NULL, note text NOT NULL)")
    await owner.close()
    name = f"rig-{uuid.uuid4().hex[:8]}"
    engine = make_engine(database.runtime_url, service=name)
    try:
        yield Rig(
            name=name,
            topic=topic,
            kafka=backbone.kafka,
            dsn=asyncpg_dsn(database.runtime_url),
            owner_dsn=asyncpg_dsn(database.owner_url),
            works=Works(engine, service=name, topic=topic),
        )
    finally:
        await engine.dispose()
        await backbone.drop_database(database)


@asynccontextmanager
async def running(*loops: Awaitable[None]) -> AsyncIterator[None]:
    """Run loops that never end by themselves, for the length of a block; a fault in one is raised at its end."""
    tasks = [asyncio.ensure_future(loop) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 20, what: str = "the condition") -> None:
    """Ask again and again, for at most `seconds`. Raises AssertionError naming what never came true."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not await condition():
        if loop.time() > end:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        await asyncio.sleep(0.02)
