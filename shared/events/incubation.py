"""What incubation tells: projects, coaches, milestones, the data room, focus groups, workshops, experimentations."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.envelope import Event
from shared.events.operations import SharedEvent

TOPIC = "incubation.events.v1"
SOURCE = "/services/incubation"


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


class DatasetOffered(Event):
    """A partner offers data that is rarely shared, for a challenge, under a licence and for a purpose."""

    TYPE: ClassVar[str] = "io.datacity.dataset.offered.v1"
    SUBJECT: ClassVar[str] = "dataset_id"

    dataset_id: UUID
    challenge_id: UUID
    partner: str
    licence: str


class _DataGrantEvent(Event):
    SUBJECT: ClassVar[str] = "grant_id"
    KEY: ClassVar[str] = "application_id"

    grant_id: UUID
    dataset_id: UUID
    project_id: UUID
    application_id: UUID
    partner: str
    lead_id: UUID


class DataAccessRequested(_DataGrantEvent):
    """A project asks its partner for a dataset."""

    TYPE: ClassVar[str] = "io.datacity.data-access.requested.v1"


class DataAccessGranted(_DataGrantEvent):
    """The owner grants access until an instant."""

    TYPE: ClassVar[str] = "io.datacity.data-access.granted.v1"

    expires_at: datetime


class DataAccessRefused(_DataGrantEvent):
    """The owner refuses access."""

    TYPE: ClassVar[str] = "io.datacity.data-access.refused.v1"


class DataAccessRevoked(_DataGrantEvent):
    """The owner takes access back before it expires."""

    TYPE: ClassVar[str] = "io.datacity.data-access.revoked.v1"


class DataAccessExpired(_DataGrantEvent):
    """Access ended at the instant that the grant named."""

    TYPE: ClassVar[str] = "io.datacity.data-access.expired.v1"


class DatasetRead(_DataGrantEvent):
    """A member read the dataset: the receipt that its owner can see."""

    TYPE: ClassVar[str] = "io.datacity.data-access.read.v1"

    person_id: UUID


class FocusGroupFormed(Event):
    """A challenge's group: one Numa representative and at least one person responsible at the partner."""

    TYPE: ClassVar[str] = "io.datacity.focus-group.formed.v1"
    SUBJECT: ClassVar[str] = "focus_group_id"

    focus_group_id: UUID
    challenge_id: UUID
    numa_representative_id: UUID
    partner_representative_ids: list[UUID]
    project_ids: list[UUID]


class WorkshopScheduled(Event):
    """A workshop, open to all."""

    TYPE: ClassVar[str] = "io.datacity.workshop.scheduled.v1"
    SUBJECT: ClassVar[str] = "workshop_id"

    workshop_id: UUID
    edition_id: UUID
    title: dict[str, str]
    starts_at: datetime
    place: str
    seats: int


class WorkshopRegistrationTaken(Event):
    """Somebody registered for a workshop; who it is travels in people.v1 only."""

    TYPE: ClassVar[str] = "io.datacity.workshop.registration-taken.v1"
    SUBJECT: ClassVar[str] = "registration_id"
    KEY: ClassVar[str] = "workshop_id"

    registration_id: UUID
    workshop_id: UUID
    person_id: UUID


class WorkshopRegistrationCancelled(Event):
    """The seat is free again."""

    TYPE: ClassVar[str] = "io.datacity.workshop.registration-cancelled.v1"
    SUBJECT: ClassVar[str] = "registration_id"
    KEY: ClassVar[str] = "workshop_id"

    registration_id: UUID
    workshop_id: UUID
    person_id: UUID


class _ExperimentationEvent(Event):
    SUBJECT: ClassVar[str] = "experimentation_id"
    KEY: ClassVar[str] = "application_id"

    experimentation_id: UUID
    project_id: UUID
    application_id: UUID
    challenge_id: UUID
    partner: str
    lead_id: UUID


class ExperimentationRegistered(_ExperimentationEvent):
    """The protocol is locked: hypothesis, indicators, baseline, place, dates, stop rule. Its digest is kept here."""

    TYPE: ClassVar[str] = "io.datacity.experimentation.registered.v1"

    protocol_digest: str
    place: str
    starts_on: date
    ends_on: date
    indicators: list[str]


class ExperimentationAuthorised(_ExperimentationEvent):
    """The city allows it."""

    TYPE: ClassVar[str] = "io.datacity.experimentation.authorised.v1"

    authorised_by: UUID


class ExperimentationRefused(_ExperimentationEvent):
    """The city does not allow it."""

    TYPE: ClassVar[str] = "io.datacity.experimentation.refused.v1"


class ExperimentationStarted(_ExperimentationEvent):
    """The prototype runs in the city."""

    TYPE: ClassVar[str] = "io.datacity.experimentation.started.v1"

    started_at: datetime


class MeasurementRecorded(_ExperimentationEvent):
    """One value of one indicator at one instant."""

    TYPE: ClassVar[str] = "io.datacity.experimentation.measured.v1"

    indicator: str
    value: float
    unit: str
    measured_at: datetime


class ExperimentationReported(_ExperimentationEvent):
    """What came out, also when it is negative."""

    TYPE: ClassVar[str] = "io.datacity.experimentation.reported.v1"

    outcome: Literal["confirmed", "refuted", "inconclusive", "stopped"]
    means: dict[str, float]
    baselines: dict[str, float]


AnyEvent = (
    ProjectOpened
    | CoachAssigned
    | MilestonePlanned
    | MilestoneEvidenceSubmitted
    | MilestoneApproved
    | MilestoneReturned
    | DatasetOffered
    | DataAccessRequested
    | DataAccessGranted
    | DataAccessRefused
    | DataAccessRevoked
    | DataAccessExpired
    | DatasetRead
    | FocusGroupFormed
    | WorkshopScheduled
    | WorkshopRegistrationTaken
    | WorkshopRegistrationCancelled
    | ExperimentationRegistered
    | ExperimentationAuthorised
    | ExperimentationRefused
    | ExperimentationStarted
    | MeasurementRecorded
    | ExperimentationReported
    | SharedEvent
)
