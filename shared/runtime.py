"""Assembles one service from its parts: engine, API, relay, consumer, jobs; and what starts and stops with the app."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Literal

import structlog
from fastapi import APIRouter, FastAPI
from sqlalchemy import MetaData

from shared import clock, gauges, tracing
from shared.database import make_engine, ping
from shared.database.engine import asyncpg_dsn
from shared.http import create_app
from shared.http.idempotency import forget_old_keys
from shared.identity import PermissionTable
from shared.messaging import Consumer, Handling, Listener, Retrier
from shared.operations import operations_router
from shared.outbox import Relay, Wakeup
from shared.personal import Register
from shared.personal.expiring import expire_personal_data
from shared.personal.repeating import tell_tombstones_again
from shared.settings import Settings
from shared.work import Works

log = structlog.get_logger(__name__)

Role = Literal["all", "api", "worker"]
Job = Callable[[Works, Settings], Awaitable[None]]
"""A loop that runs for as long as its process lives, safe beside a second one of its kind."""


class NotReady(Exception):
    """A part of the worker has not connected, or has stopped."""


def assemble(
    service: str,
    settings: Settings,
    *,
    role: Role = "all",
    topic: str,
    listener: Listener,
    permissions: PermissionTable,
    routers: Sequence[APIRouter],
    jobs: Sequence[Job] = (),
    serving_jobs: Sequence[Job] = (),
    metadata: MetaData | None = None,
    register: Register | None = None,
    **options: Any,
) -> FastAPI:
    """The service as an ASGI app. Nothing is opened before its lifespan begins.

    `api` serves, and runs the serving jobs; `worker` relays, consumes and runs the jobs; `all` is both in one process.
    An API process leaves the relay to the worker, whose poll finds what it commits.
    """
    clock.check_tzdata()
    url = settings.database_url.get_secret_value()
    engine = make_engine(url, service=service)
    wakeup = Wakeup()
    works = Works(engine, service=service, topic=topic, wakeup=wakeup)
    handling = Handling(listener, works, budget_seconds=settings.handling_budget_seconds)
    relay = Relay(
        service=service,
        dsn=asyncpg_dsn(url),
        kafka=settings.kafka,
        wakeup=wakeup,
        longest_poll=settings.relay_poll_seconds,
        largest_record=settings.largest_record_bytes,
    )
    consumer = Consumer(
        handling,
        kafka=settings.kafka,
        session_seconds=settings.consumer_session_seconds,
        stuck_seconds=settings.consumer_stuck_seconds,
    )
    retrier = Retrier(handling)

    async def database_answers() -> None:
        await ping(engine)

    async def relay_is_connected() -> None:
        if not relay.connected:
            raise NotReady("the relay is not connected to Kafka and the database yet")

    async def consumer_makes_progress() -> None:
        consumer.check()

    checks: dict[str, Callable[[], Awaitable[None]]] = {"database": database_answers}
    if role != "api":
        checks |= {"relay": relay_is_connected, "consumer": consumer_makes_progress}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tracing.start(
            service, endpoint=settings.otlp_endpoint, sampled=settings.traces_sampled, build=settings.revision
        )
        gauges.describe(service, role=role, revision=settings.revision, engine=engine)
        loops: dict[str, Callable[[], Awaitable[None]]] = {"watch_loop": partial(gauges.watch_loop, service)}
        if role != "api":
            loops |= {
                "relay": relay.run,
                "consumer": consumer.run,
                "retrier": retrier.run,
                "keep_gauges": partial(gauges.keep_gauges, service, engine),
                "forget_old_keys": partial(forget_old_keys, works),
                "tell_tombstones_again": partial(tell_tombstones_again, works),
            }
            if register is not None:
                loops["expire_personal_data"] = partial(expire_personal_data, works, register)
        beside = [*(jobs if role != "api" else ()), *(serving_jobs if role != "worker" else ())]
        for job in beside:
            loops[getattr(job, "__name__", repr(job))] = partial(job, works, settings)
        tasks = [asyncio.create_task(_keep_running(name, loop), name=name) for name, loop in loops.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await tracing.stop(service)
            await engine.dispose()

    app = create_app(
        service,
        settings=settings,
        works=works,
        permissions=permissions,
        routers=[
            *routers,
            operations_router(
                service,
                permissions=permissions,
                handling=handling,
                tables=list(metadata.tables.values()) if metadata else (),
                register=register,
            ),
        ],
        checks=checks,
        lifespan=lifespan,
        **options,
    )
    app.state.handling = handling
    return app


async def _keep_running(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    """Run a loop again whenever it ends by a fault: one bad moment must not leave a service half alive."""
    pause = 0.5
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await loop()
        except Exception as fault:
            log.error("loop_restarted", loop=name, error=type(fault).__name__, exc_info=fault)
        if asyncio.get_running_loop().time() - started > 60:
            pause = 0.5
        await asyncio.sleep(pause)
        pause = min(pause * 2, 10.0)
