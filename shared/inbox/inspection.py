"""What operators see of quarantine: its events page by page, grouped by what went wrong, and one with all about it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.inbox.quarantine import BEHIND, Parked


class QuarantineState(StrEnum):
    """Where an event in quarantine stands."""

    RETRYING = "retrying"
    """The service tries again by itself."""
    PARKED = "parked"
    """The service gave up: a person decides."""
    BEHIND = "behind"
    """Nobody tried it, as it waits for an earlier event of its key."""
    RELEASED = "released"
    DISCARDED = "discarded"


@dataclass(frozen=True, kw_only=True)
class Quarantined(Parked):
    """An event in quarantine, or that was there, with how its stay went on or ended."""

    event_id: UUID | None
    type: str | None
    state: QuarantineState
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None
    give_up_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    reason: str | None
    note: str | None

    @classmethod
    def of(cls, row: Any) -> Self:
        headers = [(name, value) for name, value in row.headers]
        told = dict(headers)
        return cls(
            id=row.id,
            topic=row.topic,
            partition=row.partition,
            offset=row.record_offset,
            key=row.key,
            headers=headers,
            value=row.value,
            error=row.error,
            fingerprint=row.fingerprint,
            attempts=row.attempts,
            parked_at=row.parked_at,
            event_id=row.event_id or _uuid(told.get("ce_id")),
            type=row.type or told.get("ce_type"),
            state=QuarantineState(row.state),
            last_attempt_at=row.last_attempt_at,
            next_attempt_at=row.next_attempt_at,
            give_up_at=row.give_up_at,
            ended_at=row.released_at,
            ended_by=row.released_by,
            reason=row.reason,
            note=row.note,
        )


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which events to list; None stands for any, and without a state those that still wait."""

    fingerprint: str | None = None
    topic: str | None = None
    key: str | None = None
    state: QuarantineState | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Keys whose first event failed in the same way."""

    fingerprint: str
    error: str
    keys: int
    events: int
    retrying: int
    parked: int
    first_at: datetime
    last_at: datetime
    types: list[str] = field(default_factory=list)


STATE = f"""
    CASE WHEN released_at IS NOT NULL THEN coalesce(ended_as, 'released')
         WHEN next_attempt_at IS NOT NULL THEN 'retrying'
         WHEN fingerprint = '{BEHIND}' THEN 'behind'
         ELSE 'parked' END
"""
COLUMNS = f"""
    id, topic, partition, record_offset, key, headers, error, fingerprint, attempts, parked_at, event_id, type,
    last_attempt_at, next_attempt_at, give_up_at, released_at, released_by, reason, note, {STATE} AS state
"""
WITHOUT_VALUE = "NULL::bytea AS value"
"""For lists: values may be large, and are shown one by one if at all."""

# The only text put into these statements is the constants above.
EVENTS = text(
    f"""
    SELECT {COLUMNS}, {WITHOUT_VALUE} FROM quarantine
    WHERE id > :after
      AND (released_at IS NULL) = :waits AND (CAST(:state AS text) IS NULL OR {STATE} = :state)
      AND (CAST(:fingerprint AS text) IS NULL OR fingerprint = :fingerprint)
      AND (CAST(:topic AS text) IS NULL OR topic = :topic) AND (CAST(:key AS text) IS NULL OR key = :key)
    ORDER BY id LIMIT :limit
    """  # noqa: S608
)
EVENT = text(f"SELECT {COLUMNS}, value FROM quarantine WHERE id = :id")  # noqa: S608
HEAD = text(
    f"""
    SELECT {COLUMNS}, value FROM quarantine WHERE topic = :topic AND key = :key AND released_at IS NULL
    ORDER BY partition, record_offset LIMIT 1
    """  # noqa: S608
)
BEHIND_IT = text(
    f"""
    SELECT {COLUMNS}, {WITHOUT_VALUE} FROM quarantine
    WHERE topic = :topic AND key = :key AND released_at IS NULL
      AND (partition, record_offset) > (:partition, :record_offset)
    ORDER BY partition, record_offset LIMIT :limit
    """  # noqa: S608
)
COUNT = text("SELECT count(*) FROM quarantine WHERE topic = :topic AND key = :key AND released_at IS NULL")

_HEADS = """
    heads AS (
        SELECT DISTINCT ON (topic, key) id, topic, key, headers, error, fingerprint, type, parked_at, next_attempt_at,
               last_attempt_at, count(*) OVER (PARTITION BY topic, key) AS events
        FROM quarantine WHERE released_at IS NULL
        ORDER BY topic, key, partition, record_offset
    )
