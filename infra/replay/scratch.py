"""An empty database to rebuild into: one that somebody names, or one made for the purpose and dropped afterwards."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from infra.local.problems import LocalProblem
from infra.provision import LOCK, Passwords, ServiceDatabase, plain, provision_service, runtime_of
from infra.replay.live import connect

FILLED_BY_MIGRATIONS = {"alembic_version", "outbox_shard"}


@dataclass(frozen=True)
class Maker:
    """Who may make databases, and the passwords that the service's two roles have there already."""

    admin_url: str
    passwords: Passwords


@asynccontextmanager
async def scratch(service: str, maker: Maker, *, keep: bool) -> AsyncIterator[ServiceDatabase]:
    """A migrated database of the service's own roles, beside its living one."""
    name = f"{runtime_of(service)}_replay_{secrets.token_hex(4)}"
    admin = await connect(maker.admin_url)
    made: ServiceDatabase | None = None
    try:
        await admin.execute("SELECT pg_advisory_lock($1)", LOCK)
        made = await provision_service(admin, maker.admin_url, service, maker.passwords, database=name)
        await admin.execute("SELECT pg_advisory_unlock($1)", LOCK)
        await _migrate(service, made.owner_url)
        yield made
    finally:
        if made is None or not keep:
            await asyncio.shield(admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        await admin.close()


async def named(service: str, url: str) -> ServiceDatabase:
    """The database at this URL, migrated. Raises LocalProblem if there is anything in it."""
    from shared.database.migrate import current

    connection = await connect(url)
    try:
        tables = [
            row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        if tables and "alembic_version" not in tables:
            raise _refused(url, f"it has tables that are not ours, such as {min(tables)}")
        for table in sorted(set(tables) - FILLED_BY_MIGRATIONS):
            if await connection.fetchval(f'SELECT EXISTS (SELECT 1 FROM "{table}")'):  # noqa: S608
                raise _refused(url, f"there are rows in {table}")
    finally:
        await connection.close()
    if not tables:
        await _migrate(service, url)
    version, wanted = await current(service, url)
    if version != wanted:
        raise _refused(url, f"its tables are of version {version}, not {wanted}")
    return ServiceDatabase(owner_url=url, runtime_url=url)


async def _migrate(service: str, url: str) -> None:
    from shared.database.migrate import upgrade

    try:
        await upgrade(service, url)
    except asyncpg.InsufficientPrivilegeError as error:
        message = f"Give the URL of a role that may create tables there: {error}."
        raise LocalProblem(message) from error


def _refused(url: str, why: str) -> LocalProblem:
    name = plain(url).rpartition("/")[2].partition("?")[0]
    return LocalProblem(f"Name an empty database to rebuild into, {name} is not: {why}.")
