"""How quarantine looks over HTTP, and what can be ordered there."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.events import EVENT_TOPICS, Envelope, MalformedEnvelope
from shared.events.operations import DiscardReason
from shared.http import WHOLE_AS_JSON_HAS_IT, Body, Safe, ShortText, View
from shared.inbox.inspection import Quarantined, QuarantineState
from shared.messaging.discarding import Discard
from shared.messaging.releasing import Release, Tried

SHOWN_BEHIND = 50
MOST_AT_ONCE = 500

Limit = Annotated[int, Field(ge=1, le=MOST_AT_ONCE), WHOLE_AS_JSON_HAS_IT]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), Safe(multiline=True)]
Hidden = Literal["forgettable", "not-ours", "not-json", "reader", "ended"]
PLAIN_HEADERS = {"traceparent", "content-type"}
DRY_RUN = Field(default=False, description="Do it in a transaction that is rolled back, and tell what would happen.")


class ParkedView(View):
    """An event that waits in quarantine. Its value is not shown, as it may hold personal data."""

    id: int
    topic: str
    partition: int
    offset: int
    key: str
    error: str
    fingerprint: str
    attempts: int
    parked_at: datetime


class QuarantineView(View):
    """What waits, in the order in which it would be released; at most 200. `…/events` and `…/groups` show it all."""

    events: list[ParkedView]


class WaitingView(ParkedView):
    """An event in quarantine, or that was there, and how it stands."""

    event_id: UUID | None = Field(description="Null if the record has no usable envelope.")
    type: str | None
    state: QuarantineState
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None = Field(description="When the service itself tries again; null if it does not.")
    give_up_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    reason: str | None = Field(description="Why it was discarded.")


class QuarantineGroupView(View):
    """Keys whose first event failed in the same way."""

    fingerprint: str
    error: str
    keys: int
    events: int = Field(description="How many events wait in these keys, those behind the first included.")
    retrying: int = Field(description="How many of the keys the service tries again by itself.")
    parked: int = Field(description="How many of the keys wait for a person.")
    types: list[str] = Field(description="Of the events that failed.")
    first_at: datetime
    last_at: datetime


class QuarantinedView(WaitingView):
    """One event in quarantine with its envelope and, where nobody's privacy is at stake, what it says."""

    headers: dict[str, str] = Field(description="Of its envelope; what else a record carried is left out.")
    value: Any = None
    value_hidden: Hidden | None = Field(
        description="Why the value is not shown: it may hold personal data; it was not published by us; it is no "
        "JSON; the reader has another part in the programme; it was erased when its stay ended."
    )
    note: str | None = Field(description="What was written when it was released or discarded.")
    head: int | None = Field(description="The event that its key waits for: release or discard that one first.")
    behind: list[WaitingView] = Field(description="The first events that wait behind it, in order.")
    key_waits: int = Field(description="How many events of its key wait in all.")

    @classmethod
    def of(
        cls, event: Quarantined, *, head: int | None, behind: Sequence[Quarantined], key_waits: int, hides_value: bool
    ) -> Self:
        value, hidden = shown_value(event, hides=hides_value)
        about = WaitingView.model_validate(event).model_dump()
        return cls(
            **about,
            headers={name: text for name, text in event.headers if name.startswith("ce_") or name in PLAIN_HEADERS},
            value=value,
            value_hidden=hidden,
            note=event.note,
            head=head,
            behind=[WaitingView.model_validate(each) for each in behind],
            key_waits=key_waits,
        )


def shown_value(event: Quarantined, *, hides: bool) -> tuple[Any, Hidden | None]:
    """An event's facts, or why they are not shown. Only of a topic of events: those hold no personal data."""
    if event.state in {QuarantineState.RELEASED, QuarantineState.DISCARDED}:
        return None, "ended"
    if event.topic not in EVENT_TOPICS.values():
        return None, "forgettable"
    try:
        Envelope.from_record(event)
    except MalformedEnvelope:
        return None, "not-ours"
    if hides:
        return None, "reader"
    try:
        return json.loads(event.value or b"null", parse_constant=_refuse), None
    except (ValueError, RecursionError):
        return None, "not-json"


def _refuse(constant: str) -> None:
    raise ValueError(constant)


class OneReleaseBody(Body):
    """Whether to do it, or to see what it would do; and why, if that is to be known. It stays in this quarantine."""

    note: Note | None = None
    dry_run: bool = DRY_RUN


class SomeReleaseBody(OneReleaseBody):
    """How many events to try at most."""

    limit: Limit = 200


class ReleaseBody(SomeReleaseBody):
    """The key whose events are to be handled again, in order."""

    topic: ShortText
    key: ShortText


class DiscardBody(Body):
    """Why an event is let go. The note stays in this service's quarantine; only the reason is told."""

    reason: DiscardReason
    note: Note | None = None
    dry_run: bool = DRY_RUN


class TriedView(View):
    """What came, or in a dry run would come, of one event."""

    id: int
    event_id: UUID | None
    type: str | None
    topic: str
    key: str
    outcome: Literal["handled", "duplicate", "failed"]
    error: str | None = None
    fingerprint: str | None = Field(default=None, description="Of the fault, if it failed.")

    @classmethod
    def of(cls, tried: Tried) -> Self:
        event = tried.event
        return cls(
            id=event.id,
            event_id=event.event_id,
            type=event.type,
            topic=event.topic,
            key=event.key,
            outcome=tried.outcome,
            error=tried.error,
            fingerprint=tried.fingerprint,
        )


class ReleaseView(View):
    """How many events were handled; each key stops at the first that still fails."""

    released: int
    failed: int = Field(default=0, description="How many keys stopped.")
    more: bool = Field(default=False, description="There are events that nobody tried yet: send it again to go on.")
    dry_run: bool = False
    events: list[TriedView] = Field(default=[], description="What was tried, in order.")

    @classmethod
    def of(cls, release: Release, *, dry_run: bool) -> Self:
        return cls(
            released=release.released,
            failed=len(release.tried) - release.released,
            more=release.more,
            dry_run=dry_run,
            events=[TriedView.of(each) for each in release.tried],
        )


class DiscardView(View):
    """What was let go, or in a dry run would be, and what goes on by it."""

    id: int
    event_id: UUID | None
    type: str | None
    topic: str
    key: str
    reason: DiscardReason
    waiting: int = Field(description="How many events wait behind it: the worker tries them next, in order.")
    next: list[WaitingView] = Field(description="The first of those.")
    dry_run: bool

    @classmethod
    def of(cls, done: Discard, *, reason: DiscardReason, dry_run: bool) -> Self:
        event = done.event
        return cls(
            id=event.id,
            event_id=event.event_id,
            type=event.type,
            topic=event.topic,
            key=event.key,
            reason=reason,
            waiting=done.waiting,
            next=[WaitingView.model_validate(each) for each in done.next],
            dry_run=dry_run,
        )
