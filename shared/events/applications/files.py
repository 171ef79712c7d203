"""An application from its first draft to what was handed in, or taken back."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.applications.programme import Deadline
from shared.events.envelope import Event


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
    grace_seconds: int = 0
    """How long after the deadline the call still took files."""


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
    grace_seconds: int = 0


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
    """Another member of the team leads from now on: the lead was forgotten, or passed it on."""

    TYPE: ClassVar[str] = "io.datacity.application.lead-passed.v1"
    SUBJECT: ClassVar[str] = "application_id"

    application_id: UUID
    edition_id: UUID
    team_id: UUID
    lead_id: UUID


class ApplicationsExported(Event):
    """Staff took out what was handed in for a call, in one of the formats there are."""

    TYPE: ClassVar[str] = "io.datacity.applications.exported.v1"
    SUBJECT: ClassVar[str] = "export_id"

    export_id: UUID
    call_id: UUID
    format: str
    applications: int = Field(description="How many there were.")
