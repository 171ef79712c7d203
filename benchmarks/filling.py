"""Fills an outbox as `shared.outbox.writing` would, many events in a statement instead of one."""

import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg

from benchmarks.measuring import tell
from shared.database.backbone import SHARDS
from tests.support.backbone import NoteWritten, Rig

KEYS = 200
_PER_STATEMENT = 100_000

# The heads first, as whoever writes an event takes its number there; then log and outbox, each in the order of the
# events. Ids are of version 7 and grow, as ours do: random ones would make the index's pages dearer than they are.
_HEADS = """
    INSERT INTO aggregate_head (subject, sequence) SELECT unnest($1::text[]), $2
    ON CONFLICT (subject) DO UPDATE SET sequence = excluded.sequence
"""
_EVENTS = """
    WITH logged AS (
        INSERT INTO event_log (event_id, topic, source, type, subject, key, sequence, happened_at,
                               correlation_id, actor, value)
        SELECT ($8 || lpad(to_hex(n * cardinality($3::text[]) + k.place), 12, '0'))::uuid,
               $1, '/services/rig', $2, k.key, k.key, n, now(), gen_random_uuid()::text, 'system:bench', $5
        FROM unnest($3::text[]) WITH ORDINALITY AS k(key, place), generate_series($6::int, $7::int) AS n
        ORDER BY n, k.place
        RETURNING position, key
    )
    INSERT INTO outbox_pending (shard, topic, key, logged_at)
    SELECT s.shard, $1, s.key, logged.position
    FROM logged JOIN unnest($3::text[], $4::smallint[]) AS s(key, shard) USING (key)
    ORDER BY logged.position
"""


@dataclass(frozen=True)
class Filled:
    """What lies in the outbox: `per_key` events of each key, in turn."""

    keys: list[str]
    per_key: int
    value: bytes

    @property
    def events(self) -> int:
        return len(self.keys) * self.per_key


async def fill(service: Rig, events: int) -> Filled:
    """Write `events` events (rounded down to whole rounds of the keys) of one small value."""
    async with filling(service, events) as filled:
        return filled


@asynccontextmanager
async def filling(service: Rig, events: int, *, keys: int = KEYS, text: str = "x" * 200) -> AsyncIterator[Filled]:
    """The same, written when the block begins and committed when it ends: all of them at one moment."""
    value = NoteWritten(subject_id=UUID(int=1), text=text).to_bytes()
    names = [str(uuid4()) for _ in range(keys)]
    shards = [zlib.crc32(f"{service.topic}/{name}".encode()) % SHARDS for name in names]
    per_key = max(1, events // keys)
    tell(f"  filling the outbox with {keys * per_key:,} events of {keys} keys")
    connection = await asyncpg.connect(service.dsn)
    try:
        async with connection.transaction():
            await connection.execute(_HEADS, names, per_key)
            step = max(1, _PER_STATEMENT // keys)
            for first in range(1, per_key + 1, step):
                last = min(first + step - 1, per_key)
                ids = "01900000-0000-7000-8000-"
                values = (service.topic, NoteWritten.TYPE, names, shards, value, first, last, ids)
                await connection.execute(_EVENTS, *values)
            yield Filled(names, per_key, value)
    finally:
        await connection.close()
