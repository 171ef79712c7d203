"""Which shards of keys a relay may send: leased by the database's clock, shared fairly, fenced against who lost one."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from shared.database import new_id
from shared.database.backbone import SHARDS

LEASE_SECONDS = 10.0
"""When a relay dies, another has its shards after this at the latest. Renewed after a quarter of it, so that three
quarters are left when a batch begins: more than its deadline and the time that a producer has to stop."""

RENEW_SECONDS = LEASE_SECONDS / 4

SEEN = """
    INSERT INTO outbox_relay (id, seen_until) VALUES ($1, clock_timestamp() + make_interval(secs => $2))
    ON CONFLICT (id) DO UPDATE SET seen_until = excluded.seen_until
"""
GONE = "DELETE FROM outbox_relay WHERE seen_until < clock_timestamp() - interval '1 minute'"
ALIVE = "SELECT count(*) FROM outbox_relay WHERE seen_until > clock_timestamp()"

RENEW = """
    UPDATE outbox_shard SET leased_until = clock_timestamp() + make_interval(secs => $2)
    WHERE holder = $1
    RETURNING shard, fence
"""

# SKIP LOCKED: two relays that claim at once get different shards, and neither waits.
CLAIM = """
    UPDATE outbox_shard
    SET holder = $1, fence = fence + 1, leased_until = clock_timestamp() + make_interval(secs => $2)
    WHERE shard IN (
        SELECT shard FROM outbox_shard
        WHERE holder IS DISTINCT FROM $1 AND leased_until < clock_timestamp()
        ORDER BY shard LIMIT $3 FOR UPDATE SKIP LOCKED
    )
    RETURNING shard, fence
"""

GIVE_BACK = """
    UPDATE outbox_shard SET holder = NULL, leased_until = '-infinity'
    WHERE holder = $1 AND shard = ANY($2)
"""

LEAVE = "DELETE FROM outbox_relay WHERE id = $1"


class LeaseLost(Exception):
    """Another relay took a shard of ours meanwhile: whatever is under way for it is its business now."""


@dataclass
class Leases:
    """What one relay holds. Every method is one or a few quick statements on the connection that it is given."""

    relay: UUID = field(default_factory=new_id)
    fences: dict[int, int] = field(default_factory=dict)
    """Shard → the fencing number under which we hold it."""

    leaving: set[int] = field(default_factory=set)
    """Shards that another relay shall have, as soon as nothing of ours is under way for them."""

    @property
    def readable(self) -> list[int]:
        """The shards whose rows may be taken up."""
        return sorted(self.fences.keys() - self.leaving)

    async def renew(self, connection: asyncpg.Connection, *, busy: set[int]) -> bool:
        """Say that we live, keep what we hold, take or leave what is fair; True if `readable` gained a shard.

        `busy` are the shards for which something is under way. Raises LeaseLost.
        """
        before = set(self.readable)
        await connection.execute(SEEN, self.relay, LEASE_SECONDS)
        await connection.execute(GONE)
        kept = _fences(await connection.fetch(RENEW, self.relay, LEASE_SECONDS))
        if any(kept.get(shard) != fence for shard, fence in self.fences.items()):
            self.fences = kept
            raise LeaseLost
        self.fences = kept
        share = -(-SHARDS // max(1, await connection.fetchval(ALIVE)))
        self.leaving = set(sorted(self.fences)[share:])
        if idle := sorted(self.leaving - busy):
            await self.give_back(connection, idle)
        if (lacking := share - len(self.fences)) > 0:
            self.fences |= _fences(await connection.fetch(CLAIM, self.relay, LEASE_SECONDS, lacking))
        return not before.issuperset(self.readable)

    async def give_back(self, connection: asyncpg.Connection, shards: list[int]) -> None:
        """Let others have these at once."""
        await connection.execute(GIVE_BACK, self.relay, shards)
        for shard in shards:
            self.fences.pop(shard, None)
        self.leaving -= set(shards)

    async def leave(self, connection: asyncpg.Connection) -> None:
        """Give everything back and be counted no longer: others need not wait for the leases to end."""
        await self.give_back(connection, sorted(self.fences))
        await connection.execute(LEAVE, self.relay)


def _fences(rows: list[Any]) -> dict[int, int]:
    return {row["shard"]: row["fence"] for row in rows}
