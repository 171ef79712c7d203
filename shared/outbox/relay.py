"""Hands the outbox to Kafka: in order per key, at batch speed, and deletes only what was acknowledged."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from prometheus_client import Counter

from shared import tracing
from shared.database import new_id
from shared.events import encode_headers
from shared.outbox.wakeup import Wakeup
from shared.outbox.writing import envelope_of_pending

log = structlog.get_logger(__name__)

LEASE_SECONDS = 15
"""Renewed after a third of it, so that two thirds are left when a batch begins: more than its deadline and the time
that a producer has to stop. Otherwise another relay could send newer records before ours give up the older ones."""

SEND_DEADLINE_SECONDS = 6.0
"""An idempotent send may wait for ever in an outage; past this the producer is rebuilt and the batch sent anew."""

STOP_DEADLINE_SECONDS = 3.0

LARGEST_RECORD = 900_000
"""Bytes of key, value and headers; Kafka's own limit is 1 MiB with its framing. Larger rows park their key."""

FAULTS = (
    OSError,
    TimeoutError,
    KafkaError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a server that ends the session in the midst of a statement leaves asyncpg confused
)

PUBLISHED = Counter("datacity_outbox_published_total", "Records that Kafka acknowledged", ["service"])

RENEW = """
    UPDATE outbox_shard
    SET fence = fence + (holder IS DISTINCT FROM $1)::int, holder = $1,
        leased_until = clock_timestamp() + make_interval(secs => $2)
    WHERE shard IN (
        SELECT shard FROM outbox_shard
        WHERE holder = $1 OR leased_until < clock_timestamp()
        ORDER BY shard FOR UPDATE SKIP LOCKED
    )
    RETURNING shard
"""

PENDING = """
    SELECT p.position, p.topic, p.key, p.envelope, p.value AS pending_value,
           e.event_id, e.source, e.type, e.subject, e.sequence, e.happened_at,
           e.correlation_id, e.causation_id, e.actor, e.traceparent, e.value
    FROM outbox_pending p LEFT JOIN event_log e ON e.position = p.logged_at
    WHERE p.shard = ANY($1)
      AND NOT EXISTS (SELECT 1 FROM outbox_parked k WHERE k.topic = p.topic AND k.key = p.key)
    ORDER BY p.position LIMIT $2
"""

# A relay that lost its lease must not delete: whoever holds the shard now sends these rows again, and inboxes ignore
# the second copy.
ACKNOWLEDGED = """
    DELETE FROM outbox_pending p USING outbox_shard s
    WHERE p.position = ANY($1) AND s.shard = p.shard AND s.holder = $2 AND s.leased_until > clock_timestamp()
"""

PARK = """
    INSERT INTO outbox_parked (topic, key, position, error) VALUES ($1, $2, $3, $4)
    ON CONFLICT (topic, key) DO NOTHING
"""


