"""What was decided, published by one act."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events.envelope import Event


class ApplicationSelected(Event):
    """The startup is selected, and matched to this one challenge and its partner."""

    TYPE: ClassVar[str] = "io.datacity.application.selected.v1"
    SUBJECT: ClassVar[str] = "decision_id"
    KEY: ClassVar[str] = "application_id"

    decision_id: UUID
    application_id: UUID
    edition_id: UUID
    challenge_id: UUID
    partner: str
    lead_id: UUID
    member_ids: list[UUID]


class ApplicationReserved(Event):
    """The application is on the reserve list."""

    TYPE: ClassVar[str] = "io.datacity.application.reserved.v1"
    SUBJECT: ClassVar[str] = "decision_id"
    KEY: ClassVar[str] = "application_id"

    decision_id: UUID
    application_id: UUID
    edition_id: UUID
    lead_id: UUID


class ApplicationNotSelected(Event):
    """The application is not selected; its applicant receives reasons from selection."""

    TYPE: ClassVar[str] = "io.datacity.application.not-selected.v1"
    SUBJECT: ClassVar[str] = "decision_id"
    KEY: ClassVar[str] = "application_id"

    decision_id: UUID
    application_id: UUID
    edition_id: UUID
    lead_id: UUID


class Match(BaseModel):
    """One startup, one challenge, one partner."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    application_id: UUID
    challenge_id: UUID
    partner: str


class ResultsPublished(Event):
    """All decisions of an edition were published by one act."""

    TYPE: ClassVar[str] = "io.datacity.results.published.v1"
    SUBJECT: ClassVar[str] = "results_id"

    results_id: UUID
    edition_id: UUID
    matches: list[Match]
    selected: int
    reserved: int
    not_selected: int
    published_at: datetime
    minutes_digest: str | None = None


class ResultsAmended(Event):
    """Startups moved up from reserve to places that selected ones left; nobody else's result changed."""

    TYPE: ClassVar[str] = "io.datacity.results.amended.v1"
    SUBJECT: ClassVar[str] = "decisions_id"

    decisions_id: UUID
    results_id: UUID
    edition_id: UUID
    matches: list[Match]
    vacated_ids: list[UUID]
    published_at: datetime
    minutes_digest: str | None = None
