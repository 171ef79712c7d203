"""Tries again what was set aside, key by key and in order, until its time is used up; then a person decides."""

import asyncio
import contextlib
from dataclasses import dataclass

import structlog

from shared.events import Envelope
from shared.inbox import Parked
from shared.inbox.retrying import claim_due, note_failure, to_be_tried
from shared.messaging.handling import ATTEMPTS_IN_PLACE, Handling, Outcome, facts_of, is_hopeless
from shared.messaging.patience import backoff

log = structlog.get_logger(__name__)

KEYS_AT_A_TIME = 20
AT_ONCE = 4
"""Keys tried side by side: one whose handler hangs does not hold up all others."""
BY = "system:retrier"


@dataclass
class Retrier:
    """A loop of the worker. Several may run: each key that is due is claimed by one of them."""

    handling: Handling
    poll_seconds: float = 0.5

    async def run(self) -> None:
        """Retry until cancelled; while the database is away, wait for it."""
        while True:
            claimed = 0
            try:
                claimed = await self.retry_due()
            except Exception as fault:
                if not await self.handling.database_is_away():
                    raise
                log.warning("retrier_waits_for_database", error=type(fault).__name__)
            if claimed < KEYS_AT_A_TIME:
                await asyncio.sleep(self.poll_seconds)

    async def retry_due(self) -> int:
        """Try the keys whose time has come. Returns how many there were."""
        # Longer than an attempt takes. If two try the same key nevertheless, the inbox lets one of them by.
        lease = 2 * self.handling.longest_seconds
        async with self.handling.works.begin() as work:
            keys = await claim_due(work.session, limit=KEYS_AT_A_TIME, lease_seconds=lease)
        room = asyncio.Semaphore(AT_ONCE)

        async def retry(topic: str, key: str) -> None:
            async with room:
                await self._retry_key(topic, key)

        async with asyncio.TaskGroup() as group:
            for topic, key in sorted(keys):
                group.create_task(retry(topic, key))
        return len(keys)

    async def _retry_key(self, topic: str, key: str) -> None:
        """Handle the key's events in order, up to the first that fails again or that waits for a person."""
        while True:
            async with self.handling.works.begin(read_only=True) as work:
                events = await to_be_tried(work.session, topic=topic, key=key)
            if not events:
                return
            for event in events:
                if not await self._retry(event):
                    return

    async def _retry(self, event: Parked) -> bool:
        """True if the event's stay ended."""
        with contextlib.ExitStack() as bound:
            try:
                envelope = Envelope.from_record(event)
                bound.enter_context(structlog.contextvars.bound_contextvars(**facts_of(envelope)))
                outcome = await self.handling.attempt(envelope, released=event, by=BY)
            except Exception as fault:
                if await self.handling.database_is_away():
                    raise
                await self._note_failure(event, fault)
                return False
        self.handling.count(event.topic, outcome)
        log.info("event_released", topic=event.topic, offset=event.offset, attempts=event.attempts, by=BY)
        return True

    async def _note_failure(self, event: Parked, fault: Exception) -> None:
        async with self.handling.works.begin() as work:
            given_up = await note_failure(
                work.session,
                event,
                fault=fault,
                hopeless=is_hopeless(fault),
                pause=backoff(max(0, event.attempts + 1 - ATTEMPTS_IN_PLACE)),
                budget=self.handling.budget_seconds,
            )
        if given_up:
            self.handling.count(event.topic, Outcome.PARKED)
        (log.error if given_up else log.warning)(
            "event_parked" if given_up else "event_failed_again",
            topic=event.topic,
            partition=event.partition,
            offset=event.offset,
            attempts=event.attempts + 1,
            error=type(fault).__name__,
        )
