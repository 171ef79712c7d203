"""Writing: commits a second of a change with its event in the outbox, beside the same change by asyncpg alone.

    datacity bench writing [--events 10000]

Each commit is one change of state and, but for the first reference, one event of one aggregate. It is measured with one
writer, who waits for each of his commits, and with 16 at once, as an API has them. PostgreSQL with fsync on.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy import text

from benchmarks.measuring import Measured, Result, metered, percentiles, quieten, tell
from tests.support.backbone import NoteWritten, Rig, rig
from tests.support.stack import Backbone, local_backbone

WRITERS = (16, 1)
SUBJECTS = 1_000
TABLES = (
    "CREATE TABLE bench_state (id uuid PRIMARY KEY, text text NOT NULL)",
    "CREATE TABLE bench_outbox (id bigserial PRIMARY KEY, topic text NOT NULL, key text NOT NULL, value bytea)",
)
STATE = "INSERT INTO bench_state (id, text) VALUES ($1, $2)"
OUTBOX = "INSERT INTO bench_outbox (topic, key, value) VALUES ($1, $2, $3)"
TEXT = "x" * 200

Write = Callable[[UUID], Awaitable[None]]
"""Commits a change, and its event about that subject."""


async def measure(backbone: Backbone, events: int) -> Result:
    """Time each way of writing with 16 writers, then with one; every commit is counted afterwards."""
    measured = []
    for writers in WRITERS:
        commits = events if writers > 1 else max(1, events // 4)
        async with rig(backbone, tables=TABLES) as service:
            measured.append(await ours(service, commits, writers))
        async with rig(backbone, tables=TABLES) as service:
            measured += [
                await by_asyncpg("asyncpg, state and outbox row", service, commits, writers, with_event=True),
                await by_asyncpg("asyncpg, state alone", service, commits, writers, with_event=False),
            ]
    value = NoteWritten(subject_id=uuid4(), text=TEXT).to_bytes()
    settings = {"events": events, "subjects": SUBJECTS, "value_bytes": len(value)}
    return Result("writing", "commits/s", settings, measured, [])


async def ours(service: Rig, commits: int, writers: int) -> Measured:
    state = text("INSERT INTO bench_state (id, text) VALUES (:id, :text)")

    async def write(subject: UUID) -> None:
        async with service.works.begin() as work:
            await (await work.session.connection()).execute(state, {"id": uuid4(), "text": TEXT})
            work.publish(NoteWritten(subject_id=subject, text=TEXT))

    note = "`Works.begin()`, one row, `work.publish()`: number, log and outbox"
    return await written("ours", service, write, commits, writers, note=note, counted="outbox_pending")


async def by_asyncpg(name: str, service: Rig, commits: int, writers: int, *, with_event: bool) -> Measured:
    value = NoteWritten(subject_id=UUID(int=1), text=TEXT).to_bytes()
    pool = await asyncpg.create_pool(service.owner_dsn, min_size=writers, max_size=writers)

    async def write(subject: UUID) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(STATE, uuid4(), TEXT)
            if with_event:
                await connection.execute(OUTBOX, service.topic, str(subject), value)

    try:
        note = "two INSERTs; nobody numbers, keeps or relays the event" if with_event else "one INSERT, no event"
        counted = "bench_outbox" if with_event else "bench_state"
        return await written(name, service, write, commits, writers, note=note, counted=counted)
    finally:
        await pool.close()


async def written(
    name: str, service: Rig, write: Write, commits: int, writers: int, *, note: str, counted: str
) -> Measured:
    """Let the writers share the commits; raises unless each of them is in the table."""
    by = f", {writers} writer{'s' if writers > 1 else ''}"
    name += by
    tell(f"  {name}")
    subjects = [uuid4() for _ in range(SUBJECTS)]
    count = f"SELECT count(*) FROM {counted}"
    warm = min(200, commits)
    await share(write, [subjects[number % SUBJECTS] for number in range(warm)], writers)
    before = await service.scalar(count)
    async with metered(service.dsn, kafka=service.kafka) as meter:
        began = time.perf_counter()
        waits = await share(write, [subjects[number % SUBJECTS] for number in range(commits)], writers)
        meter.seconds = time.perf_counter() - began
    if (found := await service.scalar(count) - before) != commits:
        message = f"{commits} commits were acknowledged, but {counted} has {found} rows more"
        raise RuntimeError(message)
    rate, costs = round(commits / meter.seconds, 1), meter.costs(commits)
    return Measured(name, rate, commits, round(meter.seconds, 3), costs, note, percentiles(waits), beside=f"ours{by}")


async def share(write: Write, subjects: list[UUID], writers: int) -> list[float]:
    """Milliseconds that each commit took its writer."""
    waiting = iter(subjects)
    waits: list[float] = []

    async def one() -> None:
        for subject in waiting:
            began = time.perf_counter()
            await write(subject)
            waits.append((time.perf_counter() - began) * 1000)

    await asyncio.gather(*(one() for _ in range(writers)))
    return waits


async def alone(events: int) -> Result:
    async with local_backbone(own=True) as backbone:
        return await measure(backbone, events)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000, help="commits; a quarter of them with one writer")
    given = parser.parse_args()
    quieten()
    asyncio.run(alone(given.events)).print()


if __name__ == "__main__":
    main()
