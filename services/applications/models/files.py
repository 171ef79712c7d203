"""Applications, what was handed in, and what is attached."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.applications.models.table import Table
from services.applications.purposes import FILE, PERSON_ID, REVISION, SCREENING
from shared.database import instant


class Application(Table, table=True):
    """A team's file for a call: its draft, where it stands, and what was said about it."""

    __tablename__ = "application"
    __table_args__ = (
        CheckConstraint(
            "status IN ('draft', 'submitted', 'withdrawn', 'admitted', 'declined', 'selected', 'reserved', "
            "'not-selected')",
            name="status",
        ),
        CheckConstraint("screened IN ('admitted', 'declined')", name="screened"),
        Index("uq_application_live", "team_id", "call_id", unique=True, postgresql_where=text("status <> 'withdrawn'")),
        Index("ix_application_listing", "created_at", "id"),
    )

    call_id: UUID = Field(foreign_key="call.id", index=True)
    edition_id: UUID = Field(foreign_key="edition.id")
    team_id: UUID = Field(foreign_key="team.id", index=True)
    lead_id: UUID = Field(foreign_key="person.id", sa_column_kwargs=PERSON_ID.column)
    status: str = Field(sa_type=Text)
    title: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=FILE.column)
    summary: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=FILE.column)
    answers: dict[str, str] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs=FILE.column)
    challenge_ids: list[UUID] = Field(default_factory=list, sa_type=ARRAY(Uuid()))
    revision: int = 0
    submitted_at: datetime | None = instant(nullable=True)
    withdrawn_at: datetime | None = instant(nullable=True)
    screened: str | None = Field(default=None, sa_type=Text)
    """What a person decided in screening; the status says so once the team is told."""
    screened_at: datetime | None = instant(nullable=True)
    screening_told_at: datetime | None = instant(nullable=True)
    screening_reasons: list[str] = Field(default_factory=list, sa_type=JSONB)
    screening_words: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=SCREENING.column)
    matched_challenge_id: UUID | None = Field(default=None, nullable=True)
    matched_partner: str | None = Field(default=None, sa_type=Text, index=True)
    created_at: datetime = instant()
    updated_at: datetime = instant()


class Revision(Table, table=True):
    """What a team handed in, frozen; the newest one counts."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("application_id", "number"),)

    application_id: UUID = Field(foreign_key="application.id")
    number: int
    startup: str = Field(sa_type=Text, sa_column_kwargs=REVISION.column)
    title: str = Field(sa_type=Text, sa_column_kwargs=REVISION.column)
    summary: str = Field(sa_type=Text, sa_column_kwargs=REVISION.column)
    answers: dict[str, str] = Field(sa_type=JSONB, sa_column_kwargs=REVISION.column)
    challenge_ids: list[UUID] = Field(sa_type=ARRAY(Uuid()))
    attachments: list[dict[str, Any]] = Field(sa_type=JSONB, sa_column_kwargs=REVISION.list_column)
    salt: str = Field(sa_type=Text, sa_column_kwargs=REVISION.column)
    digest: str = Field(sa_type=Text)
    submitted_at: datetime = instant()
    form_id: UUID | None = Field(default=None, nullable=True)
    """The version of the call's form that it answered."""


class Attachment(Table, table=True):
    """A checked file of a draft; once handed in it stays for that revision, also if the draft drops it."""

    __tablename__ = "attachment"

    application_id: UUID = Field(foreign_key="application.id", index=True)
    kind: str = Field(sa_type=Text)
    field_id: str | None = Field(default=None, sa_type=Text)
    """The field of the form that it answers; None for the pitch deck."""
    name: str = Field(sa_type=Text, sa_column_kwargs=FILE.column)
    media_type: str = Field(sa_type=Text)
    size: int
    pages: int
    sha256: str = Field(sa_type=Text, sa_column_kwargs=FILE.column)
    created_at: datetime = instant()
    removed_at: datetime | None = instant(nullable=True)


class AttachmentContent(Table, table=True):
    """An attachment's bytes, apart, so that no list ever reads them; the id is the attachment's."""

    __tablename__ = "attachment_content"

    id: UUID = Field(primary_key=True, foreign_key="attachment.id", ondelete="CASCADE")
    content: bytes = Field(sa_type=LargeBinary, sa_column_kwargs=REVISION.column)
