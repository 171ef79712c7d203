"""Writes an event, or a forgettable record, into the transaction that changes the state it tells of."""

import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

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
        """CRC-32 of the key, modulo the number of shards: any process finds the same."""
        return zlib.crc32(f"{self.topic}/{self.key}".encode()) % SHARDS


# The upsert of aggregate_head locks the aggregate until commit, so its events get their numbers in commit order.
NEXT = """
    next AS (
        INSERT INTO aggregate_head (subject, sequence) VALUES (:head, 1)
        ON CONFLICT (subject) DO UPDATE SET sequence = aggregate_head.sequence + 1
        RETURNING sequence
    )
"""

WRITE_EVENT = text(
    f"""
    WITH {NEXT},
    logged AS (
        INSERT INTO event_log (event_id, topic, source, type, subject, key, sequence, happened_at,
                               correlation_id, causation_id, actor, traceparent, value)
        SELECT :id, :topic, :source, :type, :subject, :key, next.sequence, :time,
               :correlation_id, :causation_id, :actor, :traceparent, :value
        FROM next
        RETURNING position
    )
    INSERT INTO outbox_pending (shard, topic, key, logged_at) SELECT :shard, :topic, :key, position FROM logged
    """  # noqa: S608  the only text put in is the constant above
)

WRITE_FORGETTABLE = text(
    f"""
    WITH {NEXT}
    INSERT INTO outbox_pending (shard, topic, key, envelope, value)
    SELECT :shard, :topic, :key, CAST(:envelope AS jsonb) || jsonb_build_object('sequence', next.sequence), :value
    FROM next
    """  # noqa: S608  the only text put in is the constant above
)


async def write_event(session: AsyncSession, event: Outgoing) -> None:
    """Append to event_log and to the outbox, in the session's transaction."""
    values: dict[str, Any] = {name: getattr(event, name) for name in event.__dataclass_fields__}
    await (await session.connection()).execute(WRITE_EVENT, {**values, "shard": event.shard, "head": event.subject})


async def write_forgettable(session: AsyncSession, record: Outgoing) -> None:
    """Queue a record, or with no value a tombstone, of a compacted topic; event_log never sees it."""
    envelope = {
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
    await (await session.connection()).execute(
        WRITE_FORGETTABLE,
        {
            "shard": record.shard,
            "topic": record.topic,
            "key": record.key,
            "head": f"{record.topic}/{record.key}",
            "envelope": json.dumps(envelope),
            "value": record.value,
        },
    )
