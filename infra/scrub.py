"""Takes from PostgreSQL's files what services have erased: dead rows, old statistics, and the write-ahead log of them.

A row that is deleted or overwritten is no longer read by anybody, but its bytes stay: in the table's file until the
space is used again, which vacuum alone does not promise; among the sample values of `pg_statistic`; and in write-ahead
log, whose segments PostgreSQL renames and writes over later. Each is written anew here, with what is still there.
"""

import asyncio
import importlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from infra.provision import at_database, plain, runtime_of
from shared.personal import Register

ON_THEIR_WAY = ("outbox_pending", "outbox_parked", "quarantine", "idempotency_keys", "web_session", "web_sign_in")
"""Tables of every service that hold words of persons for a while; not every service has all of them."""
STATISTICS = "pg_catalog.pg_statistic"
PATIENCE = "10s"
"""How long a table is waited for: behind this wait all who want it. It is tried again later."""
TRIES = 3
ROUNDS = 5
_SEGMENTS = "SELECT name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'"


@dataclass
class Scrubbed:
    """What was written anew, and what could not be, with why."""

    tables: dict[str, list[str]] = field(default_factory=dict)
    """Service → its tables."""
    wal: bool = False
    """Whether no segment is left that was written before."""
    left: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not self.left


async def scrub(admin_url: str, services: Sequence[str]) -> Scrubbed:
    """Of these services; the write-ahead log is the whole server's. Safe to run again, and while services run.

    A table can't be read while it is rewritten, for about a second for each 100 MB of what is left in it.
    """
    done = Scrubbed()
    for service in services:
        connection = await asyncpg.connect(at_database(admin_url, runtime_of(service)))
        try:
            await connection.execute(f"SET lock_timeout = '{PATIENCE}'")
            done.tables[service] = [
                table
                for table in [*await _tables(connection, service), STATISTICS]
                if await _rewritten(connection, service, table, done)
            ]
        finally:
            await connection.close()
    await _renew_wal(admin_url, done)
    return done


async def _tables(connection: asyncpg.Connection, service: str) -> list[str]:
    """Those that the register names, and those that hold what is on its way."""
    register: Register = importlib.import_module(f"services.{service}.personal").REGISTER
    wanted = {str(held.table.__tablename__) for held in register.held} | set(ON_THEIR_WAY)
    there = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return sorted(wanted & {row["tablename"] for row in there})


async def _rewritten(connection: asyncpg.Connection, service: str, table: str, done: Scrubbed) -> bool:
    """With its indexes and what is stored beside it; statistics are taken anew first, as they quote it."""
    for attempt in range(1, TRIES + 1):
        try:
            await connection.execute(f"VACUUM (FULL{'' if table == STATISTICS else ', ANALYZE'}) {table}")
        except asyncpg.LockNotAvailableError:
            await asyncio.sleep(attempt if attempt < TRIES else 0)
        except asyncpg.InsufficientPrivilegeError as refused:
            done.left.append(f"{service}: {table} ({refused})")
            return False
        else:
            return True
    done.left.append(f"{service}: {table} (in use: not free within {PATIENCE}, {TRIES} times)")
    return False


async def _renew_wal(admin_url: str, done: Scrubbed) -> None:
    """Begin new segments until each there is was begun since, and let the old ones be deleted, not kept for later."""
    admin = await asyncpg.connect(plain(admin_url))
    try:
        if not await admin.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
            done.left.append("write-ahead log (only a superuser renews it; it is written over as the server goes on)")
            return
        old = [row["name"] for row in await admin.fetch(_SEGMENTS)]
        async with _nothing_recycled(admin, admin_url) as is_so:
            if not is_so:
                done.left.append("write-ahead log (wal_recycle is held on by the server's command line)")
                return
            still = old
            for _ in range(ROUNDS):
                await _use_up(admin)
                await admin.execute("CHECKPOINT")
                still = [row["name"] for row in await admin.fetch(f"{_SEGMENTS} AND name = ANY($1)", old)]
                if not still:
                    break
        done.wal = not still
        if still:
            why = "a replication slot, an archive that is behind, or wal_keep_size holds them"
            done.left.append(f"write-ahead log: {len(still)} segments from {min(still)} on ({why})")
    finally:
        await admin.close()


async def _use_up(admin: asyncpg.Connection) -> None:
    """Go on to a segment behind all that are there: those kept for later hold what they held before."""
    ahead = await admin.fetch(f"{_SEGMENTS} AND name > pg_walfile_name(pg_current_wal_insert_lsn())")
    for _ in range(len(ahead) + 2):
        await admin.execute("SELECT pg_logical_emit_message(false, 'datacity', 'scrub')")
        await admin.execute("SELECT pg_switch_wal()")


@asynccontextmanager
async def _nothing_recycled(admin: asyncpg.Connection, admin_url: str) -> AsyncIterator[bool]:
    """Segments that are done with are deleted meanwhile, rather than renamed with what is in them; False if not."""
    auto = "SELECT setting FROM pg_file_settings WHERE name = 'wal_recycle' AND sourcefile LIKE '%postgresql.auto.conf'"
    before = await admin.fetchval(auto)
    await admin.execute("ALTER SYSTEM SET wal_recycle = off")
    try:
        yield await _is_read(admin, admin_url)
    finally:
        back = f"SET wal_recycle = '{before}'" if before else "RESET wal_recycle"
        await admin.execute(f"ALTER SYSTEM {back}")
        await admin.execute("SELECT pg_reload_conf()")


async def _is_read(admin: asyncpg.Connection, admin_url: str) -> bool:
    """A new session sees the setting once the server has read it, and has told its own processes to."""
    await admin.execute("SELECT pg_reload_conf()")
    for _ in range(100):
        session = await asyncpg.connect(plain(admin_url))
        try:
            if await session.fetchval("SHOW wal_recycle") == "off":
                return True
        finally:
            await session.close()
        await asyncio.sleep(0.05)
    return False
