"""How far down the outbox a relay need not look, though positions are handed out before their transactions commit.

Rows are deleted once Kafka has them, and a transaction that stays open keeps their remains from being cleaned away:
reading from the beginning each time would cost more and more. So the relay reads from a floor on. Every row at or
below it is deleted, or parked, or belongs to a transaction that was still open when the floor was raised, a
*straggler*. As soon as a straggler is seen to have ended, its rows may be there, and the relay reads from the beginning
once. So nothing is skipped, and a row never overtakes an earlier one of its subject: a reading either shows neither
(the earlier one's transaction is open, and the later one's waits for it at the subject's head) or finds both.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import asyncpg

# A writer gets its transaction id before its position (it locks the aggregate's head first), so whoever has a position
# at or below one that we saw has an id below the one that we are given now.
MARK = "SELECT pg_current_xact_id()::text::bigint"

SNAPSHOT = "SELECT pg_current_snapshot()::text"

LOWEST = """
    SELECT position FROM outbox_pending p
    WHERE shard = ANY($1) AND position > $2 AND position <= $3
      AND NOT EXISTS (SELECT 1 FROM outbox_parked k
                      WHERE k.topic = p.topic AND k.key = p.key AND k.position <= p.position)
    ORDER BY position LIMIT 1
"""


@dataclass
class Floor:
    """The floor of one relay, for the shards that it holds."""

    position: int = 0
    stragglers: frozenset[int] = frozenset()
    highest: int = 0
    """The highest position that was read."""

    _mark: tuple[int, int] | None = None
    """A position that was read by then, and a transaction id given out after it."""

    def reset(self) -> None:
        """Read from the beginning: shards came, a key was unparked, or a straggler ended."""
        self.position, self.stragglers, self._mark = 0, frozenset(), None

    def read(self, position: int) -> None:
        self.highest = max(self.highest, position)

    def holds_in(self, snapshot: str) -> bool:
        """False if a straggler has ended in this snapshot; the floor is reset then."""
        if self.stragglers <= in_progress(snapshot):
            return True
        self.reset()
        return False

    async def rise(self, connection: asyncpg.Connection, shards: Iterable[int]) -> None:
        """Call now and then: one call sets a mark, the next one raises the floor towards it.

        In between, the transactions of a moment end, and only those that stay open are left as stragglers.
        """
        if self._mark is None:
            if self.highest > self.position:
                self._mark = (self.highest, await connection.fetchval(MARK))
            return
        (highest, mark), self._mark = self._mark, None
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval(SNAPSHOT)
            lowest = await connection.fetchval(LOWEST, list(shards), self.position, highest)
        if self.holds_in(snapshot):
            self.position = highest if lowest is None else lowest - 1
            self.stragglers = frozenset(xid for xid in in_progress(snapshot) if xid < mark)


def in_progress(snapshot: str) -> frozenset[int]:
    """The transactions that a snapshot, as PostgreSQL writes it (`xmin:xmax:xip,…`), says are open."""
    _, _, listed = snapshot.split(":")
    return frozenset(int(xid) for xid in listed.split(",") if xid)
