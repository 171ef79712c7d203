"""Alembic for one service: `services/NAME/migrations` against that service's database, as the owner role."""

from pathlib import Path

from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, pool
from sqlalchemy.ext.asyncio import create_async_engine

SERVICES = Path(__file__).resolve().parents[2] / "services"


def config_for(service: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SERVICES / service / "migrations"))
    return config


async def upgrade(service: str, url: str) -> None:
    """Bring the database up to this code's newest version; a database that is there already is left as it is.

    Two at once take turns, by an advisory lock.
    """
    engine = create_async_engine(url, poolclass=pool.NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, service)
    finally:
        await engine.dispose()


async def current(service: str, url: str) -> tuple[str | None, str | None]:
    """The database's version and this code's; equal when there is nothing to migrate."""
    engine = create_async_engine(url, poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())
    finally:
        await engine.dispose()
    return found, ScriptDirectory.from_config(config_for(service)).get_current_head()


def _upgrade(connection: Connection, service: str) -> None:
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('datacity-migrate'))")
    config = config_for(service)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def run(metadata: MetaData) -> None:
    """What each service's `migrations/env.py` calls; the connection comes from `upgrade`."""
    connection = context.config.attributes.get("connection")
    if connection is None:
        message = "Run `datacity migrate SERVICE`: it knows the database and takes the lock."
        raise RuntimeError(message)
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
