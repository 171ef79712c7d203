"""What incubation tells of projects, their coaches and their milestones."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.envelope import Event


class ProjectOpened(Event):
    """A selected startup is now accompanied."""

    TYPE: ClassVar[str] = "io.datacity.project.opened.v1"
    SUBJECT: ClassVar[str] = "project_id"
    KEY: ClassVar[str] = "application_id"

    project_id: UUID
    application_id: UUID
    edition_id: UUID
    challenge_id: UUID
    partner: str
    lead_id: UUID
    member_ids: list[UUID]


class ProjectEnded(Event):
    """The project is over before its time: its startup withdrew. What it had asked partners for is refused."""

    TYPE: ClassVar[str] = "io.datacity.project.ended.v1"
    SUBJECT: ClassVar[str] = "project_id"
    KEY: ClassVar[str] = "application_id"

    project_id: UUID
    application_id: UUID
    edition_id: UUID
    challenge_id: UUID
    partner: str
    lead_id: UUID
    coach_id: UUID | None
    reason: Literal["withdrawn"]
    ended_at: datetime


class CoachAssigned(Event):
    """A coach accompanies the project from now on."""

    TYPE: ClassVar[str] = "io.datacity.project.coach-assigned.v1"
    SUBJECT: ClassVar[str] = "project_id"
    KEY: ClassVar[str] = "application_id"

    project_id: UUID
    application_id: UUID
    coach_id: UUID


class _MilestoneEvent(Event):
    SUBJECT: ClassVar[str] = "milestone_id"
    KEY: ClassVar[str] = "application_id"

    milestone_id: UUID
    project_id: UUID
    application_id: UUID
    challenge_id: UUID
    partner: str
    lead_id: UUID


MilestoneKind = Literal["kick-off", "prototype", "deployment", "demo", "other"]


class MilestonePlanned(_MilestoneEvent):
    """The project promises something by a day."""

    TYPE: ClassVar[str] = "io.datacity.milestone.planned.v1"

    kind: MilestoneKind
    due_on: date


class MilestoneEvidenceSubmitted(_MilestoneEvent):
    """The startup shows that the milestone is reached."""

    TYPE: ClassVar[str] = "io.datacity.milestone.evidence-submitted.v1"

    kind: MilestoneKind
    attempt: int


class MilestoneApproved(_MilestoneEvent):
    """The coach accepts the evidence."""

    TYPE: ClassVar[str] = "io.datacity.milestone.approved.v1"

    kind: MilestoneKind
    approved_at: datetime


class MilestoneReturned(_MilestoneEvent):
    """The coach asks for better evidence; the words stay with incubation."""

    TYPE: ClassVar[str] = "io.datacity.milestone.returned.v1"

    kind: MilestoneKind
