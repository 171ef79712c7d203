"""The tables of selection."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, MetaData, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.selection.domain.decisions import DecisionsState
from services.selection.domain.juries import JuryState
from services.selection.domain.reviews import ReviewState
from services.selection.purposes import DECISION, FILE, INTEREST, NOTE, PERSON_ID, REASON, SEAT
from shared.database import NAMING, instant
from shared.database import Table as SharedTable


class Table(SharedTable):
    """The base of selection's tables, with metadata of its own."""

    metadata = MetaData(naming_convention=NAMING)


class Challenge(Table, table=True):
    """A published challenge, as applications told; its id is theirs."""

    __tablename__ = "challenge"

    edition_id: UUID = Field(index=True)
    partner: str = Field(sa_type=String)
    title: dict[str, str] = Field(sa_type=JSONB)


class Candidate(Table, table=True):
    """An application as far as selection knows it; its id is the application's."""

    __tablename__ = "candidate"
    __table_args__ = (Index("ix_candidate_challenge_ids", "challenge_ids", postgresql_using="gin"),)

    edition_id: UUID = Field(index=True)
    call_id: UUID
    team_id: UUID | None = Field(default=None, index=True)
    lead_id: UUID | None = Field(default=None, sa_column_kwargs=PERSON_ID.column)
    challenge_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    revision: int
    state: str = Field(sa_type=String)
    """submitted, admitted, declined or withdrawn."""


class TeamMember(Table, table=True):
    """Who belongs to a team: may read its result, and is in conflict with its file as a juror."""

    __tablename__ = "team_member"
    __table_args__ = (UniqueConstraint("team_id", "person_id"),)

    team_id: UUID
    person_id: UUID = Field(index=True, sa_column_kwargs=PERSON_ID.column)


class Dossier(Table, table=True):
    """What one revision of an application says; erased when its team is forgotten."""

    __tablename__ = "dossier"
    __table_args__ = (UniqueConstraint("application_id", "revision"),)

    application_id: UUID
    revision: int
    startup: str = Field(sa_type=Text, sa_column_kwargs=FILE.column)
    title: str = Field(sa_type=Text, sa_column_kwargs=FILE.column)
    summary: str = Field(sa_type=Text, sa_column_kwargs=FILE.column)
    answers: dict[str, str] = Field(sa_type=JSONB, sa_column_kwargs=FILE.column)
    attachments: list[dict[str, Any]] = Field(sa_type=JSONB, sa_column_kwargs=FILE.list_column)


class Jury(Table, table=True):
    """The jury of one challenge, and its rule."""

    __tablename__ = "jury"

    challenge_id: UUID = Field(foreign_key="challenge.id", unique=True)
    edition_id: UUID = Field(index=True)
    state: str = Field(default=JuryState.APPOINTED, sa_type=String)
    reviews_per_file: int
    files_per_juror: int
    criteria: list[dict[str, Any]] = Field(sa_type=JSONB)
    changes: int = 0
    """How often its jurors or its rule were changed."""
    appointed_at: datetime = instant()


class Seat(Table, table=True):
    """A juror's seat in a jury."""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("jury_id", "juror_id"),)

    jury_id: UUID = Field(foreign_key="jury.id")
    juror_id: UUID = Field(index=True, sa_column_kwargs=SEAT.column)


class Conflict(Table, table=True):
    """A juror is bound to an application's people. The note is read by its juror and by staff only."""

    __tablename__ = "conflict"
    __table_args__ = (UniqueConstraint("juror_id", "application_id"),)

    juror_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    application_id: UUID = Field(foreign_key="candidate.id", index=True)
    kind: str = Field(sa_type=String)
    note: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=INTEREST.column)
    declared_at: datetime = instant()


class Review(Table, table=True):
    """One juror's judgement of one file for one challenge. The comment is for the applicant, the note for staff."""

    __tablename__ = "review"
    __table_args__ = (
        Index(
            "uq_review_live",
            "jury_id",
            "application_id",
            "juror_id",
            unique=True,
            postgresql_where=text("state IN ('assigned', 'submitted')"),
        ),
    )

    jury_id: UUID = Field(foreign_key="jury.id")
    challenge_id: UUID
    application_id: UUID = Field(foreign_key="candidate.id", index=True)
    juror_id: UUID = Field(index=True, sa_column_kwargs=PERSON_ID.column)
    state: str = Field(default=ReviewState.ASSIGNED, sa_type=String)
    scores: dict[str, int] = Field(default_factory=dict, sa_type=JSONB)
    comment: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=REASON.column)
    note: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=NOTE.column)
    revision: int | None = None
    recused_because: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=NOTE.column)
    assigned_at: datetime = instant()
    submitted_at: datetime | None = instant(nullable=True)


class Ranking(Table, table=True):
    """A frozen ranking: the database itself refuses to change it."""

    __tablename__ = "ranking"

    jury_id: UUID = Field(foreign_key="jury.id", unique=True)
    challenge_id: UUID = Field(index=True)
    edition_id: UUID = Field(index=True)
    method: str = Field(sa_type=String)
    inputs: dict[str, Any] = Field(sa_type=JSONB)
    inputs_digest: str = Field(sa_type=String)
    files: list[dict[str, Any]] = Field(sa_type=JSONB)
    report: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """How sure the order is; `weighted-mean/1` has none."""
    result_digest: str | None = Field(default=None, sa_type=String)
    """Of files and report; rankings of the first release have none."""
    libraries: dict[str, str] | None = Field(default=None, sa_type=JSONB)
    """What computed it, with versions."""
    frozen_at: datetime = instant()
    frozen_by: str = Field(sa_type=String, sa_column_kwargs=PERSON_ID.column)


class Deliberation(Table, table=True):
    """An edition's decisions: pending as a draft, then published by one act."""

    __tablename__ = "deliberation"
    __table_args__ = (
        Index(
            "uq_deliberation_present",
            "edition_id",
            "state",
            unique=True,
            postgresql_where=text("state IN ('draft', 'published')"),
        ),
    )

    edition_id: UUID = Field(index=True)
    state: str = Field(default=DecisionsState.DRAFT, sa_type=String)
    capacities: dict[str, int] = Field(sa_type=JSONB)
    reserves: dict[str, int] = Field(sa_type=JSONB)
    changes: int = 0
    """How many outcomes were changed by hand."""
    proposed_at: datetime = instant()
    proposed_by: str = Field(sa_type=String, sa_column_kwargs=PERSON_ID.column)
    published_at: datetime | None = instant(nullable=True)
    published_by: str | None = Field(default=None, sa_type=String, sa_column_kwargs=PERSON_ID.column)


class Decision(Table, table=True):
    """What is decided on one application."""

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("deliberation_id", "application_id"),)

    deliberation_id: UUID = Field(foreign_key="deliberation.id")
    application_id: UUID = Field(foreign_key="candidate.id", index=True)
    outcome: str = Field(sa_type=String)
    challenge_id: UUID | None = Field(default=None, foreign_key="challenge.id")
    changed_because: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=DECISION.column)
    changed_by: str | None = Field(default=None, sa_type=String, sa_column_kwargs=PERSON_ID.column)
