"""The journal: events sealed into the tree a second, proofs out of it, and the whole of it verified.

    datacity bench journal [--events 100000]

notifications' event log is filled first, as its consumer would. Then it is sealed as the worker does it: in batches,
each one transaction with its hashes, tiles, salts and signed checkpoint. The reference puts the same entries, read and
framed in the same way, into a table of their own by asyncpg, in transactions of the same size: no tree, no salts, no
signature. PostgreSQL with fsync on.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from benchmarks.measuring import Costs, Measured, Result, Target, metered, quieten, tell
from infra.verify.checking import Asked, check
from infra.verify.databases import COLUMNS, JournalDatabase, envelope_of
from infra.verify.sources import Folder
from infra.verify.trust import Trust
from services.notifications.handlers import sealing
from services.notifications.views import journal as views
from shared.database import make_engine
from shared.database.engine import asyncpg_dsn
from shared.database.migrate import upgrade
from shared.events import EVENT_TOPICS
from shared.journal import framed
from shared.tlog.keys import SigningKey
from shared.work import Works
from tests.support.stack import Backbone, local_backbone

KEY = SigningKey("bench.test/log", bytes(range(32)))
PROOFS = 2_000
SUBJECTS = 1_000
VALUE = b'{"application_id":"01900000-0000-7000-8000-000000000001","note":"%b"}' % (b"x" * 230)
_PER_STATEMENT = 100_000

# One of ten is in clear, the others are sealed; each aggregate is numbered 1, 2, 3…
FILL = """
    INSERT INTO entry (position, event_id, topic, partition, record_offset, source, type, subject, key, sequence,
                       happened_at, correlation_id, actor, value, recorded_at)
    SELECT n, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'applications.events.v1', 0, n,
           '/services/applications',
           'io.datacity.' || CASE WHEN n % 10 = 0 THEN 'challenge.published.v1' ELSE 'application.submitted.v1' END,
           's' || (n - 1) % $3, 's' || (n - 1) % $3, (n - 1) / $3 + 1, now(), md5(n::text), 'system:bench', $4, now()
    FROM generate_series($1::bigint, $2::bigint) AS n
"""
PLAIN = "CREATE TABLE plain_log (position bigint PRIMARY KEY, entry bytea NOT NULL)"
READ = f"SELECT position, {COLUMNS} FROM entry WHERE position > $1 ORDER BY position LIMIT $2"
INSERT = "INSERT INTO plain_log SELECT * FROM unnest($1::bigint[], $2::bytea[])"


@dataclass(frozen=True)
class Bench:
    """notifications' database with events that nobody sealed yet."""

    works: Works
    dsn: str
    owner_dsn: str
    kafka: str
    events: int


async def measure(backbone: Backbone, events: int) -> Result:
    """Seal, prove, verify from database and files, and insert the same plainly; each is checked."""
    async with filled(backbone, events) as bench:
        sealed = await by_ours(bench)
        proven = await proofs(bench)
        plain = await by_asyncpg(bench)
        with tempfile.TemporaryDirectory(prefix="datacity-bench-") as folder:
            from_database = await verified(bench, Path(folder), files=False)
            from_files = await verified(bench, Path(folder), files=True)
    settings = {"events": events, "batch": sealing.BATCH, "value_bytes": len(VALUE), "sealed": "9 of 10"}
    targets = [
        Target("journal, sealed, events/s", sealed.value, 10_000),
        Target("journal, a proof, p50 in ms", proven.details["p50_ms"], 1, at_least=False),
    ]
    return Result("journal", "events/s", settings, [sealed, plain, proven, from_database, from_files], targets)


@asynccontextmanager
async def filled(backbone: Backbone, events: int) -> AsyncIterator[Bench]:
    database = await backbone.fresh_database("notifications")
    await upgrade("notifications", database.owner_url)
    engine = make_engine(database.runtime_url, service="notifications")
    try:
        owner = await asyncpg.connect(asyncpg_dsn(database.owner_url))
        try:
            tell(f"  filling the event log with {events:,} events")
            for first in range(1, events + 1, _PER_STATEMENT):
                await owner.execute(FILL, first, min(first + _PER_STATEMENT - 1, events), SUBJECTS, VALUE)
            await owner.execute(PLAIN)
            await owner.execute("ANALYZE")
        finally:
            await owner.close()
        works = Works(engine, service="notifications", topic=EVENT_TOPICS["notifications"])
        dsn, owner_dsn = asyncpg_dsn(database.runtime_url), asyncpg_dsn(database.owner_url)
        yield Bench(works, dsn, owner_dsn, backbone.kafka, events)
    finally:
        await engine.dispose()
        await backbone.drop_database(database)


