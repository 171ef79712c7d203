"""The tables of applications."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, MetaData, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

import shared.database
from services.applications.purposes import CONTACT, ERASURE, FILE, MEMBERSHIP, PERSON_ID, REVISION, SCREENING
from shared.database import NAMING, instant


class Table(shared.database.Table):
    """The tables of this service, and of no other."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)


class Edition(Table, table=True):
    """A city's programme; everything else belongs to one."""

    __tablename__ = "edition"

    city: str = Field(sa_type=Text)
    title: dict[str, str] = Field(sa_type=JSONB)
    zone: str = Field(sa_type=Text)
    created_at: datetime = instant()


class Challenge(Table, table=True):
    """A partner's problem that startups answer."""

    __tablename__ = "challenge"
    __table_args__ = (CheckConstraint("status IN ('declared', 'published')", name="status"),)

    edition_id: UUID = Field(foreign_key="edition.id", index=True)
    partner: str = Field(sa_type=Text, index=True)
    title: dict[str, str] = Field(sa_type=JSONB)
    description: dict[str, str] = Field(sa_type=JSONB)
    status: str = Field(sa_type=Text)
    created_at: datetime = instant()
    published_at: datetime | None = instant(nullable=True)


class Call(Table, table=True):
    """An opening during which teams may apply; its deadlines are rows of their own."""

    __tablename__ = "call"
    __table_args__ = (CheckConstraint("status IN ('announced', 'closed', 'files-opened')", name="status"),)

    edition_id: UUID = Field(foreign_key="edition.id", index=True)
    status: str = Field(sa_type=Text)
    opens_local: str = Field(sa_type=Text)
    opens_zone: str = Field(sa_type=Text)
    opens_tzdata: str = Field(sa_type=Text)
    opens_at: datetime = instant()
    last_deadline_at: datetime = instant(index=True)
    created_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)
    opened_at: datetime | None = instant(nullable=True)


class CallChallenge(Table, table=True):
    """A challenge that a call offers."""

    __tablename__ = "call_challenge"
    __table_args__ = (UniqueConstraint("call_id", "challenge_id"),)

    call_id: UUID = Field(foreign_key="call.id")
    challenge_id: UUID = Field(foreign_key="challenge.id", index=True)
    position: int


class DeadlineRule(Table, table=True):
    """A line of a call's rule log: the deadline of all (no challenge) or of one challenge, as decided and resolved."""

    __tablename__ = "deadline_rule"
    __table_args__ = (UniqueConstraint("call_id", "challenge_id", postgresql_nulls_not_distinct=True),)

    call_id: UUID = Field(foreign_key="call.id")
    challenge_id: UUID | None = Field(default=None, foreign_key="challenge.id", nullable=True)
    local: str = Field(sa_type=Text)
    zone: str = Field(sa_type=Text)
    tzdata_version: str = Field(sa_type=Text)
    deadline_at: datetime = instant()
    decided_at: datetime = instant()


class Person(Table, table=True):
    """How to reach a person; the id is the one that the issuer vouches for."""

    __tablename__ = "person"

    name: str = Field(sa_type=Text, sa_column_kwargs=CONTACT.column)
    email: str = Field(sa_type=Text, sa_column_kwargs=CONTACT.column)
    language: str = Field(sa_type=Text, sa_column_kwargs=CONTACT.column)
    created_at: datetime = instant()
    updated_at: datetime = instant()
    forgotten_at: datetime | None = instant(nullable=True)
    """Since then the row is an empty shell, to which teams and files still refer."""


class Erasure(Table, table=True):
    """A person's wish to be forgotten; the id is the person's. Open while an obligation keeps something."""

    __tablename__ = "erasure"
    __table_args__ = (Index("ix_erasure_open", "requested_at", postgresql_where=text("completed_at IS NULL")),)

    id: UUID = Field(primary_key=True, foreign_key="person.id", sa_column_kwargs=ERASURE.column)
    requested_at: datetime = instant()
    requested_by: str = Field(sa_type=Text, sa_column_kwargs=ERASURE.column)
    completed_at: datetime | None = instant(nullable=True)


class Hold(Table, table=True):
    """An obligation to keep what is known of a person, although it may ask to be forgotten."""

    __tablename__ = "erasure_hold"
    __table_args__ = (CheckConstraint("ground IN ('accounting', 'dispute')", name="ground"),)

    person_id: UUID = Field(foreign_key="person.id", index=True, sa_column_kwargs=ERASURE.column)
    ground: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text, sa_column_kwargs=ERASURE.column)
    until: datetime = instant()
    placed_by: str = Field(sa_type=Text, sa_column_kwargs=ERASURE.column)
    placed_at: datetime = instant()
    lifted_at: datetime | None = instant(nullable=True)


class Team(Table, table=True):
    """Those who apply together, under the name that their startup goes by."""

    __tablename__ = "team"

    name: str = Field(sa_type=Text, sa_column_kwargs=FILE.column)
    lead_id: UUID = Field(foreign_key="person.id", index=True, sa_column_kwargs=PERSON_ID.column)
    created_at: datetime = instant()


class TeamMember(Table, table=True):
    """A person in a team, the lead included."""

    __tablename__ = "team_member"
    __table_args__ = (UniqueConstraint("team_id", "person_id"),)

    team_id: UUID = Field(foreign_key="team.id")
    person_id: UUID = Field(foreign_key="person.id", index=True, sa_column_kwargs=MEMBERSHIP.column)
    joined_at: datetime = instant()


class Application(Table, table=True):
    """A team's file for a call: its draft, where it stands, and what was said about it."""

    __tablename__ = "application"
    __table_args__ = (
        CheckConstraint(
            "status IN ('draft', 'submitted', 'withdrawn', 'admitted', 'declined', 'selected', 'reserved', "
            "'not-selected')",
            name="status",
        ),
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
    screened_at: datetime | None = instant(nullable=True)
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


class Attachment(Table, table=True):
    """A checked file of a draft; once handed in it stays for that revision, also if the draft drops it."""

    __tablename__ = "attachment"

    application_id: UUID = Field(foreign_key="application.id", index=True)
    kind: str = Field(sa_type=Text)
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


class ReviewReader(Table, table=True):
    """A juror who may read a file's attachments, as selection assigned it; the id is the review's."""

    __tablename__ = "review_reader"
    __table_args__ = (Index("ix_review_reader_access", "application_id", "juror_id"),)

    application_id: UUID
    juror_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    active: bool = True


class Conflict(Table, table=True):
    """A juror bound to an application's people: no route shows this juror the file, ever."""

    __tablename__ = "conflict"
    __table_args__ = (UniqueConstraint("application_id", "juror_id"),)

    application_id: UUID
    juror_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
