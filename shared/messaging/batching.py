"""Handles many records in one transaction; if one of them fails, nothing remains and they are divided."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from shared import tracing
from shared.events import Envelope
from shared.inbox import Receipt, receive, received, waiting_keys
from shared.inbox.quarantine import lock_keys
from shared.inbox.retrying import put_behind
from shared.messaging.handling import Handling, Outcome, facts_of, is_tombstone
from shared.messaging.metrics import FALLBACKS
from shared.messaging.patience import Patience

log = structlog.get_logger(__name__)

LARGEST = 500
FIRST = 50
SHORT_SECONDS = 0.3
"""What a transaction may take. It holds locks, which others wait for: the next one is made to fit."""


class _Undone(Exception):
    """The transaction failed at the record of this number, or at its end if None."""

    def __init__(self, at: int | None) -> None:
        super().__init__(at)
        self.at = at


class Batches:
    """Divides what a poll brought into transactions of a good size, learning from each."""

    def __init__(self, handling: Handling) -> None:
        self.handling = handling
        self._size = FIRST

    async def handle(self, records: Sequence[Any], *, wanted: Callable[[Any], bool]) -> AsyncIterator[Sequence[Any]]:
        """Handle the records in order; yields those whose effect was just committed, none if it was undone.

        What is not wanted any more when its turn comes is left out. A record that can't even be set aside raises.
        """
        patience = Patience(self.handling.patience_seconds)
        rest = list(records)
        while rest:
            batch, after = [record for record in rest[: self._size] if wanted(record)], rest[self._size :]
            if len(batch) > 1:
                try:
                    await self._together(batch)
                except _Undone as undone:
                    # What came before the failing one is good: it goes first, and then that one by itself.
                    self._size = max(1, len(batch) // 2 if undone.at is None else undone.at)
                    FALLBACKS.labels(self.handling.works.service).inc()
                    log.warning("batch_divided", records=len(batch), at=undone.at, exc_info=undone.__cause__)
                    batch, after = [], rest
            elif batch:
                await self.handling.handle(batch[0], patience=patience)
                self._size = max(2, self._size)
            yield batch
            rest = after

    async def _together(self, records: Sequence[Any]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        at: int | None = 0
        outcomes: Counter[tuple[str, Outcome]] = Counter()
        handled: list[tuple[Envelope, Receipt, tracing.Trace]] = []
        try:
            async with (
                asyncio.timeout(self.handling.longest_seconds),
                self.handling.works.together() as together,
            ):
                envelopes: list[Envelope] = []
                for number, record in enumerate(records):
                    at = number
                    envelopes.append(Envelope.from_record(record))
                at = 0
                behind = await self._behind(together.session, envelopes)
                flowing = [envelope for envelope in envelopes if (envelope.topic, envelope.key) not in behind]
                if behind:
                    await self._put_behind(together.session, records, envelopes, behind, outcomes)
                receipts = iter(await receive(together.session, flowing))
                for number, envelope in enumerate(envelopes):
                    at = number
                    if (envelope.topic, envelope.key) in behind:
                        continue
                    receipt = next(receipts)
                    if not receipt.fresh:
                        outcomes[envelope.topic, Outcome.DUPLICATE] += 1
                        continue
                    structlog.contextvars.bind_contextvars(**facts_of(envelope))
                    with tracing.handling(self.handling.works.service, envelope) as trace:
                        await self.handling.tell(envelope, together.next(envelope, traceparent=trace.traceparent))
                    outcomes[envelope.topic, Outcome.HANDLED] += 1
                    handled.append((envelope, receipt, trace))
                at = None
        except Exception as fault:
            raise _Undone(at) from fault
        finally:
            structlog.contextvars.unbind_contextvars("event_id", "correlation_id", "causation_id")
        for (topic, outcome), number in outcomes.items():
            self.handling.count(topic, outcome, number)
        for envelope, receipt, trace in handled:
            trace.end(datacity__outcome=str(Outcome.HANDLED))
            self.handling.note_handled(envelope, receipt)
        self._fit(len(records), loop.time() - began)

    async def _behind(self, session: AsyncSession, envelopes: Sequence[Envelope]) -> set[tuple[str, str]]:
        """The keys that wait, and that nobody lets go until the transaction ends."""
        behind = await waiting_keys(session, {(envelope.topic, envelope.key) for envelope in envelopes})
        if not behind:
            return behind
        await lock_keys(session, behind)
        for envelope in envelopes:
            if is_tombstone(envelope) and (envelope.topic, envelope.key) in behind:
                await self.handling.must_wait(envelope, session)
        return await waiting_keys(session, behind)

    async def _put_behind(
        self,
        session: AsyncSession,
        records: Sequence[Any],
        envelopes: Sequence[Envelope],
        behind: set[tuple[str, str]],
        outcomes: Counter[tuple[str, Outcome]],
    ) -> None:
        """Those of a key that waits are put behind it, but for what was handled before it failed."""
        those = [
            (record, envelope)
            for record, envelope in zip(records, envelopes, strict=True)
            if (envelope.topic, envelope.key) in behind
        ]
        known = await received(session, [envelope for _, envelope in those])
        await put_behind(session, [each for each in those if each[1].id not in known])
        for _, envelope in those:
            outcomes[envelope.topic, Outcome.DUPLICATE if envelope.id in known else Outcome.SET_ASIDE] += 1

    def _fit(self, size: int, seconds: float) -> None:
        if seconds > SHORT_SECONDS:
            self._size = max(1, int(size * SHORT_SECONDS / seconds))
        else:
            self._size = min(max(self._size, size * 2), LARGEST)
