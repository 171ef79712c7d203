"""What incubation can be asked to do."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from services.incubation.domain.experimentations import Outcome
from shared.events.applications import ApplicationWithdrawn
from shared.events.incubation import MilestoneKind
from shared.events.selection import ApplicationSelected


@dataclass(frozen=True, kw_only=True)
class OpenProject:
    application_id: UUID
    edition_id: UUID
    challenge_id: UUID
    partner: str
    lead_id: UUID
    member_ids: list[UUID]

    @classmethod
    def after(cls, selected: ApplicationSelected) -> Self:
        return cls(
            application_id=selected.application_id,
            edition_id=selected.edition_id,
            challenge_id=selected.challenge_id,
            partner=selected.partner,
            lead_id=selected.lead_id,
            member_ids=selected.member_ids,
        )


@dataclass(frozen=True, kw_only=True)
class EndProject:
    application_id: UUID
    withdrawn_at: datetime

    @classmethod
    def after(cls, withdrawn: ApplicationWithdrawn) -> Self:
        return cls(application_id=withdrawn.application_id, withdrawn_at=withdrawn.withdrawn_at)


@dataclass(frozen=True, kw_only=True)
class NameCoach:
    project_id: UUID
    coach_id: UUID


@dataclass(frozen=True, kw_only=True)
class PlanMilestone:
    project_id: UUID
    kind: MilestoneKind
    title: str
    due_on: date


@dataclass(frozen=True, kw_only=True)
class SubmitEvidence:
    milestone_id: UUID
    text: str
    links: list[str]


@dataclass(frozen=True, kw_only=True)
class ApproveMilestone:
    milestone_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReturnMilestone:
    milestone_id: UUID
    words: str


@dataclass(frozen=True, kw_only=True)
class InlineContent:
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class OfferDataset:
    challenge_id: UUID
    title: str
    description: str
    licence: str
    purpose: str
    content: InlineContent | None
    url: str | None


@dataclass(frozen=True, kw_only=True)
class RequestAccess:
    dataset_id: UUID
    project_id: UUID
    purpose: str


@dataclass(frozen=True, kw_only=True)
class GrantAccess:
    grant_id: UUID
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class RefuseAccess:
    grant_id: UUID
    words: str


@dataclass(frozen=True, kw_only=True)
class RevokeAccess:
    grant_id: UUID
    words: str


@dataclass(frozen=True, kw_only=True)
class AcceptLicence:
    grant_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReadDataset:
    grant_id: UUID


@dataclass(frozen=True, kw_only=True)
class Representative:
    """Somebody in a focus group, and whom they speak for."""

    person_id: UUID
    organisation: str


@dataclass(frozen=True, kw_only=True)
class FormFocusGroup:
    challenge_id: UUID
    representatives: list[Representative]


@dataclass(frozen=True, kw_only=True)
class ScheduleWorkshops:
    """One workshop, or the same wall time for several weeks."""

    edition_id: UUID
    title: dict[str, str]
    starts_local: datetime
    zone: str | None
    place: str
    seats: int
    weeks: int = 1


@dataclass(frozen=True, kw_only=True)
class Contact:
    """How to address somebody who has no account."""

    name: str
    email: str
    language: Literal["fr", "ar", "en"]


@dataclass(frozen=True, kw_only=True)
class RegisterForWorkshop:
    workshop_id: UUID
    contact: Contact | None
    """None for the person who is signed in."""


@dataclass(frozen=True, kw_only=True)
class CancelRegistration:
    workshop_id: UUID
    token: str


@dataclass(frozen=True, kw_only=True)
class RegisterExperimentation:
    project_id: UUID
    hypothesis: str
    indicators: list[dict[str, str]]
    """Each with `name`, `unit` and `direction`."""
    baseline: dict[str, float]
    place: str
    starts_on: date
    ends_on: date
    stop_rule: str


@dataclass(frozen=True, kw_only=True)
class AuthoriseExperimentation:
    experimentation_id: UUID
    conditions: str | None


@dataclass(frozen=True, kw_only=True)
class RefuseExperimentation:
    experimentation_id: UUID
    words: str


@dataclass(frozen=True, kw_only=True)
class StartExperimentation:
    experimentation_id: UUID
    compressed: bool
    """Demonstrations may start before the day that the protocol names."""


@dataclass(frozen=True, kw_only=True)
class RecordMeasurement:
    experimentation_id: UUID
    indicator: str
    value: float
    measured_at: datetime | None
    """None for now."""


@dataclass(frozen=True, kw_only=True)
class ReportExperimentation:
    experimentation_id: UUID
    outcome: Outcome
    words: str
    compressed: bool
    """Demonstrations may report before the last day."""
