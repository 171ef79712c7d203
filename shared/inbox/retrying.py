"""Sets an event aside that fails, with its key's later events behind it, and tells what is due to be tried again."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events import Envelope, decode_headers
from shared.inbox.quarantine import BEHIND, Parked, describe, fingerprint, waiting

# An offset is given again after a crash between this transaction and the commit of the offset: what waits already
# stays as it is, as it may have been tried since. One whose stay had ended begins anew, unless a person discarded it.
SET_ASIDE = text(
    """
    INSERT INTO quarantine (topic, partition, record_offset, key, headers, value, event_id, type, error, fingerprint,
                            attempts, last_attempt_at, next_attempt_at, give_up_at)
    SELECT topic, partition, record_offset, key, CAST(headers AS jsonb), value, event_id, type,
           CAST(:error AS text), CAST(:fingerprint AS text),
           CAST(:attempts AS integer), CASE WHEN CAST(:attempts AS integer) > 0 THEN now() END,
           now() + make_interval(secs => CAST(:pause AS double precision)),
           now() + make_interval(secs => CAST(:budget AS double precision))
    FROM unnest(
        CAST(:topics AS text[]), CAST(:partitions AS integer[]), CAST(:offsets AS bigint[]), CAST(:keys AS text[]),
        CAST(:headers AS text[]), CAST(:values AS bytea[]), CAST(:ids AS uuid[]), CAST(:types AS text[])
    ) WITH ORDINALITY
      AS given (topic, partition, record_offset, key, headers, value, event_id, type, nth)
    ORDER BY nth
    ON CONFLICT (topic, partition, record_offset) DO UPDATE
    SET value = excluded.value, error = excluded.error, fingerprint = excluded.fingerprint,
        attempts = excluded.attempts, parked_at = now(), last_attempt_at = excluded.last_attempt_at,
        next_attempt_at = excluded.next_attempt_at, give_up_at = excluded.give_up_at,
        released_at = NULL, released_by = NULL, ended_as = NULL, reason = NULL, note = NULL
    WHERE quarantine.released_at IS NOT NULL AND quarantine.ended_as IS DISTINCT FROM 'discarded'
    """
)

CLAIM = text(
    """
    WITH due AS (
        SELECT id FROM quarantine
        WHERE released_at IS NULL AND next_attempt_at <= now()
        ORDER BY next_attempt_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE quarantine AS q
    SET next_attempt_at = now() + make_interval(secs => CAST(:lease AS double precision))
    FROM due WHERE q.id = due.id
    RETURNING q.topic, q.key
    """
)

GIVEN_UP = text(
    """
    SELECT id FROM quarantine
    WHERE topic = :topic AND key = :key AND released_at IS NULL AND next_attempt_at IS NULL AND fingerprint <> 'behind'
    """
)

FAILED_AGAIN = text(
    """
    UPDATE quarantine
    SET error = :error, fingerprint = :fingerprint, attempts = attempts + 1, last_attempt_at = now(),
        give_up_at = until.at,
        next_attempt_at = CASE
            WHEN NOT CAST(:hopeless AS boolean) AND until.at > now()
            THEN least(until.at, now() + make_interval(secs => CAST(:pause AS double precision)))
        END
    FROM (
        SELECT coalesce(give_up_at, now() + make_interval(secs => CAST(:budget AS double precision))) AS at
        FROM quarantine WHERE id = :id
    ) AS until
    WHERE id = :id AND released_at IS NULL
    RETURNING next_attempt_at IS NULL AS given_up
    """
)


async def set_aside(
    session: AsyncSession,
    record: Any,
    envelope: Envelope | None,
    *,
    fault: BaseException,
    attempts: int,
    pause: float | None,
    budget: float,
) -> None:
    """Put a failing record into quarantine, to be tried again after a pause; without one it waits for a person."""
    await _put(
        session,
        [(record, envelope)],
        error=describe(fault),
        fingerprint=fingerprint(fault),
        attempts=attempts,
        pause=pause,
        budget=budget,
    )


async def put_behind(session: AsyncSession, records: Sequence[tuple[Any, Envelope]]) -> None:
    """Put records behind earlier ones of their keys, in order; one that waits already is left as it is."""
    await _put(
        session,
        records,
        error="waits behind an earlier event of its key",
        fingerprint=BEHIND,
        attempts=0,
        pause=None,
        budget=None,
    )


async def claim_due(session: AsyncSession, *, limit: int, lease_seconds: float) -> set[tuple[str, str]]:
    """Topics and keys whose turn it is; no other worker is given them before the lease ends."""
    rows = await (await session.connection()).execute(CLAIM, {"limit": limit, "lease": lease_seconds})
    return {(row.topic, row.key) for row in rows}


async def to_be_tried(session: AsyncSession, *, topic: str, key: str) -> list[Parked]:
    """The key's events in order, up to the first that waits for a person."""
    parked = await waiting(session, topic=topic, key=key)
    rows = await (await session.connection()).execute(GIVEN_UP, {"topic": topic, "key": key})
    given_up = {row.id for row in rows}
    for number, event in enumerate(parked):
        if event.id in given_up:
            return parked[:number]
    return parked


async def note_failure(
    session: AsyncSession,
    parked: Parked,
    *,
    fault: BaseException,
    hopeless: bool,
    pause: float,
    budget: float,
) -> bool:
    """Remember that it failed once more, and when to try again. True: from now on it waits for a person."""
    row = (
        await (await session.connection()).execute(
            FAILED_AGAIN,
            {
                "id": parked.id,
                "error": describe(fault),
                "fingerprint": fingerprint(fault),
                "hopeless": hopeless,
                "pause": pause,
                "budget": budget,
            },
        )
    ).first()
    return bool(row and row.given_up)


async def _put(session: AsyncSession, records: Sequence[tuple[Any, Envelope | None]], **same: Any) -> None:
    await (await session.connection()).execute(
        SET_ASIDE,
        {
            "topics": [record.topic for record, _ in records],
            "partitions": [record.partition for record, _ in records],
            "offsets": [record.offset for record, _ in records],
            "keys": [_key(record) for record, _ in records],
            "headers": [json.dumps(list(decode_headers(record.headers).items())) for record, _ in records],
            "values": [record.value for record, _ in records],
            "ids": [envelope.id if envelope else None for _, envelope in records],
            "types": [envelope.type if envelope else None for _, envelope in records],
            **same,
        },
    )


def _key(record: Any) -> str:
    key = record.key or ""
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else key