async def by_ours(bench: Bench) -> Measured:
    """As the worker's job does, but for its pauses."""
    tell("  sealing")
    async with bench.works.begin() as work:
        await sealing.announce([KEY], work)
    total = 0
    async with metered(bench.owner_dsn, kafka=bench.kafka) as meter:
        while True:
            async with bench.works.begin() as work:
                sealed = await sealing.seal([KEY], work)
            total += sealed
            if not sealed:
                break
    _require(total, bench)
    note = "tree, tiles, salts and a signed checkpoint each 5,000"
    return _measured("ours, sealed", bench.events, meter.seconds, meter.costs(bench.events), note)


async def by_asyncpg(bench: Bench) -> Measured:
    """The same rows read and framed, the entries inserted, and nothing else."""
    tell("  asyncpg")
    connection = await asyncpg.connect(bench.owner_dsn)
    try:
        done = 0
        async with metered(bench.owner_dsn, kafka=bench.kafka) as meter:
            while done < bench.events:
                async with connection.transaction():
                    rows = await connection.fetch(READ, done, sealing.BATCH)
                    entries = [framed(envelope_of(row, topic=row["topic"])) for row in rows]
                    await connection.execute(INSERT, [row["position"] for row in rows], entries)
                done += len(rows)
        _require(await connection.fetchval("SELECT count(*) FROM plain_log"), bench)
    finally:
        await connection.close()
    note = "the same entries into a table in transactions of 5,000: no tree, no salts, no signature"
    return _measured("asyncpg, inserted", bench.events, meter.seconds, meter.costs(bench.events), note)


async def proofs(bench: Bench) -> Measured:
    """Inclusion proofs of entries at random, one after the other."""
    tell("  proving")
    chosen = random.Random(bench.events)
    waits = []
    async with bench.works.begin() as work:
        sealed = await views.latest(work.session)
        if sealed is None or sealed.size != bench.events:
            message = f"{sealed} is not all of {bench.events} events"
            raise RuntimeError(message)
        await views.inclusion(work.session, 0, sealed.size, root=sealed.root)
        async with metered(bench.owner_dsn, kafka=bench.kafka) as meter:
            for _ in range(PROOFS):
                began = time.perf_counter()
                await views.inclusion(work.session, chosen.randrange(bench.events), sealed.size, root=sealed.root)
                waits.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(waits, n=100)
    waited = {f"p{nth}_ms": round(cuts[nth - 1], 3) for nth in (50, 95, 99)} | {"max_ms": round(max(waits), 3)}
    measured = _measured("ours, proven", PROOFS, meter.seconds, meter.costs(PROOFS), "inclusion proofs, one by one")
    measured.details.update(waited)
    return measured


async def verified(bench: Bench, folder: Path, *, files: bool) -> Measured:
    """`datacity verify`: from the database with all its tables, or from a copy of the public files."""
    where = "files" if files else "the database"
    tell(f"  verifying from {where}")
    asked = Asked(trust=Trust((KEY.verifier,), "given"), save=None if files else folder)
    async with metered(bench.owner_dsn, kafka=bench.kafka) as meter:
        if files:
            outcome = await check(Folder(folder), asked)
        else:
            async with JournalDatabase.at(bench.dsn) as stored:
                outcome = await check(stored, asked)
    if not outcome.verified:
        message = f"the log that was measured does not verify: {[str(fault) for fault in outcome.faults]}"
        raise RuntimeError(message)
    note = "every entry and tile" if files else "all tables, each number; a copy written beside"
    name = f"ours, verified from {where}"
    return _measured(name, bench.events, meter.seconds, meter.costs(bench.events), note)


def _measured(name: str, events: int, seconds: float, costs: Costs, note: str) -> Measured:
    rate = round(events / seconds, 1)
    return Measured(name, rate, events, round(seconds, 3), costs, note)


def _require(found: int, bench: Bench) -> None:
    if found != bench.events:
        message = f"{bench.events} events were there, {found} were written"
        raise RuntimeError(message)


async def alone(events: int) -> Result:
    async with local_backbone(own=True) as backbone:
        return await measure(backbone, events)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000, help="to seal (100000)")
    given = parser.parse_args()
    quieten()
    asyncio.run(alone(given.events)).print()


if __name__ == "__main__":
    main()
