"""Marks an event as handled in the transaction of its effect, and notices a repeat, a gap, and a parked key."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events import FORGETTABLES, Envelope

# One round trip. `before` reads the snapshot from before the upsert, so it is the head that this event follows.
RECEIVE = text(
    """
    WITH fresh AS (
        INSERT INTO inbox (event_id) VALUES (:event_id) ON CONFLICT DO NOTHING RETURNING 1
    ),
    head AS (
        INSERT INTO inbox_head AS h (source, subject, sequence, gaps)
        SELECT :source, :subject, :sequence, (:ordered AND CAST(:sequence AS bigint) > 1)::int FROM fresh
        ON CONFLICT (source, subject) DO UPDATE
        SET sequence = GREATEST(h.sequence, excluded.sequence),
            gaps = h.gaps + (:ordered AND excluded.sequence > h.sequence + 1)::int
        RETURNING 1
    )
    SELECT EXISTS (SELECT 1 FROM fresh) AS fresh,
           (SELECT sequence FROM inbox_head WHERE source = :source AND subject = :subject) AS before,
           EXISTS (SELECT 1 FROM quarantine WHERE topic = :topic AND key = :key AND released_at IS NULL) AS key_parked,
           (SELECT count(*) FROM head) AS heads
    """
)


@dataclass(frozen=True)
class Receipt:
    """What is known of an event as it arrives."""

    fresh: bool
    """False: it was handled before, so nothing must happen."""

    key_parked: bool
    """True: an earlier event of its key waits in quarantine, so it must wait behind it."""

    missing: int
    """How many events of its aggregate should have come first and did not; 0 when in order."""


async def receive(session: AsyncSession, envelope: Envelope) -> Receipt:
    """Take the event in. A concurrent copy of it waits here until this transaction ends."""
    # A compacted topic keeps the newest record of a key only: gaps in it mean nothing.
    ordered = envelope.topic not in FORGETTABLES
    row = (
        await (await session.connection()).execute(
            RECEIVE,
            {
                "event_id": envelope.id,
                "source": envelope.source if ordered else envelope.topic,
                "subject": envelope.subject,
                "sequence": envelope.sequence,
                "ordered": ordered,
                "topic": envelope.topic,
                "key": envelope.key,
            },
        )
    ).one()
    missing = max(0, envelope.sequence - (row.before or 0) - 1) if ordered and row.fresh else 0
    return Receipt(fresh=row.fresh, key_parked=row.key_parked, missing=missing)
