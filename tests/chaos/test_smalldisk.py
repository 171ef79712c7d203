"""The outbox's disk really is full when the fault suite says so, and PostgreSQL lives through it, mount or no mount."""

import asyncio
import shutil
import tempfile

import asyncpg
import pytest

from infra.local.home import Home, is_root
from infra.local.postgres import Postgres
from infra.local.state import State
from tests.chaos.smalldisk import SmallDisk
from tests.chaos.wiring import schema
from tests.support.stack import PREFIX

INSERT = """
    INSERT INTO event_log (event_id, topic, source, type, subject, key, sequence, happened_at, correlation_id, actor,
                           value)
    SELECT gen_random_uuid(), '', '', '', gen_random_uuid(), '', 1, now(), '', '', convert_to(repeat('x', 1000), 'UTF8')
    FROM generate_series(1, 200)
"""


@pytest.mark.parametrize("may_mount", [True, False], ids=["tmpfs", "rlimit"])
async def test_the_log_cannot_grow_while_the_disk_is_full_and_grows_again_afterwards(may_mount: bool) -> None:
    if may_mount is not is_root():
        pytest.skip("root mounts, everybody else limits")
    # Not in pytest's folder: PostgreSQL's user could not pass through there.
    home = Home.at(tempfile.mkdtemp(prefix=f"{PREFIX}disk-"))
    home.create()
    postgres = Postgres(home, State(home.state_file))
    disk = SmallDisk(home.path / "small-disk", postgres, may_mount=may_mount)
    try:
        await disk.prepare()
        if may_mount and not disk.mounted:
            pytest.skip("this root may not mount")
        await postgres.start()
        connection = await asyncpg.connect(postgres.admin_url())
        for statement in schema():
            await connection.execute(statement)
        await disk.move_outbox(postgres.admin_url())

        async with disk.full():
            with pytest.raises(asyncpg.PostgresError, match=r"No space left|File too large"):
                await until_refused(connection)
            assert await connection.fetchval("SELECT 1") == 1
        before = await connection.fetchval("SELECT count(*) FROM event_log")
        await connection.execute(INSERT)

        assert await connection.fetchval("SELECT count(*) FROM event_log") == before + 200
        await connection.close()
    finally:
        await postgres.stop()
        disk.unmount()
        await asyncio.to_thread(shutil.rmtree, home.path, ignore_errors=True)


async def until_refused(connection: asyncpg.Connection) -> None:
    """More than would fit into what free room there was."""
    for _ in range(100):
        await connection.execute(INSERT)
        await asyncio.sleep(0.02)
