"""The engine of one service's database."""

import time
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

IDLE_SECONDS = 1.0
"""A connection that was idle for longer is asked whether it still answers; three round trips, so not each time."""

_RETURNED = "datacity.returned"


def make_engine(url: str, *, service: str, pool_size: int = 10) -> AsyncEngine:
    """An engine that opens nothing yet, and that notices connections which died while they were idle.

    Parameters never reach the log: they may hold what people wrote.
    """
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        hide_parameters=True,
        connect_args={
            "timeout": 10,
            "command_timeout": 60,
            "server_settings": {"application_name": f"datacity-{service}", "timezone": "UTC"},
        },
    )
    _refuse_dead_connections(engine)
    return engine


def _refuse_dead_connections(engine: AsyncEngine) -> None:
    """Let the pool hand out another connection for one that was closed, or that no longer answers.

    A server that goes away closes its sockets, which the driver hears without asking; what it can't hear is a network
    that went silent, so after a rest the connection is asked.
    """
    dialect = engine.dialect

    @event.listens_for(engine.sync_engine, "checkin")
    def returned(_connection: Any, record: Any) -> None:
        record.info[_RETURNED] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def taken(connection: Any, record: Any, _proxy: Any) -> None:
        since = record.info.get(_RETURNED)
        if since is None:
            return
        if connection.driver_connection.is_closed():
            raise DisconnectionError
        if time.monotonic() - since < IDLE_SECONDS:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as silent:
            raise DisconnectionError from silent


def asyncpg_dsn(url: str) -> str:
    """The same database, as asyncpg itself takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def ping(engine: AsyncEngine) -> None:
    """Raises if the database does not answer."""
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
