"""Lets events out of quarantine by an operator's order: one, a key's or a group's, in order, or only as a rehearsal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

import structlog

from shared.database import new_id
from shared.errors import Conflict, NotFound
from shared.events import Envelope
from shared.events.operations import QuarantinedEventReleased
from shared.identity import Actor
from shared.inbox.inspection import Quarantined, QuarantineState, find_event, head_of_key, keys_of_group
from shared.inbox.quarantine import describe, fingerprint, go_on, lock_keys, note_failed_release
from shared.messaging.handling import Handling, Outcome
from shared.work import Work

log = structlog.get_logger(__name__)

LONGEST_RELEASE_SECONDS = 15.0
"""After so long no further event is begun: the answer says that there are more, and the order can be repeated."""


class NothingParked(NotFound):
    """No event of this key waits."""

    def __init__(self) -> None:
        super().__init__("Nothing of this topic and key waits in quarantine. GET the quarantine to see what does.")


class NoSuchGroup(NotFound):
    def __init__(self) -> None:
        super().__init__(
            "No key's first event has this fingerprint. List the groups again: a fault may have changed when it was "
            "tried, or somebody released them."
        )


class NoSuchEvent(NotFound):
    def __init__(self) -> None:
        super().__init__("Quarantine never had an event of this number. List its events to see what waits.")


class StayEnded(Conflict):
    slug = "stay-ended"

    def __init__(self, event: Quarantined) -> None:
        super().__init__(
            f"This event waits no longer: it was {event.state}. List the events to see what does.",
            ended_as=event.state,
            ended_at=event.ended_at,
            ended_by=event.ended_by,
        )


class NotTheHead(Conflict):
    slug = "not-the-head-of-its-key"

    def __init__(self, head: Quarantined) -> None:
        super().__init__(
            f"This event waits behind another of its key. Release or discard {head.id} first, or release the key.",
            head=head.id,
            head_error=head.error,
        )


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of one event."""

    event: Quarantined
    outcome: Literal["handled", "duplicate", "failed"]
    error: str | None = None
    fingerprint: str | None = None


