"""One passage of a relay: reads the outbox, fills the lanes, deletes what Kafka acknowledged, keeps the leases.

It lives as long as its producer. Four kinds of task share its state: one reads, one lane per partition sends, one
deletes, one keeps house. The first fault of any ends them all, and the relay begins another passage; rows that were
under way are pending still, so nothing is lost, and at worst a record is sent twice.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from prometheus_client import Counter, Gauge, Histogram

from shared.outbox.floor import SNAPSHOT, Floor
from shared.outbox.lanes import SEND_DEADLINE_SECONDS, BatchRefused, Lane
from shared.outbox.leases import RENEW_SECONDS
from shared.outbox.pending import PENDING, Pending, pending_of
from shared.outbox.routing import Routing

if TYPE_CHECKING:
    from shared.outbox.relay import Relay

log = structlog.get_logger(__name__)

PAGE = 500
"""Rows read at a time."""

SWEEP = 20_000
"""Rows read in one snapshot, when there are more than a page. A snapshot that is open keeps dead rows from being
cleaned away, and a key that is parked meanwhile would be read on."""

MOST_UNDER_WAY = 5_000
MOST_BYTES_UNDER_WAY = 48 * 1024 * 1024
"""How much is read ahead of Kafka's acknowledgements; past it reading waits."""

HOUSEKEEPING_SECONDS = 0.5

# A relay that lost its lease must not delete: whoever holds the shard now sends these rows again, and inboxes ignore
# the second copy.
ACKNOWLEDGED = """
    DELETE FROM outbox_pending p USING outbox_shard s
    WHERE p.position = ANY($1) AND s.shard = p.shard AND s.holder = $2 AND s.leased_until > clock_timestamp()
"""

PARK = """
    INSERT INTO outbox_parked (topic, key, position, error) VALUES ($1, $2, $3, $4)
    ON CONFLICT (topic, key) DO UPDATE SET position = least(outbox_parked.position, excluded.position)
"""

PARKED = "SELECT topic, key, position FROM outbox_parked"

