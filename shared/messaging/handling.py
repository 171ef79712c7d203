"""Handles one record: inbox row, effect and its own events in one transaction; what keeps failing is parked."""

import asyncio
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from prometheus_client import Counter, Gauge

from shared.database import ping
from shared.events import Envelope, MalformedEnvelope, read
from shared.inbox import Parked, park, receive
from shared.inbox.quarantine import lock_key, mark_released
from shared.messaging.listener import Listener
from shared.work import Work, Works

log = structlog.get_logger(__name__)

HANDLED = Counter(
    "datacity_events_handled_total", "Records taken from Kafka, by outcome", ["service", "topic", "outcome"]
)
GAPS = Counter("datacity_event_gaps_total", "Events whose aggregate's earlier events never came", ["service", "topic"])
PARKED = Gauge("datacity_quarantine_parked", "Records this process parked since it started", ["service"])

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

    async def _handle_within_budget(self, record: Any, envelope: Envelope) -> Outcome:
        loop = asyncio.get_running_loop()
        give_up_at, pause, attempts = loop.time() + self.budget_seconds, FIRST_PAUSE_SECONDS, 0
        while True:
            attempts += 1
            try:
                outcome = await self.attempt(record, envelope)
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

    async def attempt(
        self, record: Any, envelope: Envelope, *, released: Parked | None = None, by: str = ""
    ) -> Outcome:
        """One record in one transaction. What quarantine gives out is `released` by somebody, and handled just once."""
        async with self.works.begin(cause=envelope) as work:
            if released:
                await lock_key(work.session, topic=released.topic, key=released.key)
                if not await mark_released(work.session, released, by=by):
                    return Outcome.DUPLICATE
            return await self.affect(record, envelope, work, released=bool(released))

    async def affect(self, record: Any, envelope: Envelope, work: Work, *, released: bool = False) -> Outcome:
        """All that an event does, in a transaction that somebody else opened and ends."""
        receipt = await receive(work.session, envelope)
        if not receipt.fresh:
            return Outcome.DUPLICATE
        if receipt.key_parked and not released:
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
        PARKED.labels(self.works.service).inc()
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
