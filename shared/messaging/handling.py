"""Handles one record: inbox row, effect and its own events in one transaction; what keeps failing is set aside."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock, tracing
from shared.database import ping
from shared.events import FORGETTABLES, Envelope, MalformedEnvelope, read
from shared.inbox import REPEATED, Receipt, receive, waiting_keys
from shared.inbox.quarantine import Parked, go_on, lock_keys, mark_released, overtake
from shared.inbox.retrying import put_behind, set_aside
from shared.messaging.listener import Listener
from shared.messaging.metrics import FALLBACKS, GAPS, HANDLED, SECONDS
from shared.messaging.patience import Patience, backoff
from shared.work import Work, Works

log = structlog.get_logger(__name__)

T = TypeVar("T")

ATTEMPTS_IN_PLACE = 3
DATABASE_PAUSE_SECONDS = (0.05, 5.0)
PING_SECONDS = 5.0


class Outcome(StrEnum):
    HANDLED = "handled"
    DUPLICATE = "duplicate"
    SET_ASIDE = "set_aside"
    """It failed, or waits behind one that did; the service itself tries again."""
    PARKED = "parked"
    """It waits for a person."""


class _BehindParked(Exception):
    """An earlier event of this key waits in quarantine."""


@dataclass
class Handling:
    """How one service handles a record, from Kafka or out of quarantine."""

    listener: Listener
    works: Works
    budget_seconds: float = 900.0
    """How long a failing event is tried again before it waits for a person."""
    patience_seconds: float = 0.4
    """How long failing events may hold up the others of one poll, beyond one attempt at each."""
    longest_seconds: float = 30.0
    """How long one transaction of handlers may take; a handler that hangs fails like any other."""
    waits_for_database: bool = field(default=False, init=False)
    """True while nothing moves for no fault of ours."""

    def __post_init__(self) -> None:
        # An alarm on a rise does not see a counter's first value, if that is its first sample: all begin at zero.
        FALLBACKS.labels(self.works.service)
        for topic in self.listener.topics:
            GAPS.labels(self.works.service, topic)
            SECONDS.labels(self.works.service, topic)
            for outcome in Outcome:
                HANDLED.labels(self.works.service, topic, outcome)

    async def handle(self, record: Any, *, patience: Patience | None = None) -> Outcome:
        """Handle a record until its effect is committed or it is set aside; both survive a crash right after."""
        patience = patience or Patience(self.patience_seconds)
        try:
            envelope = Envelope.from_record(record)
        except MalformedEnvelope as malformed:
            return await self._set_aside(record, None, malformed, attempts=1, budget=0)
        with structlog.contextvars.bound_contextvars(**facts_of(envelope)):
            return await self._handle_patiently(record, envelope, patience)

    async def attempt(self, envelope: Envelope, *, released: Parked | None = None, by: str = "") -> Outcome:
        """Handle an event in one transaction, once; raises what its handler raises.

        With `released` it comes out of quarantine: its stay ends in the same transaction, on behalf of `by`.
        """
        with tracing.handling(self.works.service, envelope) as trace:
            try:
                receipt = await self._attempt(envelope, trace, released=released, by=by)
            except _BehindParked:
                trace.end(datacity__outcome=str(Outcome.SET_ASIDE))  # as it should be: no fault
                raise
        outcome = Outcome.HANDLED if receipt.fresh else Outcome.DUPLICATE
        trace.end(datacity__outcome=str(outcome))
        if receipt.fresh:
            self.note_handled(envelope, receipt)
        return outcome

    async def _attempt(self, envelope: Envelope, trace: tracing.Trace, *, released: Parked | None, by: str) -> Receipt:
        async with (
            asyncio.timeout(self.longest_seconds),
            self.works.begin(cause=envelope, traceparent=trace.traceparent) as work,
        ):
            if released:
                await lock_keys(work.session, [(released.topic, released.key)])
                if not await self.end_stay(released, work, by=by):
                    return REPEATED
            return await self.affect(envelope, work, released=bool(released))

    async def affect(self, envelope: Envelope, work: Work, *, released: bool = False) -> Receipt:
        """All that an event does, in a transaction that somebody else opened and ends; nothing if it is not fresh."""
        behind = not released and await self.must_wait(envelope, work.session)
        (receipt,) = await receive(work.session, [envelope])
        if receipt.fresh:
            if behind:
                raise _BehindParked
            await self.tell(envelope, work)
        return receipt

    async def must_wait(self, envelope: Envelope, session: AsyncSession) -> bool:
        """Whether an earlier record of its key waits; a tombstone waits for nothing that it forgets."""
        key = (envelope.topic, envelope.key)
        if not await waiting_keys(session, [key]):
            return False
        if not is_tombstone(envelope):
            return True
        by = f"system:{self.works.service}"
        await overtake(session, topic=envelope.topic, key=envelope.key, offset=envelope.offset, by=by)
        return bool(await waiting_keys(session, [key]))

    async def end_stay(self, parked: Parked, work: Work, *, by: str, note: str | None = None) -> bool:
        """It waits no longer, and the next of its key will be tried, also if whoever let it go is killed at once.

        False if somebody else ended it first. The key must be locked.
        """
        if not await mark_released(work.session, parked, by=by, note=note):
            return False
        await go_on(
            work.session,
            topic=parked.topic,
            key=parked.key,
            after_seconds=2 * self.longest_seconds,
            budget_seconds=self.budget_seconds,
        )
        return True

    async def tell(self, envelope: Envelope, work: Work) -> None:
        """Call what hears this event."""
        heard = read(envelope)
        if heard is not None and (function := self.listener.functions.get(envelope.topic)):
            await function(heard, work)
        if keeps := self.listener.records.get(envelope.topic):
            await keeps(envelope, work)

    async def database_is_away(self) -> bool:
        """Asked of the database itself: the class of a fault does not tell where it came from."""
        try:
            async with asyncio.timeout(PING_SECONDS):
                await ping(self.works.engine)
        except Exception:
            self.waits_for_database = True
        else:
            self.waits_for_database = False
        return self.waits_for_database

    def count(self, topic: str, outcome: Outcome, number: int = 1) -> None:
        HANDLED.labels(self.works.service, topic, outcome).inc(number)

    def note_handled(self, envelope: Envelope, receipt: Receipt) -> None:
        """Measure an event whose effect is committed; say so if something should have come before it."""
        SECONDS.labels(self.works.service, envelope.topic).observe(
            max(0.0, (clock.now() - envelope.time).total_seconds())
        )
        if receipt.missing:
            GAPS.labels(self.works.service, envelope.topic).inc(receipt.missing)
            log.error("event_gap", topic=envelope.topic, subject=envelope.subject, missing=receipt.missing)

    async def _handle_patiently(self, record: Any, envelope: Envelope, patience: Patience) -> Outcome:
        """A few attempts within a fraction of a second; the others of its partition wait no longer for this one."""
        began, attempts = asyncio.get_running_loop().time(), 0
        away, longest = DATABASE_PAUSE_SECONDS
        while True:
            attempts += 1
            tried_at = asyncio.get_running_loop().time()
            try:
                outcome = await self.attempt(envelope)
            except _BehindParked:
                if await self._put_behind(record, envelope):
                    return Outcome.SET_ASIDE
                attempts -= 1
            except Exception as fault:
                if await self.database_is_away():
                    # Nothing can be set aside while the database is away, and nothing is wrong with the event.
                    log.warning("handling_waits_for_database", error=type(fault).__name__)
                    await asyncio.sleep(away * random.uniform(0.5, 1.5))
                    began, attempts, away = asyncio.get_running_loop().time(), 0, min(away * 2, longest)
                    continue
                if is_hopeless(fault):
                    return await self._set_aside(record, envelope, fault, attempts=attempts, budget=0)
                patience.spend(asyncio.get_running_loop().time() - tried_at)
                if attempts >= ATTEMPTS_IN_PLACE or not await patience.pause(attempts):
                    left = self.budget_seconds - (asyncio.get_running_loop().time() - began)
                    return await self._set_aside(record, envelope, fault, attempts=attempts, budget=left)
            else:
                self.count(record.topic, outcome)
                return outcome

    async def _put_behind(self, record: Any, envelope: Envelope) -> bool:
        """False if what it should wait for was let go in this moment."""
        key = (envelope.topic, envelope.key)

        async def write(work: Work) -> bool:
            await lock_keys(work.session, [key])
            if not await waiting_keys(work.session, [key]):
                return False
            await put_behind(work.session, [(record, envelope)])
            return True

        waits = await self._surely(write)
        if waits:
            self.count(record.topic, Outcome.SET_ASIDE)
        return waits

    async def _set_aside(
        self, record: Any, envelope: Envelope | None, fault: BaseException, *, attempts: int, budget: float
    ) -> Outcome:
        outcome = Outcome.SET_ASIDE if budget > 0 else Outcome.PARKED
        await self._surely(
            lambda work: set_aside(
                work.session,
                record,
                envelope,
                fault=fault,
                attempts=attempts,
                pause=min(backoff(0), budget) if budget > 0 else None,
                budget=max(0.0, budget),
            )
        )
        self.count(record.topic, outcome)
        (log.warning if outcome is Outcome.SET_ASIDE else log.error)(
            f"event_{outcome}",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            attempts=attempts,
            error=type(fault).__name__,
        )
        return outcome

    async def _surely(self, write: Callable[[Work], Awaitable[T]]) -> T:
        """Write; while the database is away, keep trying, as nothing may vanish."""
        pause, longest = DATABASE_PAUSE_SECONDS
        while True:
            try:
                async with self.works.begin() as work:
                    return await write(work)
            except Exception:
                if not await self.database_is_away():
                    raise
                await asyncio.sleep(pause)
                pause = min(pause * 2, longest)


def facts_of(envelope: Envelope) -> dict[str, str | None]:
    """What every line of the log says while this event is handled."""
    return {
        "event_id": str(envelope.id),
        "correlation_id": envelope.correlation_id,
        "causation_id": envelope.causation_id,
    }


def is_tombstone(envelope: Envelope) -> bool:
    return envelope.value is None and envelope.topic in FORGETTABLES


def is_hopeless(fault: BaseException) -> bool:
    """True if trying again can't help, as the event's own bytes do not fit its contract."""
    return isinstance(fault, ValueError) and type(fault).__name__ in {"ValidationError", "MalformedEnvelope"}
