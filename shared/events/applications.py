"""What applications tells: editions, challenges, calls, people, teams, applications, screening."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events.envelope import Event
from shared.events.forgetting import ErasureDeferred, HoldLifted, HoldPlaced, PersonForgotten
from shared.events.operations import SharedEvent

TOPIC = "applications.events.v1"
SOURCE = "/services/applications"


class EditionAnnounced(Event):
    """A city's programme begins: everything else belongs to an edition."""

    TYPE: ClassVar[str] = "io.datacity.edition.announced.v1"
    SUBJECT: ClassVar[str] = "edition_id"

    edition_id: UUID
    city: str
    title: dict[str, str]
    zone: str


class ChallengeDeclared(Event):
    """A partner exposes a problem of its own trade; staff have not published it yet."""

    TYPE: ClassVar[str] = "io.datacity.challenge.declared.v1"
    SUBJECT: ClassVar[str] = "challenge_id"

    challenge_id: UUID
    edition_id: UUID
    partner: str
    title: dict[str, str]


class ChallengePublished(Event):
    """Anyone may now read the challenge, and startups may answer it."""

    TYPE: ClassVar[str] = "io.datacity.challenge.published.v1"
    SUBJECT: ClassVar[str] = "challenge_id"

    challenge_id: UUID
    edition_id: UUID
    partner: str
    title: dict[str, str]


class Deadline(BaseModel):
    """A deadline as it was decided (wall time and zone) and as it was resolved (instant, and by which tzdata)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    local: str
    zone: str
    instant: datetime
    tzdata_version: str


class CallAnnounced(Event):
    """A call with its opening and its deadlines: one for all, and one for each challenge that has its own."""

    TYPE: ClassVar[str] = "io.datacity.call.announced.v1"
    SUBJECT: ClassVar[str] = "call_id"

    call_id: UUID
    edition_id: UUID
    challenge_ids: list[UUID]
    opens_at: datetime
    deadline: Deadline
    challenge_deadlines: dict[UUID, Deadline]


class CallClosed(Event):
    """The last deadline has passed: no file changes any more, and from now on staff may read them."""

    TYPE: ClassVar[str] = "io.datacity.call.closed.v1"
    SUBJECT: ClassVar[str] = "call_id"

    call_id: UUID
    edition_id: UUID
    closed_at: datetime
    submitted: int


class FilesOpened(Event):
    """Staff broke the seal of a closed call's files."""

    TYPE: ClassVar[str] = "io.datacity.call.files-opened.v1"
    SUBJECT: ClassVar[str] = "call_id"

    call_id: UUID
    edition_id: UUID
    application_ids: list[UUID]


class PersonRegistered(Event):
    """A person can now be addressed; who it is travels in people.v1 only."""

    TYPE: ClassVar[str] = "io.datacity.person.registered.v1"
    SUBJECT: ClassVar[str] = "person_id"

    person_id: UUID


class TeamFormed(Event):
    """An applicant formed the team that will apply."""

    TYPE: ClassVar[str] = "io.datacity.team.formed.v1"
    SUBJECT: ClassVar[str] = "team_id"

    team_id: UUID
    lead_id: UUID
    member_ids: list[UUID]


class TeamMemberAdded(Event):
    """The team grew by a person."""

    TYPE: ClassVar[str] = "io.datacity.team.member-added.v1"
    SUBJECT: ClassVar[str] = "team_id"

    team_id: UUID
    person_id: UUID


class ApplicationDrafted(Event):
    """A team began to write its application."""

    TYPE: ClassVar[str] = "io.datacity.application.drafted.v1"
    SUBJECT: ClassVar[str] = "application_id"

    application_id: UUID
    call_id: UUID
    edition_id: UUID
    team_id: UUID
    lead_id: UUID


class AttachmentAdded(Event):
    """A file, checked by its content, joined the draft."""

    TYPE: ClassVar[str] = "io.datacity.application.attachment-added.v1"
    SUBJECT: ClassVar[str] = "application_id"

    application_id: UUID
    attachment_id: UUID
    media_type: str
    size: int


class AttachmentRemoved(Event):
    """A file left the draft."""

    TYPE: ClassVar[str] = "io.datacity.application.attachment-removed.v1"
    SUBJECT: ClassVar[str] = "application_id"

    application_id: UUID
    attachment_id: UUID


class ApplicationSubmitted(Event):
    """The team handed in its first complete revision before the deadline that applied."""

    TYPE: ClassVar[str] = "io.datacity.application.submitted.v1"
    SUBJECT: ClassVar[str] = "application_id"

    application_id: UUID
    call_id: UUID
    edition_id: UUID
    team_id: UUID
    lead_id: UUID
    member_ids: list[UUID]
    challenge_ids: list[UUID]
    revision: int
    dossier_digest: str
    submitted_at: datetime
    deadline: Deadline


class ApplicationRevised(Event):
    """The team replaced what it had handed in, still before the deadline."""

    TYPE: ClassVar[str] = "io.datacity.application.revised.v1"
    SUBJECT: ClassVar[str] = "application_id"

    application_id: UUID
    call_id: UUID
    edition_id: UUID
    challenge_ids: list[UUID]
    revision: int
    dossier_digest: str
    revised_at: datetime
    deadline: Deadline


class ApplicationWithdrawn(Event):
    """The team took its application back; nobody reviews it."""

    TYPE: ClassVar[str] = "io.datacity.application.withdrawn.v1"
    SUBJECT: ClassVar[str] = "application_id"

    application_id: UUID
    call_id: UUID
    edition_id: UUID
    lead_id: UUID
    withdrawn_at: datetime


class ApplicationLeadPassed(Event):
    """The team's lead was forgotten; another member leads from now on."""

    TYPE: ClassVar[str] = "io.datacity.application.lead-passed.v1"
    SUBJECT: ClassVar[str] = "application_id"

    application_id: UUID
    edition_id: UUID
    team_id: UUID
    lead_id: UUID


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


AnyEvent = (
    EditionAnnounced
    | ChallengeDeclared
    | ChallengePublished
    | CallAnnounced
    | CallClosed
    | FilesOpened
    | PersonRegistered
    | PersonForgotten
    | ErasureDeferred
    | HoldPlaced
    | HoldLifted
    | TeamFormed
    | TeamMemberAdded
    | ApplicationDrafted
    | AttachmentAdded
    | AttachmentRemoved
    | ApplicationSubmitted
    | ApplicationRevised
    | ApplicationWithdrawn
    | ApplicationLeadPassed
    | ApplicationAdmitted
    | ApplicationDeclined
    | SharedEvent
)
