"""The pool hands out no connection that died while it was idle, and asks only those that rested whether they did."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import engine as engines
from shared.database import make_engine
from shared.database.engine import asyncpg_dsn
from tests.support.stack import Backbone


@pytest.fixture
async def database(backbone: Backbone) -> AsyncIterator[str]:
    made = await backbone.fresh_database("selection")
    yield made.runtime_url
    await backbone.drop_database(made)


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    made = make_engine(database, service="pooled", pool_size=1)
    yield made
    await made.dispose()


@pytest.fixture
def pings(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every connection that was asked whether it answers."""
    asked: list[Any] = []
    ping = engine.dialect.do_ping

    def noted(connection: Any) -> bool:
        asked.append(connection)
        return ping(connection)

    monkeypatch.setattr(engine.dialect, "do_ping", noted)
    return asked


async def backend(engine: AsyncEngine) -> int:
    """The server's process behind the connection that the pool hands out now."""
    async with engine.connect() as connection:
        return int((await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one())


async def end(database: str, pid: int) -> None:
    """End that process, and return once it is gone."""
    other = await asyncpg.connect(asyncpg_dsn(database))
    try:
        assert await other.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
    finally:
        await other.close()


async def test_one_that_was_just_used_is_not_asked(engine: AsyncEngine, pings: list[Any]) -> None:
    first = await backend(engine)

    assert await backend(engine) == first
    assert pings == []


async def test_one_that_rested_is_asked(engine: AsyncEngine, pings: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "IDLE_SECONDS", 0)
    first = await backend(engine)

    assert await backend(engine) == first
    assert len(pings) == 1


async def test_one_whose_session_was_ended_is_replaced_without_being_asked(
    engine: AsyncEngine, database: str, pings: list[Any]
) -> None:
    first = await backend(engine)
    await end(database, first)

    assert await backend(engine) != first
    assert pings == []


async def test_one_that_rested_and_no_longer_answers_is_replaced(
    engine: AsyncEngine, database: str, pings: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "IDLE_SECONDS", 0)
    first = await backend(engine)
    await end(database, first)
    monkeypatch.setattr(asyncpg.Connection, "is_closed", lambda _: False)  # as if the driver had not heard of it

    assert await backend(engine) != first
    assert len(pings) == 1
