"""Lets an event go without its effect, by an operator's reasoned order, so that those behind it go on."""

import contextlib
from dataclasses import dataclass

import structlog

from shared.database import new_id
from shared.errors import Conflict
from shared.events import FORGETTABLES, Envelope, MalformedEnvelope
from shared.events.operations import DiscardReason, QuarantinedEventDiscarded
from shared.inbox import receive
from shared.inbox.inspection import Quarantined, behind, count_of_key
from shared.inbox.quarantine import go_on, mark_discarded
from shared.messaging.releasing import the_head
from shared.work import Work

log = structlog.get_logger(__name__)


class ErasureNotDiscarded(Conflict):
    slug = "erasure-not-discarded"
    message = (
        "This record is a tombstone: it erases what this service keeps of somebody, and discarding it would keep that. "
        "Mend the cause, then release it."
    )


@dataclass(frozen=True, kw_only=True)
class Discard:
    """What was, or would be, let go, and what goes on by it."""

    event: Quarantined
    waiting: int
    """How many events wait behind it."""
    next: list[Quarantined]
    """The first of those."""


async def discard(
    number: int,
    work: Work,
    *,
    reason: DiscardReason,
    note: str | None,
    budget_seconds: float,
    show: int = 50,
    dry_run: bool = False,
) -> Discard:
    """End an event's stay without an effect. Raises NoSuchEvent, StayEnded, NotTheHead, or ErasureNotDiscarded.

    A copy that Kafka brings later has no effect either: it counts as received.
    """
    head = await the_head(number, work)
    if head.value is None and head.topic in FORGETTABLES:
        raise ErasureNotDiscarded
    waiting = await count_of_key(work.session, topic=head.topic, key=head.key) - 1
    found = Discard(event=head, waiting=waiting, next=await behind(work.session, head, limit=show))
    if dry_run:
        return found
    with contextlib.suppress(MalformedEnvelope):  # then it has no id by which a copy could be known
        await receive(work.session, [Envelope.from_record(head)])
    await mark_discarded(work.session, head, by=work.actor.name, reason=reason, note=note)
    await go_on(work.session, topic=head.topic, key=head.key, budget_seconds=budget_seconds)
    work.publish(
        QuarantinedEventDiscarded(
            discard_id=new_id(),
            about_event_id=head.event_id,
            about_type=head.type,
            topic=head.topic,
            partition=head.partition,
            offset=head.offset,
            fingerprint=head.fingerprint,
            attempts=head.attempts,
            parked_at=head.parked_at,
            reason=reason,
        )
    )
    log.warning("event_discarded", topic=head.topic, partition=head.partition, offset=head.offset, reason=reason)
    return found