"""
GROUPS = text(
    f"""
    WITH {_HEADS}
    SELECT fingerprint, (array_agg(error ORDER BY id DESC))[1] AS error,
           count(*) AS keys, sum(events)::bigint AS events,
           count(*) FILTER (WHERE next_attempt_at IS NOT NULL) AS retrying,
           count(*) FILTER (WHERE next_attempt_at IS NULL) AS parked,
           min(parked_at) AS first_at, max(parked_at) AS last_at,
           array_remove(array_agg(DISTINCT coalesce(type, (
               SELECT header ->> 1 FROM jsonb_array_elements(headers) header WHERE header ->> 0 = 'ce_type' LIMIT 1
           ))), NULL) AS types
    FROM heads WHERE fingerprint > :after
    GROUP BY fingerprint ORDER BY fingerprint LIMIT :limit
    """  # noqa: S608
)
# Those tried longest ago first, so that a group too large for one request is got through by repeating it.
KEYS_OF_GROUP = text(
    f"""
    WITH {_HEADS}
    SELECT topic, key FROM heads WHERE fingerprint = :fingerprint
    ORDER BY coalesce(last_attempt_at, '-infinity'), topic, key LIMIT :limit
    """  # noqa: S608
)


async def list_events(session: AsyncSession, wanted: Wanted, *, after: int | None, limit: int) -> list[Quarantined]:
    """In the order in which they came to quarantine."""
    values = {
        "after": after or 0,
        "waits": wanted.state not in {QuarantineState.RELEASED, QuarantineState.DISCARDED},
        "state": wanted.state,
        "fingerprint": wanted.fingerprint,
        "topic": wanted.topic,
        "key": wanted.key,
        "limit": limit,
    }
    rows = await (await session.connection()).execute(EVENTS, values)
    return [Quarantined.of(row) for row in rows]


async def list_groups(session: AsyncSession, *, after: str | None, limit: int) -> list[Group]:
    """In the order of their fingerprints."""
    rows = await (await session.connection()).execute(GROUPS, {"after": after or "", "limit": limit})
    return [Group(**row._mapping) for row in rows]


async def keys_of_group(session: AsyncSession, fingerprint: str, *, limit: int) -> list[tuple[str, str]]:
    """Topic and key of each head with this fingerprint."""
    rows = await (await session.connection()).execute(KEYS_OF_GROUP, {"fingerprint": fingerprint, "limit": limit})
    return [(row.topic, row.key) for row in rows]


async def find_event(session: AsyncSession, number: int) -> Quarantined | None:
    row = (await (await session.connection()).execute(EVENT, {"id": number})).first()
    return None if row is None else Quarantined.of(row)


async def head_of_key(session: AsyncSession, *, topic: str, key: str) -> Quarantined | None:
    """The event that all others of its key wait for."""
    row = (await (await session.connection()).execute(HEAD, {"topic": topic, "key": key})).first()
    return None if row is None else Quarantined.of(row)


async def behind(session: AsyncSession, event: Parked, *, limit: int) -> list[Quarantined]:
    """The first of those that wait behind an event, in order."""
    place = {"topic": event.topic, "key": event.key, "partition": event.partition, "record_offset": event.offset}
    rows = await (await session.connection()).execute(BEHIND_IT, {**place, "limit": limit})
    return [Quarantined.of(row) for row in rows]


async def count_of_key(session: AsyncSession, *, topic: str, key: str) -> int:
    """How many events of a key wait."""
    found = (await (await session.connection()).execute(COUNT, {"topic": topic, "key": key})).scalar_one()
    return int(found)


def _uuid(text_: str | None) -> UUID | None:
    try:
        return UUID(text_)
    except (TypeError, ValueError, AttributeError):
        return None