PUBLISHED = Counter("datacity_outbox_published_total", "Records that Kafka acknowledged", ["service"])
PUBLISH_SECONDS = Histogram(
    "datacity_outbox_publish_seconds",
    "From an event's own time to Kafka's acknowledgement; of a batch, its oldest record",
    ["service"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
SHARDS_HELD = Gauge("datacity_relay_shards", "Shards of keys that this relay holds", ["service"])


def begin_measuring(service: str) -> None:
    """Tell zero from the beginning: an alarm on a rise does not see a first value."""
    for metric in (PUBLISHED, PUBLISH_SECONDS, SHARDS_HELD):
        metric.labels(service)


class Passage:
    """See the module. `begin`, then `run` until it raises, then perhaps `settle`."""

    def __init__(
        self, relay: "Relay", *, reading: asyncpg.Connection, control: asyncpg.Connection, producer: AIOKafkaProducer
    ) -> None:
        self.relay = relay
        self.floor = Floor()
        self._reading = reading
        self._control = control
        self._turn = asyncio.Lock()
        """Whose statement is next on the control connection."""
        self._producer = producer
        self._under_way: dict[int, Pending] = {}
        self._bytes = 0
        self._room = asyncio.Event()
        self._acknowledged: list[Pending] = []
        self._news = asyncio.Event()
        self._shards: frozenset[int] = frozenset()
        self._parked: dict[tuple[str, str], int] = {}
        self._view = object()
        """Another one as soon as shards or parked keys are others: a sweep that began before ends there, or it would
        take later rows of a key whose earlier ones it passed over."""
        self._lanes: dict[tuple[str, int], Lane] = {}
        self._routing = Routing(producer, service=relay.service, on_found=relay.wakeup.signal)
        self._tasks = asyncio.TaskGroup()

    async def begin(self) -> None:
        """Take shards, so that there is something to read."""
        await self._keep_house(renew=True)

    async def run(self) -> None:
        """Until cancelled, or until a fault, which is raised as it is."""
        try:
            async with self._tasks as tasks:
                tasks.create_task(self._routing.run())
                tasks.create_task(self._read())
                tasks.create_task(self._delete())
                tasks.create_task(self._keep_housekeeping())
        except BaseExceptionGroup as group:
            # A refusal outweighs what fell with it; otherwise the first fault tells what happened.
            faults = group.exceptions
            fault = next((each for each in faults if isinstance(each, BatchRefused)), faults[0])
            if isinstance(fault, BatchRefused):
                await self.settle()
                await self.relay.refused(self, fault)
            raise fault from None

    async def settle(self) -> None:
        """Wait for answers that are still to come, and delete what was acknowledged."""
        open_answers = {lane.under_way[0] for lane in self._lanes.values() if lane.under_way}
        if open_answers:
            await asyncio.wait(open_answers, timeout=SEND_DEADLINE_SECONDS)
        for lane in self._lanes.values():
            if lane.under_way and _was_acknowledged(lane.under_way[0]):
                self._acknowledged.extend(lane.under_way[1])
        if self._acknowledged:
            await self._forget(self._acknowledged)

    # What lanes ask and tell

    def is_parked(self, row: Pending) -> bool:
        parked_at = self._parked.get((row.topic, row.key)) if self._parked else None
        return parked_at is not None and row.position >= parked_at

    def is_suspect(self, row: Pending) -> bool:
        return bool(self.relay.refusals) and row.position in self.relay.refusals

    def dropped(self, row: Pending) -> None:
        """It stays pending, behind its key's mark."""
        self._no_longer_under_way([row])

    def acknowledged(self, rows: list[Pending]) -> None:
        self._acknowledged.extend(rows)
        self._news.set()
        service = self.relay.service
        PUBLISHED.labels(service).inc(len(rows))
        PUBLISH_SECONDS.labels(service).observe(max(0.0, time.time() - rows[0].happened_at))

    async def park(self, row: Pending, reason: str) -> None:
        """Stop this row's key here: its earlier rows go on, this one and the later ones wait for a person."""
        log.error(
            "outbox_key_parked", service=self.relay.service, topic=row.topic, position=row.position, reason=reason
        )
        async with self._turn:
            await self._control.execute(PARK, row.topic, row.key, row.position, reason)
            self._parked[row.topic, row.key] = min(row.position, self._parked.get((row.topic, row.key), row.position))
        self.relay.passed(row)

    # Reading

    async def _read(self) -> None:
        poll = self.relay.shortest_poll
        while True:
            found = await self._sweep()
            if found:
                poll = self.relay.shortest_poll
            woken = await self.relay.wakeup.wait(at_most=poll)
            poll = self.relay.shortest_poll if woken else min(poll * 2, self.relay.longest_poll)

    async def _sweep(self) -> int:
        """Read all that is pending and not under way yet, in one snapshot; returns how many rows were new.

        One snapshot, since positions are handed out before transactions commit: between two, a row could come whose
        position is below what was read, and a later one of its subject after it.
        """
        shards, view = sorted(self._shards), self._view
        self._routing.refresh()
        if not self.floor.stragglers:
            known = set(self._under_way)
            rows = await self._reading.fetch(PENDING, shards, self.floor.position, PAGE)
            if len(rows) < PAGE:
                return await self._take(rows, known, view)
        found = 0
        async with self._reading.transaction(isolation="repeatable_read", readonly=True):
            self.floor.holds_in(await self._reading.fetchval(SNAPSHOT))
            known = set(self._under_way)
            cursor = await self._reading.cursor(PENDING, shards, self.floor.position, SWEEP)
            while self._view is view and (rows := await cursor.fetch(PAGE)):
                found += await self._take(rows, known, view)
        return found

    async def _take(self, rows: Sequence[Any], known: set[int], view: object) -> int:
        """Put the rows into their lanes, but those `known` to be there; waits while too much is under way."""
        taken = 0
        for row in rows:
            if self._view is not view:
                break
            if row[0] in known:
                continue
            pending = pending_of(row)
            if self.is_parked(pending):
                continue
            if pending.size > self.relay.largest_record:
                reason = f"{pending.size} bytes, more than the {self.relay.largest_record} that are sent"
                await self.park(pending, reason)
                continue
            lane = self._lane_of(pending)
            if lane is None:
                continue
            self._under_way[pending.position] = pending
            self._bytes += pending.size
            lane.put(pending)
            taken += 1
        if rows:
            self.floor.read(rows[-1][0])
        while len(self._under_way) > MOST_UNDER_WAY or self._bytes > MOST_BYTES_UNDER_WAY:
            self._room.clear()
            await self._room.wait()
        return taken

    def _lane_of(self, row: Pending) -> Lane | None:
        partition = self._routing.partition_of(row)
        if partition is None:
            return None
        lane = self._lanes.get((row.topic, partition))
        if lane is None:
            lane = Lane(
                self._producer,
                row.topic,
                partition,
                self,
                service=self.relay.service,
                largest_batch=self.relay.largest_batch,
            )
            self._lanes[row.topic, partition] = lane
            self._tasks.create_task(lane.run())
        return lane

    # Deleting

    async def _delete(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            if rows := list(self._acknowledged):
                await self._forget(rows)
                # Only now: whoever is stopped before this finds them there, and deletes them in `settle`.
                del self._acknowledged[: len(rows)]

    async def _forget(self, rows: list[Pending]) -> None:
        async with self._turn:
            await self._control.execute(ACKNOWLEDGED, [row.position for row in rows], self.relay.leases.relay)
        if self.relay.refusals:
            for row in rows:
                self.relay.passed(row)
        self._no_longer_under_way(rows)

    def _no_longer_under_way(self, rows: list[Pending]) -> None:
        for row in rows:
            if self._under_way.pop(row.position, None) is not None:
                self._bytes -= row.size
        self._room.set()

    # Keeping house

    async def _keep_housekeeping(self) -> None:
        loop = asyncio.get_running_loop()
        renew_at = loop.time() + RENEW_SECONDS
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            renew = loop.time() >= renew_at
            if renew:
                renew_at = loop.time() + RENEW_SECONDS
            await self._keep_house(renew=renew)

    async def _keep_house(self, *, renew: bool) -> None:
        """Leases; keys that a person let go again; the floor."""
        leases = self.relay.leases
        async with self._turn:
            if renew:
                await leases.renew(self._control, busy=lambda: {row.shard for row in self._under_way.values()})
                SHARDS_HELD.labels(self.relay.service).set(len(leases.fences))
            parked = {(row["topic"], row["key"]): row["position"] for row in await self._control.fetch(PARKED)}
            # From here to the new view nothing is awaited: no sweep may see new shards above an old floor.
            if leases.readable != self._shards or self._parked.keys() - parked.keys():
                self._shards, self._parked, self._view = leases.readable, parked, object()
                self.floor.reset()
                self.relay.wakeup.signal()
            else:
                self._parked = parked
                await self.floor.rise(self._control, self._shards)


def _was_acknowledged(answer: asyncio.Future[Any]) -> bool:
    return answer.done() and not answer.cancelled() and answer.exception() is None