@dataclass(kw_only=True)
class Release:
    """What came of an order, in the order in which events were tried."""

    tried: list[Tried] = field(default_factory=list)
    more: bool = False
    """True if events are left that nobody tried, though nothing before them failed."""

    @property
    def released(self) -> int:
        return sum(each.outcome != "failed" for each in self.tried)


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Who orders, why if they said it, and the request by which."""

    actor: Actor
    note: str | None = None
    correlation_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True)
class Releasing:
    """Releases for one service. A rehearsal handles for real, in a transaction that is rolled back."""

    handling: Handling

    async def event(self, number: int, work: Work, *, note: str | None = None, dry_run: bool = False) -> Release:
        """Release one event in the operator's own work; those behind it become due, unless it fails."""
        rehearsal = await work.session.begin_nested() if dry_run else None
        head = await the_head(number, work)
        tried = await self._try(head, work, note=note, publish=not dry_run)
        if rehearsal:
            await rehearsal.rollback()
        elif tried.outcome != "failed":
            await go_on(work.session, topic=head.topic, key=head.key, budget_seconds=self.handling.budget_seconds)
        return Release(tried=[tried])

    async def key(self, *, topic: str, key: str, operator: Operator, limit: int, dry_run: bool = False) -> Release:
        """Release a key's events in order, up to the first that fails. Raises NothingParked."""
        release = await self._key(topic, key, operator, limit=limit, deadline=self._deadline(), dry_run=dry_run)
        if not release.tried and not release.more:
            raise NothingParked
        return release

    async def group(self, fault: str, *, operator: Operator, limit: int, dry_run: bool = False) -> Release:
        """Release every key whose head has this fingerprint; one that fails stops its key only. Raises NoSuchGroup."""
        async with self._begin(operator, read_only=True) as work:
            keys = await keys_of_group(work.session, fault, limit=limit + 1)
        if not keys:
            raise NoSuchGroup
        whole, deadline = Release(), self._deadline()
        for topic, key in keys:
            left = limit - len(whole.tried)
            release = await self._key(topic, key, operator, limit=left, deadline=deadline, dry_run=dry_run)
            whole.tried += release.tried
            whole.more |= release.more
        return whole

    async def _key(
        self, topic: str, key: str, operator: Operator, *, limit: int, deadline: float, dry_run: bool
    ) -> Release:
        release = Release()
        if dry_run:
            async with self._begin(operator, read_only=True) as work:
                while not release.more and await self._step(
                    topic, key, work, release, limit, deadline, note=None, publish=False
                ):
                    pass
            return release
        while not release.more:
            async with self._begin(operator) as work:
                goes_on = await self._step(topic, key, work, release, limit, deadline, note=operator.note, publish=True)
            if not goes_on:
                break
        return release

    async def _step(
        self,
        topic: str,
        key: str,
        work: Work,
        release: Release,
        limit: int,
        deadline: float,
        *,
        note: str | None,
        publish: bool,
    ) -> bool:
        """Try the key's present head. True if the next one may be tried."""
        await lock_keys(work.session, [(topic, key)])
        head = await head_of_key(work.session, topic=topic, key=key)
        if head is None:
            return False
        if len(release.tried) >= limit or asyncio.get_running_loop().time() >= deadline:
            release.more = True
            if publish and release.tried:  # the rest needs no operator
                await go_on(work.session, topic=topic, key=key, budget_seconds=self.handling.budget_seconds)
            return False
        tried = await self._try(head, work, note=note, publish=publish)
        release.tried.append(tried)
        return tried.outcome != "failed"

    async def _try(self, head: Quarantined, work: Work, *, note: str | None, publish: bool) -> Tried:
        """Handle it as if Kafka had brought it, and end its stay; a fault undoes that much of the transaction."""
        attempt = await work.session.begin_nested()
        try:
            outcome = await self._handle(head, work)
        except Exception as fault:
            await attempt.rollback()
            await note_failed_release(work.session, head, fault)
            log.warning("release_failed", topic=head.topic, offset=head.offset, error=type(fault).__name__)
            return Tried(event=head, outcome="failed", error=describe(fault), fingerprint=fingerprint(fault))
        # The savepoint is left to the transaction's end: ending it would look like a commit to what waits for one.
        await self.handling.end_stay(head, work, by=work.actor.name, note=note)
        ended: Literal["handled", "duplicate"] = "duplicate" if outcome is Outcome.DUPLICATE else "handled"
        if publish:
            work.publish(
                QuarantinedEventReleased(
                    release_id=new_id(),
                    about_event_id=head.event_id,
                    about_type=head.type,
                    topic=head.topic,
                    partition=head.partition,
                    offset=head.offset,
                    fingerprint=head.fingerprint,
                    attempts=head.attempts + 1,
                    parked_at=head.parked_at,
                    outcome=ended,
                )
            )
        return Tried(event=head, outcome=ended)

    async def _handle(self, head: Quarantined, work: Work) -> Outcome:
        """The event acts as it always does: in the name of the service, as the cause of what it brings about."""
        envelope = Envelope.from_record(head)
        heard = replace(
            work,
            actor=Actor.system(self.handling.works.service),
            cause=envelope,
            correlation_id=envelope.correlation_id,
            traceparent=envelope.traceparent,
            _outgoing=[],
        )
        receipt = await self.handling.affect(envelope, heard, released=True)
        await heard.flush()
        work.session.expunge_all()  # the next event finds a session as new as Kafka's would
        return Outcome.HANDLED if receipt.fresh else Outcome.DUPLICATE

    @asynccontextmanager
    async def _begin(self, operator: Operator, *, read_only: bool = False) -> AsyncIterator[Work]:
        begun = self.handling.works.begin(
            actor=operator.actor,
            correlation_id=operator.correlation_id,
            traceparent=operator.traceparent,
            read_only=read_only,
        )
        async with begun as work:
            yield work

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + LONGEST_RELEASE_SECONDS


async def the_head(number: int, work: Work) -> Quarantined:
    """The event of that number, its key locked. Raises NoSuchEvent, StayEnded, or NotTheHead."""
    event = await find_event(work.session, number)
    if event is None:
        raise NoSuchEvent
    await lock_keys(work.session, [(event.topic, event.key)])
    event = await find_event(work.session, number) or event
    if event.state in {QuarantineState.RELEASED, QuarantineState.DISCARDED}:
        raise StayEnded(event)
    head = await head_of_key(work.session, topic=event.topic, key=event.key)
    if head is not None and head.id != number:
        raise NotTheHead(head)
    return event
