"""Where an event waits that could not be handled, with its key's later events in order behind it."""

import hashlib
import json
import traceback
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events import decode_headers

PARK = text(
    """
    INSERT INTO quarantine (topic, partition, record_offset, key, headers, value, error, fingerprint, attempts)
    VALUES (:topic, :partition, :offset, :key, CAST(:headers AS jsonb), :value, :error, :fingerprint, :attempts)
    ON CONFLICT (topic, partition, record_offset) DO UPDATE
    SET released_at = NULL, released_by = NULL, value = excluded.value, error = excluded.error,
        fingerprint = excluded.fingerprint, attempts = quarantine.attempts + excluded.attempts
    """
)

WAITING = text(
    """
    SELECT id, topic, partition, record_offset, key, headers, value, error, fingerprint, attempts, parked_at
    FROM quarantine
    WHERE released_at IS NULL
      AND (CAST(:topic AS text) IS NULL OR topic = :topic) AND (CAST(:key AS text) IS NULL OR key = :key)
    ORDER BY topic, partition, record_offset LIMIT :limit
    """
)

# Its value goes: it may be a person or a dossier, which a later tombstone would not find here.
RELEASED = text("UPDATE quarantine SET released_at = now(), released_by = :by, value = NULL WHERE id = :id")


@dataclass(frozen=True, kw_only=True)
class Parked:
    """An event in quarantine. Shaped like a Kafka record, so that it can be handled as one."""

    id: int
    topic: str
    partition: int
    offset: int
    key: str
    headers: list[tuple[str, str]]
    value: bytes | None
    error: str
    fingerprint: str
    attempts: int
    parked_at: datetime


async def park(session: AsyncSession, record: Any, *, fault: BaseException | None, attempts: int) -> None:
    """Put a Kafka record aside; without a fault it waits behind an earlier one of its key."""
    await (await session.connection()).execute(
        PARK,
        {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": (record.key or b"").decode("utf-8", "replace")
            if isinstance(record.key, bytes)
            else record.key or "",
            "headers": json.dumps(list(decode_headers(record.headers).items())),
            "value": record.value,
            "error": describe(fault) if fault else "waits behind an earlier event of its key",
            "fingerprint": fingerprint(fault) if fault else "behind",
            "attempts": attempts,
        },
    )


async def waiting(
    session: AsyncSession, *, topic: str | None = None, key: str | None = None, limit: int = 200
) -> list[Parked]:
    """What waits, in the order in which it must be released."""
    rows = await (await session.connection()).execute(WAITING, {"topic": topic, "key": key, "limit": limit})
    return [
        Parked(
            id=row.id,
            topic=row.topic,
            partition=row.partition,
            offset=row.record_offset,
            key=row.key,
            headers=[(name, value) for name, value in row.headers],
            value=row.value,
            error=row.error,
            fingerprint=row.fingerprint,
            attempts=row.attempts,
            parked_at=row.parked_at,
        )
        for row in rows
    ]


async def mark_released(session: AsyncSession, parked: Parked, *, by: str) -> None:
    await (await session.connection()).execute(RELEASED, {"id": parked.id, "by": by})


def describe(fault: BaseException) -> str:
    """The fault's class and where it was raised. Its message is left out: it may quote personal data."""
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    return f"{type(fault).__module__}.{type(fault).__qualname__}{where}"


def fingerprint(fault: BaseException) -> str:
    """The same for faults of one cause: class and place, not the values."""
    places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(fault.__traceback__)[-3:]]
    return hashlib.sha256("|".join([type(fault).__qualname__, *places]).encode()).hexdigest()[:16]
