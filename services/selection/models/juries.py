"""Juries, seats, bids and conflicts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.selection.domain.conflicts import ConflictState
from services.selection.domain.juries import Blind, JuryState
from services.selection.models.table import Table
from services.selection.purposes import INTEREST, PERSON_ID, PHASE_REASON, SEAT
from shared.database import instant


class Jury(Table, table=True):
    """The jury of one challenge, and its rule."""

    __tablename__ = "jury"
    __table_args__ = (Index("ix_jury_phase_due_at", "phase_due_at", postgresql_where=text("phase_due_at IS NOT NULL")),)

    challenge_id: UUID = Field(foreign_key="challenge.id", unique=True)
    edition_id: UUID = Field(index=True)
    state: str = Field(default=JuryState.APPOINTED, sa_type=String)
    reviews_per_file: int
    files_per_juror: int
    criteria: list[dict[str, Any]] = Field(sa_type=JSONB)
    blind: str = Field(default=Blind.APPLICANTS, sa_type=String)
    changes: int = 0
    """How often its jurors, its rule or its phases were changed."""
    appointed_at: datetime = instant()
    phase: str | None = Field(default=None, sa_type=String)
    """The phase that was opened last, as far as was told; `rounds.py` says which it is now. None: it has none."""
    phase_since: datetime | None = instant(nullable=True)
    phase_by_date: bool = False
    plan: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    """Which phase opens when: wall time, zone, and the instant with the time zone data that resolved it."""
    phase_due_at: datetime | None = instant(nullable=True)
    """When the plan opens the next one: for the job that tells of it."""
    fields: list[str] = Field(default_factory=list, sa_type=ARRAY(String))
    """What the challenge is about, by the words that jurors state their competences in."""
    fields_answer: str | None = Field(default=None, sa_type=String)
    """The form's field whose chosen options are what a file is about."""
    someone_with: str | None = Field(default=None, sa_type=String)
    """A competence that at least one reviewer of each file must have."""


class PhaseOpening(Table, table=True):
    """A phase that was opened: by a date of the plan, or by a person with a reason."""

    __tablename__ = "phase_opening"

    jury_id: UUID = Field(foreign_key="jury.id", index=True)
    phase: str = Field(sa_type=String)
    opened_at: datetime = instant()
    by_date: bool
    reason: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=PHASE_REASON.column)
    opened_by: str = Field(sa_type=String, sa_column_kwargs=PERSON_ID.column)


class Seat(Table, table=True):
    """A juror's seat in a jury."""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("jury_id", "juror_id"),)

    jury_id: UUID = Field(foreign_key="jury.id")
    juror_id: UUID = Field(index=True, sa_column_kwargs=SEAT.column)
    files_at_most: int | None = None
    """The juror's own limit, in place of the jury's."""


class Bid(Table, table=True):
    """How much a juror would like to review a file."""

    __tablename__ = "bid"
    __table_args__ = (UniqueConstraint("jury_id", "juror_id", "application_id"),)

    jury_id: UUID = Field(foreign_key="jury.id")
    juror_id: UUID = Field(sa_column_kwargs=SEAT.column)
    application_id: UUID = Field(foreign_key="candidate.id")
    bid: str | None = Field(default=None, sa_type=String)
    """None once it was taken back."""
    bid_at: datetime = instant()


class Conflict(Table, table=True):
    """A juror is bound to an application's people. The note is read by its juror and by staff only.

    One row for a juror and a file, whoever said so first: declared by the juror, inferred from ties, or made by staff.
    """

    __tablename__ = "conflict"
    __table_args__ = (UniqueConstraint("juror_id", "application_id"),)

    juror_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    application_id: UUID = Field(foreign_key="candidate.id", index=True)
    kind: str = Field(sa_type=String)
    note: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=INTEREST.column)
    declared_at: datetime = instant()
    """When it became known: declared, inferred, or made by staff."""
    state: str = Field(default=ConflictState.DECLARED, sa_type=String)
    pinned: bool = False
    """What a person decided, and no tie changes."""
    evidence: list[list[dict[str, str]]] = Field(default_factory=list, sa_type=JSONB)
    """Each path of ties, from the juror to the startup, by kinds and ids."""
    decided_because: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=INTEREST.column)
    decided_by: str | None = Field(default=None, sa_type=String, sa_column_kwargs=PERSON_ID.column)
    decided_at: datetime | None = instant(nullable=True)