@dataclass
class Relay:
    """One relay of one service. Several may run: each shard of keys is leased by one of them at a time."""

    service: str
    dsn: str
    kafka: str
    wakeup: Wakeup
    longest_poll: float = 0.5
    shortest_poll: float = 0.01
    batch_size: int = 1000
    id: Any = field(default_factory=new_id)
    shards: list[int] = field(default_factory=list)
    connected: bool = False

    def __post_init__(self) -> None:
        PUBLISHED.labels(self.service)  # from zero, as an alarm on a rise does not see a counter's first value

    async def run(self) -> None:
        """Relay until cancelled; whatever fails is logged, waited out and tried again."""
        pause = 0.2
        while True:
            try:
                await self._run_once()
            except FAULTS as fault:
                log.warning("relay_interrupted", service=self.service, error=type(fault).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
            else:
                pause = 0.2

    async def _run_once(self) -> None:
        connection = await asyncpg.connect(self.dsn, timeout=5, command_timeout=30)
        try:
            producer = AIOKafkaProducer(
                bootstrap_servers=self.kafka,
                client_id=f"{self.service}-relay",
                acks="all",
                enable_idempotence=True,
                linger_ms=2,
                max_request_size=1_000_000,
                request_timeout_ms=10_000,
            )
            await producer.start()
            try:
                self.connected = True
                await self._relay(connection, producer)
            finally:
                self.connected = False
                # `stop` flushes, which may wait for ever when Kafka is away; what it would flush is still pending.
                with contextlib.suppress(TimeoutError, KafkaError, OSError):
                    await asyncio.wait_for(producer.stop(), STOP_DEADLINE_SECONDS)
        finally:
            with contextlib.suppress(Exception):
                await self._give_back(connection)
            with contextlib.suppress(Exception):
                await connection.close(timeout=2)

    async def _relay(self, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> None:
        loop = asyncio.get_running_loop()
        renew_at, poll = 0.0, self.shortest_poll
        while True:
            if loop.time() >= renew_at:
                self.shards = [row["shard"] for row in await connection.fetch(RENEW, self.id, float(LEASE_SECONDS))]
                renew_at = loop.time() + LEASE_SECONDS / 3
            rows = await connection.fetch(PENDING, self.shards, self.batch_size)
            if rows:
                await self._send(connection, producer, rows)
                poll = self.shortest_poll
                continue
            woken = await self.wakeup.wait(at_most=poll)
            poll = self.shortest_poll if woken else min(poll * 2, self.longest_poll)

    async def _send(self, connection: asyncpg.Connection, producer: AIOKafkaProducer, rows: list[Any]) -> None:
        """Send in order, each row with its own key; delete what was acknowledged; park what can never be sent."""
        began = tracing.moment(self.service)
        sent: list[tuple[int, asyncio.Future[Any]]] = []
        parked: set[tuple[str, str]] = set()
        # One deadline for the batch, also for `send`, which waits for room in its buffer: past it, `run` rebuilds the
        # producer and sends again what was not deleted.
        async with asyncio.timeout(SEND_DEADLINE_SECONDS):
            for row in rows:
                key = (row["topic"], row["key"])
                if key in parked:
                    continue
                envelope = envelope_of_pending(row)
                headers = encode_headers(envelope.headers())
                size = len(envelope.value or b"") + sum(len(n) + len(v) for n, v in headers) + len(envelope.key)
                if size > LARGEST_RECORD:
                    parked.add(key)
                    await self._park(connection, row, f"{size} bytes, more than the {LARGEST_RECORD} that Kafka takes")
                    continue
                future = await producer.send(
                    envelope.topic, value=envelope.value, key=envelope.key.encode(), headers=headers
                )
                sent.append((row["position"], future))
            outcomes = await asyncio.gather(*(future for _, future in sent), return_exceptions=True)
        acknowledged = [
            position
            for (position, _), outcome in zip(sent, outcomes, strict=True)
            if not isinstance(outcome, BaseException)
        ]
        if acknowledged:
            await connection.execute(ACKNOWLEDGED, acknowledged, self.id)
            PUBLISHED.labels(self.service).inc(len(acknowledged))
            self._tell(rows, set(acknowledged), began)
        if faults := [outcome for outcome in outcomes if isinstance(outcome, BaseException)]:
            raise faults[0]

    def _tell(self, rows: list[Any], acknowledged: set[int], began: int) -> None:
        for row in rows if began else ():
            if row["position"] in acknowledged:
                envelope = envelope_of_pending(row)
                tracing.published(
                    self.service,
                    began,
                    topic=envelope.topic,
                    event_id=envelope.id,
                    type=envelope.type,
                    traceparent=envelope.traceparent,
                )

    async def _park(self, connection: asyncpg.Connection, row: Any, error: str) -> None:
        log.error("outbox_key_parked", service=self.service, topic=row["topic"], position=row["position"], reason=error)
        await connection.execute(PARK, row["topic"], row["key"], row["position"], error)

    async def _give_back(self, connection: asyncpg.Connection) -> None:
        """Another relay need not wait for the lease to end when this one stops properly."""
        await connection.execute(
            "UPDATE outbox_shard SET holder = NULL, leased_until = '-infinity' WHERE holder = $1", self.id, timeout=2
        )
        self.shards = []
