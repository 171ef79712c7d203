"""The engine of one service's database."""

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def make_engine(url: str, *, service: str, pool_size: int = 10) -> AsyncEngine:
    """An engine that opens nothing yet, and that notices connections which died while they were idle.

    Parameters never reach the log: they may hold what people wrote.
    """
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_timeout=10,
        hide_parameters=True,
        connect_args={
            "timeout": 10,
            "command_timeout": 60,
            "server_settings": {"application_name": f"datacity-{service}", "timezone": "UTC"},
        },
    )


def asyncpg_dsn(url: str) -> str:
    """The same database, as asyncpg itself takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def ping(engine: AsyncEngine) -> None:
    """Raises if the database does not answer."""
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
