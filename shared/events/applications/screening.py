"""What screening found of an application."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.applications.programme import Deadline
from shared.events.envelope import Event


class ApplicationAdmitted(Event):
    """Screening found the file eligible: the jury may read it."""

    TYPE: ClassVar[str] = "io.datacity.application.admitted.v1"
    SUBJECT: ClassVar[str] = "application_id"

    application_id: UUID
    edition_id: UUID
    call_id: UUID
    lead_id: UUID
    challenge_ids: list[UUID]
    revision: int
    findings_digest: str | None = None
    """SHA-256 of what the call's rules found and the person was shown."""
    overridden: list[str] | None = None
    """Rules that failed, and that the person set aside, with a reason that stays with applications."""


ScreeningReason = Literal["incomplete", "off-topic", "not-eligible", "duplicate", "unlawful"]


class ApplicationDeclined(Event):
    """A person found the file not eligible; the words that explain it stay with applications."""

    TYPE: ClassVar[str] = "io.datacity.application.declined.v1"
    SUBJECT: ClassVar[str] = "application_id"

    application_id: UUID
    edition_id: UUID
    call_id: UUID
    lead_id: UUID
    reasons: list[ScreeningReason]
    findings_digest: str | None = None
    """SHA-256 of what the call's rules found and the person was shown."""


class CallEligibilitySet(Event):
    """Staff set the rules of who may take part, or the next version of them; anyone may read them."""

    TYPE: ClassVar[str] = "io.datacity.call.eligibility-set.v1"
    SUBJECT: ClassVar[str] = "call_id"

    call_id: UUID
    edition_id: UUID
    rules_version: int
    rules_digest: str
    rule_ids: list[str]


class InformationRequested(Event):
    """Staff ask a team for more; only these fields of its file reopen, until then."""

    TYPE: ClassVar[str] = "io.datacity.information.requested.v1"
    SUBJECT: ClassVar[str] = "request_id"
    KEY: ClassVar[str] = "application_id"

    request_id: UUID
    application_id: UUID
    call_id: UUID
    edition_id: UUID
    lead_id: UUID
    field_names: list[str]
    until: Deadline


class InformationSupplied(Event):
    """The team answered the request by a new revision of its file."""

    TYPE: ClassVar[str] = "io.datacity.information.supplied.v1"
    SUBJECT: ClassVar[str] = "request_id"
    KEY: ClassVar[str] = "application_id"

    request_id: UUID
    application_id: UUID
    edition_id: UUID
    revision: int
    supplied_at: datetime


class InformationRequestEnded(Event):
    """Staff took a request back, or decided without waiting for its answer."""

    TYPE: ClassVar[str] = "io.datacity.information.request-ended.v1"
    SUBJECT: ClassVar[str] = "request_id"
    KEY: ClassVar[str] = "application_id"

    request_id: UUID
    application_id: UUID
    edition_id: UUID


class ScreeningTold(Event):
    """The team is told what screening found of its file; until then it reads that the file is being examined."""

    TYPE: ClassVar[str] = "io.datacity.application.screening-told.v1"
    SUBJECT: ClassVar[str] = "application_id"

    application_id: UUID
    edition_id: UUID
    call_id: UUID
    lead_id: UUID
    admitted: bool
    reasons: list[ScreeningReason]
    revision: int


class ScreeningPublished(Event):
    """All teams of a call were told by one act what screening found of their files."""

    TYPE: ClassVar[str] = "io.datacity.call.screening-published.v1"
    SUBJECT: ClassVar[str] = "call_id"

    call_id: UUID
    edition_id: UUID
    admitted: int
    declined: int
    published_at: datetime
