"""Tells each tombstone a second time, a while after the first: only then does Kafka compact its record away.

Kafka never cleans the segment that it writes to, and closes it only when another record comes. On a quiet topic the
tombstone would stay in that segment, unread by the cleaner, and what it erases would stay before it.
"""

import asyncio

import structlog
from sqlalchemy import text

from shared.events import FORGETTABLES
from shared.work import Work, Works

log = structlog.get_logger(__name__)

AFTER_SECONDS = 120.0
"""Longer than a segment of a compacted topic is written to (`segment.ms`): the second one closes the first one's."""

EVERY_SECONDS = 20.0
BATCH = 100

DUE = text(
    """
    SELECT topic, key FROM tombstone
    WHERE times < 2 AND told_at < now() - make_interval(secs => CAST(:after AS double precision))
    ORDER BY told_at LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)


async def tell_tombstones_again(
    works: Works, *, after_seconds: float = AFTER_SECONDS, every_seconds: float = EVERY_SECONDS
) -> None:
    """For ever; several workers share what is due by its row locks."""
    while True:
        async with works.begin() as work:
            told = await tell_again(work, after_seconds=after_seconds)
        if told < BATCH:
            await asyncio.sleep(every_seconds)


async def tell_again(work: Work, *, after_seconds: float = AFTER_SECONDS) -> int:
    """Tell those that are due once more; returns how many."""
    connection = await work.session.connection()
    due = (await connection.execute(DUE, {"after": after_seconds, "limit": BATCH})).all()
    for tombstone in due:
        work.forget(FORGETTABLES[tombstone.topic], key=tombstone.key)
    if due:
        log.info("tombstones_told_again", count=len(due))
    return len(due)
