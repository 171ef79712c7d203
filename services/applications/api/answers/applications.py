"""How an application looks to those who may read it."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from services.applications import models
from services.applications.api.answers.completeness import CompletenessView
from services.applications.api.answers.drafts import DraftVersionLine
from services.applications.api.answers.programme import DeadlineView
from services.applications.domain.applications import Status
from services.applications.domain.screening import Outcome
from services.applications.views import File, Line
from shared.events.applications import ScreeningReason
from shared.http import ReceiptText, View


class AttachmentView(View):
    """A file of an application; its bytes have an address of their own."""

    id: UUID
    version: int
    kind: str
    field_id: str | None = Field(description="The field of the form that it answers.")
    name: str
    media_type: str
    size: int
    pages: int = Field(description="0 of what has no pages.")
    sha256: str
    created_at: datetime


class ScreeningView(View):
    """What screening found."""

    admitted: bool
    reasons: list[ScreeningReason]
    words: str | None
    screened_at: datetime


class ApplicationView(View):
    """An application: to its team the draft and where it stands; to others what was handed in last."""

    id: UUID
    version: int
    call_id: UUID
    edition_id: UUID
    team_id: UUID
    startup: str
    status: Status
    title: str | None
    summary: str | None
    answers: dict[str, str]
    challenge_ids: list[UUID] = Field(description="In order of preference.")
    attachments: list[AttachmentView]
    revision: int = Field(description="How often it was handed in; 0 for never.")
    submitted_at: datetime | None
    unsubmitted_changes: bool = Field(description="True if the draft says something that was not handed in.")
    completeness: CompletenessView | None = Field(description="To its team, as long as it may be handed in.")
    deadline: DeadlineView = Field(description="The strictest deadline of the challenges it names.")
    screening: ScreeningView | None
    matched_challenge_id: UUID | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, file: File) -> Self:
        application, content = file.application, file.content
        return cls(
            id=application.id,
            version=application.version,
            call_id=application.call_id,
            edition_id=application.edition_id,
            team_id=application.team_id,
            startup=file.startup,
            status=Status(application.status),
            title=content.title,
            summary=content.summary,
            answers=dict(content.answers),
            challenge_ids=list(content.challenge_ids),
            attachments=[AttachmentView.model_validate(attachment) for attachment in file.attachments],
            revision=application.revision,
            submitted_at=application.submitted_at,
            unsubmitted_changes=file.unsubmitted_changes,
            completeness=CompletenessView.model_validate(file.completeness) if file.completeness else None,
            deadline=DeadlineView.of(file.deadline),
            screening=screening_of(application, to_team=file.is_own),
            matched_challenge_id=application.matched_challenge_id,
            created_at=application.created_at,
            updated_at=application.updated_at,
        )


class ApplicationLine(View):
    """An application in a list."""

    id: UUID
    version: int
    call_id: UUID
    team_id: UUID
    startup: str
    status: Status
    title: str | None
    challenge_ids: list[UUID]
    revision: int
    submitted_at: datetime | None

    @classmethod
    def of(cls, line: Line) -> Self:
        return cls(
            id=line.application.id,
            version=line.application.version,
            call_id=line.application.call_id,
            team_id=line.application.team_id,
            startup=line.startup,
            status=Status(line.application.status),
            title=line.title,
            challenge_ids=list(line.challenge_ids),
            revision=line.application.revision,
            submitted_at=line.application.submitted_at,
        )


class RevisionView(View):
    """What was handed in once: its number, when, and the digest that the event log holds of it."""

    number: int
    submitted_at: datetime
    dossier_digest: str
    title: str
    attachments: int

    @classmethod
    def of(cls, revision: models.Revision) -> Self:
        return cls(
            number=revision.number,
            submitted_at=revision.submitted_at,
            dossier_digest=revision.digest,
            title=revision.title,
            attachments=len(revision.attachments),
        )


class VersionsView(View):
    """All that was handed in, oldest first, what was saved of the draft, and whether it has moved on since."""

    application_id: UUID
    revisions: list[RevisionView]
    drafts: list[DraftVersionLine] = Field(description="Newest first; to its team alone.")
    draft_saved_at: datetime
    unsubmitted_changes: bool


class StandingView(View):
    """Where an application stands; without its text, as answers to a POST are kept a while for those who repeat it."""

    id: UUID
    version: int
    status: Status
    revision: int
    screening: ScreeningView | None
    updated_at: datetime

    @classmethod
    def of(cls, application: models.Application, *, to_team: bool) -> Self:
        return cls(
            id=application.id,
            version=application.version,
            status=Status(application.status),
            revision=application.revision,
            screening=screening_of(application, to_team=to_team),
            updated_at=application.updated_at,
        )


class ReceiptView(View):
    """Proof of what was handed in, and that it was in time."""

    application_id: UUID
    version: int
    status: Status
    revision: int
    dossier_digest: str = Field(description="Salted SHA-256 of the dossier; the event log holds the same.")
    submitted_at: datetime
    deadline: DeadlineView
    receipt: ReceiptText


def screening_of(application: models.Application, *, to_team: bool) -> ScreeningView | None:
    """What a person decided; its team is told no sooner than all others."""
    if application.screened_at is None or (to_team and application.screening_told_at is None):
        return None
    return ScreeningView.model_validate(
        {
            "admitted": application.screened == Outcome.ADMITTED,
            "reasons": application.screening_reasons,
            "words": application.screening_words,
            "screened_at": application.screened_at,
        }
    )
