"""The system under test, wired of the project's own parts as the four services are: writers, relays, consumers.

Whoever changes how a service is put together changes this file, and no other of the suite.
"""

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal
from uuid import UUID

import structlog
from sqlalchemy import text

from services.selection.permissions import PERMISSIONS
from shared import events
from shared.database import make_engine
from shared.database.backbone import create_backbone_v1, create_backbone_v2
from shared.database.engine import asyncpg_dsn
from shared.events import Event
from shared.logging import configure_logging
from shared.messaging import Listener
from shared.outbox import Relay, Wakeup
from shared.runtime import assemble
from shared.settings import Environment, Settings
from shared.work import Work, Works
from tests.chaos.history import History

log = structlog.get_logger(__name__)

HEARS = {"origin": (), "first": ("origin",), "second": ("origin", "first")}
"""Each service, and whose events it hears: two hops, and one that hears both."""

OVERSIZE_BYTES = 950_000
WRITERS_AT_ONCE = 4
PAUSE_SECONDS = 0.3


class EntryWritten(Event):
    """Something was written into a file; `chokes` names the services that must fail to handle it."""

    TYPE: ClassVar[str] = "io.datacity.test.entry-written.v1"
    SUBJECT: ClassVar[str] = "file_id"

    file_id: UUID
    write_id: str
    chokes: tuple[str, ...] = ()
    padding: str = ""


class EntryEchoed(Event):
    """The first hop handled an entry."""

    TYPE: ClassVar[str] = "io.datacity.test.entry-echoed.v1"
    SUBJECT: ClassVar[str] = "file_id"

    file_id: UUID
    write_id: str


for _event in (EntryWritten, EntryEchoed):
    events.EVENTS.setdefault(_event.TYPE, _event)


class Indigestible(Exception):
    """The event was poisoned for this service."""


class Refused(Exception):
    """The writer undoes what it did, as a rule that is checked late would."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one process is told: who it is and where the servers are."""

    seat: str
    role: Literal["writer", "relay", "consumer"]
    service: str
    database_url: str
    kafka: str
    topics: dict[str, str]
    log: Path
    history: Path | None = None
    """A writer's; the others have none."""
    seed: int = 0
    rate: float = 0.0
    files: tuple[str, ...] = ()
    budget: float = 20.0


def schema() -> list[str]:
    """The statements that make a service's tables, by its owner."""
    statements: list[str] = []

    class Collect:
        def execute(self, sqltext: str) -> None:
            statements.append(sqltext)

    create_backbone_v1(Collect())
    create_backbone_v2(Collect())
    return [
        *statements,
        "CREATE TABLE entry (write_id text PRIMARY KEY, file_id text NOT NULL)",
        # Nothing here keeps an effect from being left twice: that is the inbox's promise, and it is on trial.
        """
        CREATE TABLE effect (
            id bigserial PRIMARY KEY, topic text NOT NULL, event_id uuid NOT NULL, write_id text NOT NULL,
            left_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
        """,
    ]


async def write(
    works: Works,
    history: History,
    *,
    write_id: str,
    file_id: str,
    chokes: tuple[str, ...] = (),
    padding: int = 0,
    refused: bool = False,
) -> bool:
    """Write state and event in one transaction, and into the history what was meant and how it ended."""
    history.meant(write_id, key=file_id, chokes=chokes, oversize=padding >= OVERSIZE_BYTES, refused=refused)
    try:
        async with works.begin() as work:
            await (await work.session.connection()).execute(
                text("INSERT INTO entry (write_id, file_id) VALUES (:id, :file)"), {"id": write_id, "file": file_id}
            )
            work.publish(EntryWritten(file_id=UUID(file_id), write_id=write_id, chokes=chokes, padding="x" * padding))
            if refused:
                await work.flush()
                raise Refused
    except Refused:
        return False
    except Exception as fault:
        history.failed(write_id, type(fault).__name__)
        return False
    history.acknowledged(write_id)
    return True


