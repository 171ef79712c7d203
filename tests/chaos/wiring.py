"""The system under test, wired of the project's own parts as the four services are: APIs, relays, workers, callers.

Whoever changes how a service is put together changes this file, and no other of the suite.
"""

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text

from infra.local.ports import HOST, is_free
from shared.database.backbone import create_backbone_v1, create_backbone_v2, create_backbone_v3
from shared.database.engine import asyncpg_dsn
from shared.logging import configure_logging
from shared.messaging import Listener
from shared.outbox import Relay, Wakeup
from shared.runtime import assemble
from shared.settings import Environment, Settings
from shared.work import Work
from tests.chaos.calling import keep_writing
from tests.chaos.entries import PERMISSIONS, EntryEchoed, EntryWritten, entries_router
from tests.chaos.history import History

log = structlog.get_logger(__name__)

HEARS = {"origin": (), "first": ("origin",), "second": ("origin", "first")}
"""Each service, and whose events it hears: two hops, and one that hears both."""


Role = Literal["api", "relay", "worker", "client"]


class Indigestible(Exception):
    """The event was poisoned for this service."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one process is told: who it is and where the servers are."""

    seat: str
    role: Role
    service: str
    database_url: str
    kafka: str
    topics: dict[str, str]
    log: Path
    port: int = 0
    """Where an API listens."""
    budget: float = 20.0
    session: float = 15.0
    """A worker's patience: with a failing event, and Kafka's with its silence."""
    history: Path | None = None
    apis: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    rate: float = 0.0
    seed: int = 0
    """A client's: where it writes down what it does, whom it asks, for what, how often, and the luck it has."""


def schema() -> list[str]:
    """The statements that make a service's tables, by its owner."""
    statements: list[str] = []

    class Collect:
        def execute(self, sqltext: str) -> None:
            statements.append(sqltext)

    create_backbone_v1(Collect())
    create_backbone_v2(Collect())
    create_backbone_v3(Collect())
    return [
        *statements,
        # Nothing here keeps a write from being done twice, nor an effect from being left twice: that is what
        # idempotency keys and the inbox promise, and they are on trial.
        "CREATE TABLE entry (write_id text NOT NULL, file_id text NOT NULL)",
        """
        CREATE TABLE effect (
            id bigserial PRIMARY KEY, topic text NOT NULL, event_id uuid NOT NULL, write_id text NOT NULL,
            left_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
        """,
    ]


def listener(service: str, topics: dict[str, str], *, mended: bool = False) -> Listener:
    """Leaves a row for each event, and tells of it in an event of its own if somebody hears that.

    Chokes on what was poisoned for it, unless it is `mended`.
    """
    listens = Listener(service)

    async def leave_effect(event: object, work: Work) -> None:
        if not isinstance(event, EntryWritten | EntryEchoed):
            return  # what operators do is told on the same topics
        cause = work.cause
        if cause is None:
            raise RuntimeError(event.write_id)
        await (await work.session.connection()).execute(
            text("INSERT INTO effect (topic, event_id, write_id) VALUES (:topic, :event, :write)"),
            {"topic": cause.topic, "event": cause.id, "write": event.write_id},
        )
        if isinstance(event, EntryWritten) and service in event.chokes and not mended:
            raise Indigestible(event.write_id)
        if service == "first":
            work.publish(EntryEchoed(file_id=event.file_id, write_id=event.write_id))

    if HEARS[service]:
        listens.to(*(topics[publisher] for publisher in HEARS[service]))(leave_effect)
    return listens


def play(part: Part) -> None:
    """What each process runs, from its first line to its last."""
    output = os.open(part.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(output, stream)
    configure_logging(part.seat, stream=sys.stderr)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_play(part))


async def _play(part: Part) -> None:
    leaving = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leaving.set)
    plays = {"api": _serve, "relay": _relay, "worker": _work, "client": _call}
    role = asyncio.create_task(plays[part.role](part, leaving))
    watch = asyncio.create_task(_end_with(os.getppid()))
    log.info("process_started", pid=os.getpid())
    await asyncio.wait([role])
    watch.cancel()
    role.result()


async def _end_with(parent: int) -> None:
    """A run that was killed must not leave us behind."""
    while os.getppid() == parent:  # noqa: ASYNC110  nobody tells us
        await asyncio.sleep(1)
    os._exit(1)


async def _serve(part: Part, leaving: asyncio.Event) -> None:
    """A service's API, whole."""
    del leaving  # uvicorn takes the signal itself
    async with asyncio.timeout(10):
        while not is_free(part.port):  # noqa: ASYNC110  whom it belonged to was killed in this moment
            await asyncio.sleep(0.02)
    config = uvicorn.Config(_app(part, "api"), host=HOST, port=part.port, log_config=None, lifespan="on")
    await uvicorn.Server(config).serve()


async def _relay(part: Part, leaving: asyncio.Event) -> None:
    relay = Relay(service=part.service, dsn=asyncpg_dsn(part.database_url), kafka=part.kafka, wakeup=Wakeup())
    relaying = asyncio.create_task(relay.run())
    leaves = asyncio.create_task(leaving.wait())
    await asyncio.wait([relaying, leaves], return_when=asyncio.FIRST_COMPLETED)
    relaying.cancel()
    leaves.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await relaying


async def _work(part: Part, leaving: asyncio.Event) -> None:
    """A service's worker, whole: its consumer, its relay, its retrier, and whatever else `assemble` gives it."""
    app = _app(part, "worker")
    async with app.router.lifespan_context(app):
        await leaving.wait()


async def _call(part: Part, leaving: asyncio.Event) -> None:
    if part.history is None:
        raise ValueError(part.seat)
    with History(part.history) as history:
        await keep_writing(
            history,
            name=f"{part.seat}/{part.seed}",
            apis=part.apis,
            files=part.files,
            rate=part.rate,
            leaving=leaving,
        )


def _app(part: Part, role: Literal["api", "worker"]) -> FastAPI:
    settings = Settings(
        environment=Environment.DEVELOPMENT,
        kafka=part.kafka,
        database_url=part.database_url,
        issuer="http://127.0.0.1:9",
        rate_limit_per_minute=0,
        handling_budget_seconds=part.budget,
        consumer_session_seconds=part.session,
    )
    return assemble(
        part.service,
        settings,
        role=role,
        topic=part.topics[part.service],
        listener=listener(part.service, part.topics),
        permissions=PERMISSIONS,
        routers=[entries_router()] if role == "api" else [],
    )
