"""Marks events as handled in the transaction of their effect, and notices repeats, gaps, and keys that must wait."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events import FORGETTABLES, Envelope

# One round trip however many they are. A concurrent copy of an event waits at the insert until the other transaction
# ends, and loses if it committed; sorted, so that two batches don't wait for each other. `inbox_head` is read as it was
# before, so what precedes an event is that head, or the highest of its subject among those before it here.
RECEIVE = text(
    """
    WITH given AS (
        SELECT * FROM unnest(
            CAST(:ids AS uuid[]), CAST(:sources AS text[]), CAST(:subjects AS text[]), CAST(:sequences AS bigint[]),
            CAST(:ordered AS boolean[])
        ) WITH ORDINALITY AS given (event_id, source, subject, sequence, ordered, nth)
    ),
    fresh AS (
        INSERT INTO inbox (event_id) SELECT event_id FROM given ORDER BY event_id
        ON CONFLICT DO NOTHING RETURNING event_id
    ),
    came AS (
        SELECT given.*, greatest(
                   coalesce(head.sequence, 0),
                   coalesce(max(given.sequence) OVER (
                       PARTITION BY given.source, given.subject ORDER BY nth
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                   ), 0)
               ) AS before
        FROM given JOIN fresh USING (event_id)
        LEFT JOIN inbox_head AS head ON head.source = given.source AND head.subject = given.subject
    ),
    heads AS (
        INSERT INTO inbox_head AS head (source, subject, sequence, gaps)
        SELECT source, subject, max(sequence), count(*) FILTER (WHERE ordered AND sequence > before + 1)
        FROM came GROUP BY source, subject ORDER BY source, subject
        ON CONFLICT (source, subject) DO UPDATE
        SET sequence = greatest(head.sequence, excluded.sequence), gaps = head.gaps + excluded.gaps
    )
    SELECT event_id, CASE WHEN ordered THEN greatest(sequence - before - 1, 0) ELSE 0 END AS missing FROM came
    """
)

WAITING_KEYS = text(
    """
    SELECT topic, key
    FROM unnest(CAST(:topics AS text[]), CAST(:keys AS text[])) AS given (topic, key)
    WHERE EXISTS (
        SELECT FROM quarantine AS q WHERE q.topic = given.topic AND q.key = given.key AND q.released_at IS NULL
    )
    """
)

KNOWN = text("SELECT event_id FROM inbox WHERE event_id = ANY(CAST(:ids AS uuid[]))")


@dataclass(frozen=True)
class Receipt:
    """What is known of an event as it arrives."""

    fresh: bool
    """False: it was handled before, so nothing must happen."""

    missing: int = 0
    """How many events of its aggregate should have come first and did not; 0 when in order."""


REPEATED = Receipt(fresh=False)


async def receive(session: AsyncSession, envelopes: Sequence[Envelope]) -> list[Receipt]:
    """Take events in, in their order. A repeat, also of one in the same list, is not fresh."""
    # By its first copy: the order of a dictionary is that of insertion.
    first = {envelope.id: number for number, envelope in reversed(list(enumerate(envelopes)))}
    given = [envelope for number, envelope in enumerate(envelopes) if first[envelope.id] == number]
    # A compacted topic keeps the newest record of a key only: gaps in it mean nothing.
    ordered = [envelope.topic not in FORGETTABLES for envelope in given]
    rows = await (await session.connection()).execute(
        RECEIVE,
        {
            "ids": [envelope.id for envelope in given],
            "sources": [
                envelope.source if in_order else envelope.topic
                for envelope, in_order in zip(given, ordered, strict=True)
            ],
            "subjects": [envelope.subject for envelope in given],
            "sequences": [envelope.sequence for envelope in given],
            "ordered": ordered,
        },
    )
    missing = {row.event_id: row.missing for row in rows}
    return [
        Receipt(fresh=True, missing=missing[envelope.id])
        if envelope.id in missing and first[envelope.id] == number
        else REPEATED
        for number, envelope in enumerate(envelopes)
    ]


async def waiting_keys(session: AsyncSession, keys: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these topics and keys of which an event waits in quarantine."""
    rows = await (await session.connection()).execute(
        WAITING_KEYS, {"topics": [topic for topic, _ in keys], "keys": [key for _, key in keys]}
    )
    return {(row.topic, row.key) for row in rows}


async def received(session: AsyncSession, envelopes: Sequence[Envelope]) -> set[object]:
    """The ids of those among these events that were handled before; asked of events that are not taken in now."""
    rows = await (await session.connection()).execute(KNOWN, {"ids": [envelope.id for envelope in envelopes]})
    return {row.event_id for row in rows}
