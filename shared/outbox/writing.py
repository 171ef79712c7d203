"""Writes an event, or a forgettable record, into the transaction that changes the state it tells of."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from shared.database.backbone import SHARDS


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """An envelope before its sequence is known: the database hands it out, aggregate by aggregate."""

    id: UUID
    topic: str
    source: str
    type: str
    subject: str
    key: str
    time: datetime
    correlation_id: str
    causation_id: str | None
    actor: str
    traceparent: str | None
    value: bytes | None

    @property
    def shard(self) -> int:
        return shard_of(self.topic, self.key)


def shard_of(topic: str, key: str) -> int:
    """CRC-32 of topic and key, modulo the number of shards: any process finds the same."""
    return zlib.crc32(f"{topic}/{key}".encode()) % SHARDS


# The upsert of aggregate_head locks the aggregates until commit, so their events get their numbers in commit order;
# sorted, so that two transactions that tell of the same ones don't wait for each other.
WRITE = text(
    """
    WITH given AS (
        SELECT * FROM unnest(
            CAST(:ids AS uuid[]), CAST(:shards AS smallint[]), CAST(:topics AS text[]), CAST(:sources AS text[]),
            CAST(:types AS text[]), CAST(:subjects AS text[]), CAST(:keys AS text[]), CAST(:heads AS text[]),
            CAST(:times AS timestamptz[]), CAST(:correlation_ids AS text[]), CAST(:causation_ids AS text[]),
            CAST(:actors AS text[]), CAST(:traceparents AS text[]), CAST(:bytes AS bytea[]), CAST(:envelopes AS text[])
        ) WITH ORDINALITY AS given (
            event_id, shard, topic, source, type, subject, key, head, happened_at,
            correlation_id, causation_id, actor, traceparent, value, envelope, nth
        )
    ),
    heads AS (
        INSERT INTO aggregate_head (subject, sequence)
        SELECT head, count(*) FROM given GROUP BY head ORDER BY head
        ON CONFLICT (subject) DO UPDATE SET sequence = aggregate_head.sequence + excluded.sequence
        RETURNING subject, sequence
    ),
    numbered AS (
        SELECT given.*, heads.sequence - count(*) OVER (PARTITION BY head)
               + row_number() OVER (PARTITION BY head ORDER BY nth) AS sequence
        FROM given JOIN heads ON heads.subject = given.head
    ),
    logged AS (
        INSERT INTO event_log (event_id, topic, source, type, subject, key, sequence, happened_at,
                               correlation_id, causation_id, actor, traceparent, value)
        SELECT event_id, topic, source, type, subject, key, sequence, happened_at,
               correlation_id, causation_id, actor, traceparent, value
        FROM numbered WHERE envelope IS NULL ORDER BY nth
        RETURNING position, event_id
    )
    INSERT INTO outbox_pending (shard, topic, key, logged_at, envelope, value)
    SELECT shard, topic, key, logged.position,
           CAST(envelope AS jsonb) || jsonb_build_object('sequence', sequence),
           CASE WHEN envelope IS NOT NULL THEN value END
    FROM numbered LEFT JOIN logged USING (event_id) ORDER BY nth
    """
)

# A record that its tombstone follows needs not be sent, and must not wait here: it may be parked. If the relay is just
# sending it, the tombstone comes after it all the same, as both go through the shard's one relay in order.
DROP = text(
    """
    WITH gone AS (
        DELETE FROM outbox_pending AS pending
        USING unnest(CAST(:shards AS smallint[]), CAST(:topics AS text[]), CAST(:keys AS text[])) AS given (s, t, k)
        WHERE pending.shard = s AND pending.topic = t AND pending.key = k AND pending.value IS NOT NULL
        RETURNING pending.topic, pending.key, pending.position
    ),
    freed AS (
        DELETE FROM outbox_parked AS parked USING gone
        WHERE parked.topic = gone.topic AND parked.key = gone.key AND parked.position = gone.position
    )
    SELECT count(*) FROM gone
    """
)

# That it was told is remembered, so that it is told again: see shared/personal/repeating.py.
REMEMBER = text(
    """
    INSERT INTO tombstone AS known (topic, key, told_at)
    SELECT DISTINCT t, k, now() FROM unnest(CAST(:topics AS text[]), CAST(:keys AS text[])) AS given (t, k)
    ORDER BY t, k
    ON CONFLICT (topic, key) DO UPDATE SET told_at = excluded.told_at, times = known.times + 1
    """
)


async def drop_unsent(connection: AsyncConnection, keys: Sequence[tuple[str, str]]) -> int:
    """Take forgettable records of these topics and keys out of the outbox; returns how many there were."""
    given = {
        "shards": [shard_of(topic, key) for topic, key in keys],
        "topics": [topic for topic, _ in keys],
        "keys": [key for _, key in keys],
    }
    dropped: int = (await connection.execute(DROP, given)).scalar_one()
    return dropped


async def write_all(session: AsyncSession, told: Sequence[tuple[bool, Outgoing]]) -> None:
    """Append to event_log and to the outbox, in order, in the session's transaction.

    What is not an event is a record of a compacted topic, or with no value its tombstone: it is queued for the relay
    with an envelope of its own, and event_log never sees it.
    """
    if not told:
        return
    records = [record for _, record in told]
    if tombstones := [record for is_event, record in told if not is_event and record.value is None]:
        await _bury(await session.connection(), tombstones)
    await (await session.connection()).execute(
        WRITE,
        {
            "ids": [record.id for record in records],
            "shards": [record.shard for record in records],
            "topics": [record.topic for record in records],
            "sources": [record.source for record in records],
            "types": [record.type for record in records],
            "subjects": [record.subject for record in records],
            "keys": [record.key for record in records],
            "heads": [record.subject if is_event else f"{record.topic}/{record.key}" for is_event, record in told],
            "times": [record.time for record in records],
            "correlation_ids": [record.correlation_id for record in records],
            "causation_ids": [record.causation_id for record in records],
            "actors": [record.actor for record in records],
            "traceparents": [record.traceparent for record in records],
            "bytes": [record.value for record in records],
            "envelopes": [None if is_event else _own_envelope(record) for is_event, record in told],
        },
    )


async def _bury(connection: AsyncConnection, tombstones: Sequence[Outgoing]) -> None:
    """What they forget is not sent any more, and they are remembered."""
    await drop_unsent(connection, [(each.topic, each.key) for each in tombstones])
    given = {"topics": [each.topic for each in tombstones], "keys": [each.key for each in tombstones]}
    await connection.execute(REMEMBER, given)


def _own_envelope(record: Outgoing) -> str:
    return json.dumps(
        {
            "id": str(record.id),
            "source": record.source,
            "type": record.type,
            "subject": record.subject,
            "time": record.time.isoformat(),
            "correlation_id": record.correlation_id,
            "causation_id": record.causation_id,
            "actor": record.actor,
            "traceparent": record.traceparent,
        }
    )
