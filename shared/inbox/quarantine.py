"""Where an event waits that could not be handled, with its key's later events in order behind it."""

import hashlib
import traceback
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

BEHIND = "behind"
"""The fingerprint of an event that nobody tried: it waits for an earlier one of its key."""

# One at a time: whoever adds behind a key, and whoever ends its head's stay. Otherwise an event could be put behind
# a head that is just leaving, and wait for nobody.
LOCK_KEYS = text(
    """
    SELECT pg_advisory_xact_lock(number) FROM (
        SELECT DISTINCT hashtextextended(topic || '/' || key, 0) AS number
        FROM unnest(CAST(:topics AS text[]), CAST(:keys AS text[])) AS given (topic, key)
        ORDER BY number
    ) AS sorted
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
ENDED = text(
    """
    UPDATE quarantine
    SET released_at = now(), released_by = :by, ended_as = :ended_as, reason = :reason, note = :note,
        next_attempt_at = NULL, value = NULL
    WHERE id = :id AND released_at IS NULL
    """
)

# A key's events go on by themselves once nothing stands before them: the worker's retrier takes what is due.
GO_ON = text(
    """
    UPDATE quarantine
    SET next_attempt_at = now() + make_interval(secs => CAST(:after AS double precision)),
        give_up_at = now() + make_interval(secs => CAST(:after AS double precision))
                     + make_interval(secs => CAST(:budget AS double precision))
    WHERE id = (
        SELECT id FROM quarantine WHERE topic = :topic AND key = :key AND released_at IS NULL
        ORDER BY partition, record_offset LIMIT 1
    )
    """
)

# What a tombstone forgets need not be handled before it, and must not wait here. Copies of it have no effect either.
OVERTAKE = text(
    """
    WITH ended AS (
        UPDATE quarantine
        SET released_at = now(), released_by = :by, ended_as = 'discarded', reason = 'superseded',
            next_attempt_at = NULL, value = NULL
        WHERE topic = :topic AND key = :key AND released_at IS NULL AND value IS NOT NULL AND record_offset < :offset
        RETURNING event_id
    )
    INSERT INTO inbox (event_id) SELECT event_id FROM ended WHERE event_id IS NOT NULL ON CONFLICT DO NOTHING
    """
)

FAILED_AGAIN = text(
    """
    UPDATE quarantine
    SET attempts = attempts + 1, last_attempt_at = now(), error = :error, fingerprint = :fingerprint
    WHERE id = :id AND released_at IS NULL
    """
)


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


async def lock_keys(session: AsyncSession, keys: Collection[tuple[str, str]]) -> None:
    """Until the transaction ends, nobody else adds to the queues of these topics and keys or takes from them."""
    given = {"topics": [topic for topic, _ in keys], "keys": [key for _, key in keys]}
    await (await session.connection()).execute(LOCK_KEYS, given)


async def mark_released(session: AsyncSession, parked: Parked, *, by: str, note: str | None = None) -> bool:
    """End its stay; False if somebody else ended it first."""
    return await _end(session, parked, by=by, ended_as="released", note=note)


async def mark_discarded(session: AsyncSession, parked: Parked, *, by: str, reason: str, note: str | None) -> bool:
    """End its stay without an effect; False if somebody else ended it first."""
    return await _end(session, parked, by=by, ended_as="discarded", reason=reason, note=note)


async def overtake(session: AsyncSession, *, topic: str, key: str, offset: int, by: str) -> None:
    """End the stay of a key's records before this offset, which holds a tombstone; earlier tombstones stay."""
    await lock_keys(session, [(topic, key)])
    values = {"topic": topic, "key": key, "offset": offset, "by": by}
    await (await session.connection()).execute(OVERTAKE, values)


async def go_on(
    session: AsyncSession, *, topic: str, key: str, budget_seconds: float, after_seconds: float = 0
) -> bool:
    """Let the worker try the key's new head, for as long as any event is tried; False if none waits."""
    done = await (await session.connection()).execute(
        GO_ON, {"topic": topic, "key": key, "after": after_seconds, "budget": budget_seconds}
    )
    return bool(done.rowcount)


async def note_failed_release(session: AsyncSession, parked: Parked, fault: BaseException) -> None:
    """An operator tried it, and it failed: when the service itself tries again stays as it was."""
    values = {"id": parked.id, "error": describe(fault), "fingerprint": fingerprint(fault)}
    await (await session.connection()).execute(FAILED_AGAIN, values)


async def _end(
    session: AsyncSession,
    parked: Parked,
    *,
    by: str,
    ended_as: str,
    reason: str | None = None,
    note: str | None = None,
) -> bool:
    values = {"id": parked.id, "by": by, "ended_as": ended_as, "reason": reason, "note": note}
    done = await (await session.connection()).execute(ENDED, values)
    return bool(done.rowcount)


def describe(fault: BaseException) -> str:
    """The fault's class and where it was raised. Its message is left out: it may quote personal data."""
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    return f"{type(fault).__module__}.{type(fault).__qualname__}{where}"


def fingerprint(fault: BaseException) -> str:
    """The same for faults of one cause: class and place, not the values."""
    places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(fault.__traceback__)[-3:]]
    return hashlib.sha256("|".join([type(fault).__qualname__, *places]).encode()).hexdigest()[:16]
