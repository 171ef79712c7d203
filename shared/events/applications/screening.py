"""What screening found of an application."""

from typing import ClassVar, Literal
from uuid import UUID

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
