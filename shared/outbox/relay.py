"""Hands the outbox to Kafka: in order per key, at batch speed, and deletes only what was acknowledged."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from prometheus_client import Counter

from shared.outbox import lanes
from shared.outbox.lanes import BatchRefused
from shared.outbox.leases import LeaseLost, Leases
from shared.outbox.passage import SHARDS_HELD, Passage, begin_measuring
from shared.outbox.pending import Pending
from shared.outbox.producing import abandon, make_producer
from shared.outbox.wakeup import Wakeup

log = structlog.get_logger(__name__)

STOP_DEADLINE_SECONDS = 2.0
START_DEADLINE_SECONDS = 10.0

LARGEST_RECORD = 900_000
"""Bytes of key, value and headers; Kafka's own limit is 1 MiB with its framing. Larger rows park their key."""

UNCLEAR_REFUSALS = 5
"""How often a record is refused for an unclear reason, alone in its batch, before its key is parked."""

FAULTS = (
    OSError,
    TimeoutError,
    KafkaError,
    LeaseLost,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a server that ends the session in the midst of a statement leaves asyncpg confused
)

REBUILDS = Counter(
    "datacity_relay_rebuilds_total", "Times the relay began anew, by what made it", ["service", "reason"]
)

# Deleting or leasing again after a crash of PostgreSQL costs a second copy in Kafka, which inboxes ignore; waiting for
# the disk would cost it every time. The planner is told how to read: its figures of a table that is emptied all the
# time are always wrong.
SESSION = {
    "timezone": "UTC",
    "synchronous_commit": "off",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_bitmapscan": "off",
    "jit": "off",
}


@dataclass
class Relay:
    """One relay of one service. Several may run: each shard of keys is leased by one of them at a time.

    What survives a fault is here: the leases, which records Kafka refused, how large a batch it takes. All else
    belongs to a Passage, which is begun anew with a new producer.
    """

    service: str
    dsn: str
    kafka: str
    wakeup: Wakeup
    longest_poll: float = 0.5
    shortest_poll: float = 0.005
    largest_record: int = LARGEST_RECORD
    leases: Leases = field(default_factory=Leases)
    connected: bool = False
    passage: Passage | None = None
    """The one under way."""
    refusals: dict[int, int] = field(default_factory=dict)
    """Position → how often Kafka refused the batch that it was in. Such rows travel alone."""
    largest_batch: int = lanes.LARGEST_BATCH

    @property
    def shards(self) -> list[int]:
        return sorted(self.leases.fences)

    async def run(self) -> None:
        """Relay until cancelled; whatever fails is logged, waited out and tried again."""
        begin_measuring(self.service)
        for reason in ("refused", "lease_lost", "fault"):
            REBUILDS.labels(self.service, reason)
        pause = 0.2
        while True:
            try:
                await self._run_once()
            except BatchRefused as refused:
                # Not a fault of the way but of a record: the next passage sends each of these alone.
                REBUILDS.labels(self.service, "refused").inc()
                log.warning("batch_refused", service=self.service, records=len(refused.rows), error=_named(refused))
                pause = 0.2
            except FAULTS as fault:
                REBUILDS.labels(self.service, "lease_lost" if isinstance(fault, LeaseLost) else "fault").inc()
                log.warning("relay_interrupted", service=self.service, error=type(fault).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
            else:
                pause = 0.2

    async def _run_once(self) -> None:
        """One passage, from a new producer to its end; faults of its parts are raised as they are."""
        async with self._connection() as reading, self._connection() as control, self._producer() as producer:
            passage = self.passage = Passage(self, reading=reading, control=control, producer=producer)
            try:
                await passage.begin()
                self.connected = True
                await passage.run()
            except asyncio.CancelledError:
                await self._end_orderly(passage, control)
                raise
            finally:
                self.connected = False
                SHARDS_HELD.labels(self.service).set(0)

    async def _end_orderly(self, passage: Passage, control: asyncpg.Connection) -> None:
        """Record what was still acknowledged, and let another relay go on at once."""
        with contextlib.suppress(*FAULTS):
            async with asyncio.timeout(STOP_DEADLINE_SECONDS):
                await passage.settle()
                await self.leases.leave(control)

    async def refused(self, passage: Passage, refused: BatchRefused) -> None:
        """Remember whom to send alone; who was alone already, or can't be meant otherwise, is parked."""
        rows = refused.rows
        if len(rows) > 1 and isinstance(refused.refusal, lanes.TOO_LARGE):
            # Perhaps no record is too large, and only the batch is: the topic may take less than we thought.
            self.largest_batch = max(16 * 1024, self.largest_batch // 2)
        for row in rows:
            self.refusals[row.position] = self.refusals.get(row.position, 0) + 1
        if len(rows) == 1:
            unclear = isinstance(refused.refusal, lanes.UNCLEAR)
            if not unclear or self.refusals[rows[0].position] > UNCLEAR_REFUSALS:
                await passage.park(rows[0], f"Kafka refuses it: {type(refused.refusal).__name__}")

    def passed(self, row: Pending) -> None:
        """It was acknowledged or parked: nothing is held against it any more."""
        self.refusals.pop(row.position, None)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        settings = {"application_name": f"datacity-{self.service}-relay"} | SESSION
        connection = await asyncpg.connect(self.dsn, timeout=5, command_timeout=30, server_settings=settings)
        try:
            yield connection
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=2)

    @asynccontextmanager
    async def _producer(self) -> AsyncIterator[AIOKafkaProducer]:
        producer = make_producer(self.kafka, client_id=f"{self.service}-relay", largest_batch=self.largest_batch)
        try:
            async with asyncio.timeout(START_DEADLINE_SECONDS):
                await producer.start()
            yield producer
        finally:
            await abandon(producer)


def _named(refused: BatchRefused) -> str:
    return type(refused.refusal).__name__
