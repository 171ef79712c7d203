"""Handles one record: inbox row, effect and its own events in one transaction; what keeps failing is parked."""

import asyncio
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from prometheus_client import Counter

from shared import tracing
from shared.database import ping
from shared.events import Envelope, MalformedEnvelope, read
from shared.identity import Actor
from shared.inbox import Parked, park, receive, waiting
from shared.inbox.quarantine import mark_released
from shared.messaging.listener import Listener
from shared.work import Works

log = structlog.get_logger(__name__)

HANDLED = Counter(
    "datacity_events_handled_total", "Records taken from Kafka, by outcome", ["service", "topic", "outcome"]
)
GAPS = Counter("datacity_event_gaps_total", "Events whose aggregate's earlier events never came", ["service", "topic"])

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0
PING_SECONDS = 5.0


class Outcome(StrEnum):
    HANDLED = "handled"
    DUPLICATE = "duplicate"
    PARKED = "parked"


class _BehindParked(Exception):
    """An earlier event of this key waits in quarantine."""


@dataclass
class Handling:
    """How one service handles a record, from Kafka or out of quarantine."""

    listener: Listener
    works: Works
    budget_seconds: float = 20.0

    def __post_init__(self) -> None:
        # An alarm on a rise does not see a counter's first value, if that is its first sample: all begin at zero.
        for topic in self.listener.topics:
            GAPS.labels(self.works.service, topic)
            for outcome in Outcome:
                HANDLED.labels(self.works.service, topic, outcome)

    async def handle(self, record: Any) -> Outcome:
        """Handle a record until its effect is committed or it is parked; both survive a crash right after."""
        try:
            envelope = Envelope.from_record(record)
        except MalformedEnvelope as malformed:
            return await self._park(record, malformed, attempts=1)
        with structlog.contextvars.bound_contextvars(
            event_id=str(envelope.id), correlation_id=envelope.correlation_id, causation_id=envelope.causation_id
        ):
            return await self._handle_within_budget(record, envelope)

    async def release(self, *, topic: str, key: str, actor: Actor) -> int:
        """Handle a parked key's events in order, up to the first that still fails. Returns how many were released."""
        async with self.works.begin(actor=actor, read_only=True) as work:
            parked = await waiting(work.session, topic=topic, key=key)
        for count, record in enumerate(parked):
            try:
                await self._attempt(record, Envelope.from_record(record), released=record, by=actor.name)
            except Exception as fault:
                log.warning("release_failed", topic=topic, offset=record.offset, error=type(fault).__name__)
                return count
        return len(parked)

    async def _handle_within_budget(self, record: Any, envelope: Envelope) -> Outcome:
        loop = asyncio.get_running_loop()
        give_up_at, pause, attempts = loop.time() + self.budget_seconds, FIRST_PAUSE_SECONDS, 0
        while True:
            attempts += 1
            try:
                outcome = await self._attempt(record, envelope)
            except _BehindParked:
                return await self._park(record, None, attempts=0)
            except Exception as fault:
                if await self._database_is_away():
                    # Nothing can be parked while the database is away, and nothing is wrong with the event.
                    give_up_at = loop.time() + self.budget_seconds
                    log.warning("handling_waits_for_database", error=type(fault).__name__)
                elif loop.time() >= give_up_at or is_hopeless(fault):
                    return await self._park(record, fault, attempts=attempts)
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            else:
                HANDLED.labels(self.works.service, record.topic, outcome).inc()
                return outcome

    async def _attempt(
        self, record: Any, envelope: Envelope, *, released: Parked | None = None, by: str = ""
    ) -> Outcome:
        with tracing.handling(self.works.service, envelope) as trace:
            outcome = await self._attempt_traced(record, envelope, trace, released=released, by=by)
        trace.end(datacity__outcome=str(outcome))
        return outcome

    async def _attempt_traced(
        self, record: Any, envelope: Envelope, trace: tracing.Trace, *, released: Parked | None, by: str
    ) -> Outcome:
        async with self.works.begin(cause=envelope, traceparent=trace.traceparent) as work:
            receipt = await receive(work.session, envelope)
            if released:
                await mark_released(work.session, released, by=by)
            if not receipt.fresh:
                return Outcome.DUPLICATE
            if receipt.key_parked and not released:
                trace.end(datacity__outcome=str(Outcome.PARKED))
                raise _BehindParked
            if receipt.missing:
                GAPS.labels(self.works.service, record.topic).inc(receipt.missing)
                log.error("event_gap", topic=record.topic, subject=envelope.subject, missing=receipt.missing)
            heard = read(envelope)
            if heard is not None and (function := self.listener.functions.get(record.topic)):
                await function(heard, work)
            if keeps := self.listener.records.get(record.topic):
                await keeps(envelope, work)
        return Outcome.HANDLED

    async def _database_is_away(self) -> bool:
        """Asked of the database itself: the class of a fault does not tell where it came from."""
        try:
            async with asyncio.timeout(PING_SECONDS):
                await ping(self.works.engine)
        except Exception:
            return True
        return False

    async def _park(self, record: Any, fault: BaseException | None, *, attempts: int) -> Outcome:
        """Put the record aside; while that can't be written either, keep trying, as nothing may vanish."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                async with self.works.begin() as work:
                    await park(work.session, record, fault=fault, attempts=attempts)
                break
            except Exception:
                if not await self._database_is_away():
                    raise
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        HANDLED.labels(self.works.service, record.topic, Outcome.PARKED).inc()
        log.error(
            "event_parked",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            attempts=attempts,
            error=type(fault).__name__ if fault else "behind",
        )
        return Outcome.PARKED


def is_hopeless(fault: BaseException) -> bool:
    """True if trying again can't help, as the event's own bytes do not fit its contract."""
    return isinstance(fault, ValueError) and type(fault).__name__ == "ValidationError"
