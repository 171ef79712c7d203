"""A disk of its own for the outboxes, small enough to be filled: a tmpfs with a tablespace on it.

Mounting needs root. Who may not mount gets a refusal from the kernel another way: PostgreSQL's sessions may write no
file beyond the size that the event log has (`RLIMIT_FSIZE`), so that it can't grow. A root who may neither mount nor
limit another user's processes has no full disk.
"""

import asyncio
import contextlib
import errno
import os
import resource
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psutil

from infra.local.component import say_nothing
from infra.local.home import is_root
from infra.local.postgres import Postgres, clean_environment, programs, stand_in
from tests.chaos.schedule import NothingToBreak

SIZE_MIB = 256
OUTBOX = ("event_log", "outbox_pending")
SEGMENT_MIB = 1
"""Without a mount: PostgreSQL panics if its own log can't be written, so that log's files stay below the limit."""


class SmallDisk:
    """Filled and emptied while the databases use it."""

    def __init__(self, path: Path, postgres: Postgres, *, may_mount: bool | None = None) -> None:
        self.path = path
        self.postgres = postgres
        self.may_mount = is_root() if may_mount is None else may_mount
        self.mounted = False
        self._databases: list[str] = []

    @property
    def mechanism(self) -> str:
        return f"tmpfs of {SIZE_MIB} MiB as a tablespace" if self.mounted else "RLIMIT_FSIZE on PostgreSQL's sessions"

    async def prepare(self) -> None:
        """Before PostgreSQL's first start."""
        self.mounted = self.may_mount and await asyncio.to_thread(self._mount)
        if not self.mounted:
            await self.postgres.prepare(say_nothing)
            account = self.postgres.account()
            resizing = await asyncio.create_subprocess_exec(
                programs() / "pg_resetwal",
                *(f"--wal-segsize={SEGMENT_MIB}", self.postgres.data),
                stdout=subprocess.DEVNULL,
                env=clean_environment(),
                user=account.uid if account else None,
                group=account.gid if account else None,
                cwd=self.postgres.home.postgres,
            )
            if await resizing.wait():
                raise OSError(resizing.returncode, "pg_resetwal")

    async def move_outbox(self, url: str) -> None:
        """Have the outbox of the database at this URL, the superuser's, on the small disk."""
        connection = await asyncpg.connect(url)
        try:
            if self.mounted:
                if not await connection.fetchval("SELECT 1 FROM pg_tablespace WHERE spcname = 'small'"):
                    await connection.execute(f"CREATE TABLESPACE small LOCATION '{self.path / 'space'}'")
                indexes = await connection.fetch("SELECT indexname FROM pg_indexes WHERE tablename = ANY($1)", OUTBOX)
                for table in OUTBOX:
                    await connection.execute(f"ALTER TABLE {table} SET TABLESPACE small")
                for index in indexes:
                    await connection.execute(f"ALTER INDEX {index['indexname']} SET TABLESPACE small")
            else:
                await self._outgrow_a_segment(connection)
            self._databases.append(await connection.fetchval("SELECT current_database()"))
        finally:
            await connection.close()

    @asynccontextmanager
    async def full(self) -> AsyncIterator[None]:
        """Nothing more fits until the end of the block."""
        if self.mounted:
            filler = self.path / "filler"
            try:
                await asyncio.to_thread(_fill, filler)
                yield
            finally:
                filler.unlink(missing_ok=True)
        else:
            limit = self._size_of_the_log()
            if not self._limit(limit):
                raise NothingToBreak
            limiting = asyncio.create_task(self._keep_limiting(limit))
            try:
                yield
            finally:
                limiting.cancel()
                await asyncio.wait([limiting])
                self._limit(None)

    def unmount(self) -> None:
        """After PostgreSQL's end."""
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.path)], check=False)
            self.mounted = False

    def _mount(self) -> bool:
        account = stand_in()
        self.path.mkdir(mode=0o711)
        options = f"size={SIZE_MIB}m,mode=711"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "chaos", str(self.path)], check=False, capture_output=True
        )
        if done.returncode:
            return False
        (self.path / "space").mkdir(mode=0o700)
        os.chown(self.path / "space", account.uid, account.gid)
        return True

    async def _outgrow_a_segment(self, connection: asyncpg.Connection) -> None:
        """Make the log's file larger than the limit may be, by rows that are never committed."""
        await connection.execute("ALTER TABLE event_log SET (autovacuum_enabled = false)")
        undone = connection.transaction()
        await undone.start()
        await connection.execute(
            "INSERT INTO event_log (event_id, topic, source, type, subject, key, sequence, happened_at, "
            "correlation_id, actor, value) SELECT gen_random_uuid(), '', '', '', n::text, '', 1, now(), '', '', "
            "convert_to(repeat('x', 1500), 'UTF8') FROM generate_series(1, $1) n",
            SEGMENT_MIB * 2**20 // 1000,
        )
        await undone.rollback()

    def _size_of_the_log(self) -> int:
        """Of the largest file of any database, but no less than PostgreSQL's own log needs."""
        return max(SEGMENT_MIB * 2**20, *(path.stat().st_size for path in self.postgres.data.glob("base/*/*")))

    async def _keep_limiting(self, limit: int) -> None:
        """Sessions that begin meanwhile too."""
        while True:
            self._limit(limit)
            await asyncio.sleep(0.1)

    def _limit(self, size: int | None) -> int:
        """Let each session write no file beyond this size; returns how many sessions that are."""
        limited = 0
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError, ValueError):
                if process.name() != "postgres" or Path(process.cwd()) != self.postgres.data:
                    continue
                if any(f" {database} " in " ".join(process.cmdline()) for database in self._databases):
                    _, hard = process.rlimit(resource.RLIMIT_FSIZE)
                    process.rlimit(resource.RLIMIT_FSIZE, (hard if size is None else size, hard))
                    limited += 1
        return limited


def unmount_abandoned(prefix: str) -> None:
    """Of runs that were killed, and whose servers somebody has ended since."""
    for path in Path(tempfile.gettempdir()).glob(f"{prefix}*/small-disk"):
        if path.is_mount() and not (path.parent / "postgres").exists():
            subprocess.run(["umount", "--lazy", str(path)], check=False)
            with contextlib.suppress(OSError):
                path.rmdir()
                path.parent.rmdir()


def _fill(filler: Path) -> None:
    """By large pieces, then by smaller ones, to the last page."""
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        end, piece = 0, 16 * 2**20
        while piece >= resource.getpagesize():
            try:
                os.posix_fallocate(descriptor, end, piece)
                end += piece
            except OSError as full:
                if full.errno != errno.ENOSPC:
                    raise
                piece //= 2
    finally:
        os.close(descriptor)