def listener(service: str, topics: dict[str, str]) -> Listener:
    """Leaves a row for each event, and tells of it in an event of its own if somebody hears that."""
    listens = Listener(service)

    async def leave_effect(event: EntryWritten | EntryEchoed, work: Work) -> None:
        cause = work.cause
        if cause is None:
            raise RuntimeError(event.write_id)
        await (await work.session.connection()).execute(
            text("INSERT INTO effect (topic, event_id, write_id) VALUES (:topic, :event, :write)"),
            {"topic": cause.topic, "event": cause.id, "write": event.write_id},
        )
        if isinstance(event, EntryWritten) and service in event.chokes:
            raise Indigestible(event.write_id)
        if service == "first":
            work.publish(EntryEchoed(file_id=event.file_id, write_id=event.write_id))

    listens.to(*(topics[publisher] for publisher in HEARS[service]))(leave_effect)
    return listens


def play(part: Part) -> None:
    """What each process runs, from its first line to its last."""
    output = os.open(part.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    configure_logging(part.seat, stream=sys.stderr)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_play(part))


async def _play(part: Part) -> None:
    loop = asyncio.get_running_loop()
    leaving = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, leaving.set)
    role = asyncio.create_task({"writer": _write, "relay": _relay, "consumer": _consume}[part.role](part, leaving))
    watch = asyncio.create_task(_end_with(os.getppid()))
    leaves = asyncio.create_task(leaving.wait())
    log.info("process_started", pid=os.getpid())
    await asyncio.wait([role, leaves], return_when=asyncio.FIRST_COMPLETED)
    if part.role != "writer":
        role.cancel()
    await asyncio.wait([role])
    watch.cancel()
    if not role.cancelled():
        role.result()


async def _end_with(parent: int) -> None:
    """A run that was killed must not leave us behind."""
    while os.getppid() == parent:  # noqa: ASYNC110  nobody tells us
        await asyncio.sleep(1)
    os._exit(1)


async def _write(part: Part, leaving: asyncio.Event) -> None:
    """An API under load: writes of its own choice, several at a time."""
    engine = make_engine(part.database_url, service=part.service)
    works = Works(engine, service=part.service, topic=part.topics[part.service])
    if part.history is None:
        raise ValueError(part.seat)
    with History(part.history) as history:

        async def keep_writing(number: int) -> None:
            dice = random.Random(f"{part.seed}/{number}")
            written = 0
            while not leaving.is_set():
                written += 1
                heard_back = await write(
                    works,
                    history,
                    write_id=f"{part.seat}/{part.seed}/{number}/{written}",
                    file_id=dice.choice(part.files),
                    padding=dice.randrange(1500),
                    refused=dice.random() < 0.03,
                )
                with contextlib.suppress(TimeoutError):
                    pause = dice.expovariate(part.rate / WRITERS_AT_ONCE)
                    await asyncio.wait_for(leaving.wait(), pause if heard_back else pause + PAUSE_SECONDS)

        await asyncio.gather(*(keep_writing(number) for number in range(WRITERS_AT_ONCE)))
    await engine.dispose()


async def _relay(part: Part, leaving: asyncio.Event) -> None:
    del leaving
    wakeup = Wakeup()
    await Relay(service=part.service, dsn=asyncpg_dsn(part.database_url), kafka=part.kafka, wakeup=wakeup).run()


async def _consume(part: Part, leaving: asyncio.Event) -> None:
    """A service's worker, whole: its consumer, its relay, and whatever else `assemble` gives it."""
    settings = Settings(
        environment=Environment.DEVELOPMENT,
        kafka=part.kafka,
        database_url=part.database_url,
        issuer="http://127.0.0.1:9",
        handling_budget_seconds=part.budget,
    )
    app = assemble(
        part.service,
        settings,
        role="worker",
        topic=part.topics[part.service],
        listener=listener(part.service, part.topics),
        permissions=PERMISSIONS,
        routers=[],
    )
    async with app.router.lifespan_context(app):
        await leaving.wait()
    log.info("process_left", seconds=time.process_time())
