"""Frozen rankings, deliberations and decisions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.selection.domain.decisions import DecisionsState, Kind
from services.selection.models.table import Table
from services.selection.purposes import DECISION, PERSON_ID
from shared.database import instant


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
            postgresql_where=text("state = 'draft' OR state = 'published' AND kind = 'results'"),
        ),
    )

    edition_id: UUID = Field(index=True)
    kind: str = Field(default=Kind.RESULTS, sa_type=String)
    amends: UUID | None = Field(default=None, foreign_key="deliberation.id")
    """Of a promotion: the published results after which somebody moves up."""
    vacated: dict[str, str] = Field(default_factory=dict, sa_type=JSONB)
    """Of a promotion: application → the challenge whose place it left."""
    state: str = Field(default=DecisionsState.DRAFT, sa_type=String)
    capacities: dict[str, int] = Field(sa_type=JSONB)
    reserves: dict[str, int] = Field(sa_type=JSONB)
    market: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """Both sides' preferences and places, as they were matched; decisions of the first release have none."""
    changes: int = 0
    """How many outcomes were changed by hand."""
    proposed_at: datetime = instant()
    proposed_by: str = Field(sa_type=String, sa_column_kwargs=PERSON_ID.column)
    approvals_needed: int = 2
    salt: str = Field(default="", sa_type=String)
    """Makes the digest of the content unguessable: three outcomes are tried in no time."""
    published_at: datetime | None = instant(nullable=True)
    published_by: str | None = Field(default=None, sa_type=String, sa_column_kwargs=PERSON_ID.column)


class Minutes(Table, table=True):
    """The facts that led to published decisions, frozen with them: the database itself refuses to change them."""

    __tablename__ = "minutes"

    deliberation_id: UUID = Field(foreign_key="deliberation.id", unique=True)
    facts: dict[str, Any] = Field(sa_type=JSONB)
    digest: str = Field(sa_type=String)


class Decision(Table, table=True):
    """What is decided on one application."""

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("deliberation_id", "application_id"),)

    deliberation_id: UUID = Field(foreign_key="deliberation.id")
    application_id: UUID = Field(foreign_key="candidate.id", index=True)
    outcome: str = Field(sa_type=String)
    challenge_id: UUID | None = Field(default=None, foreign_key="challenge.id")
    changed_because: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=DECISION.column)
    because_salt: str | None = Field(default=None, sa_type=String, sa_column_kwargs=DECISION.column)
    because_digest: str | None = Field(default=None, sa_type=String)
    """Salted, of `changed_because`: what was approved can be told after the words are erased."""
    changed_by: str | None = Field(default=None, sa_type=String, sa_column_kwargs=PERSON_ID.column)


class Approval(Table, table=True):
    """One person's word for exactly the content that a digest stands for; void once anything of it changed."""

    __tablename__ = "approval"
    __table_args__ = (
        Index(
            "uq_approval_standing",
            "deliberation_id",
            "approver_id",
            unique=True,
            postgresql_where=text("voided_at IS NULL"),
        ),
    )

    deliberation_id: UUID = Field(foreign_key="deliberation.id", index=True)
    approver_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    digest: str = Field(sa_type=String)
    approved_at: datetime = instant()
    voided_at: datetime | None = instant(nullable=True)
    voided_because: str | None = Field(default=None, sa_type=String)
