"""The tables of projects and of what they promise."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.incubation.models.table import Table, prose
from services.incubation.purposes import ADVICE, PERSON_ID, PLAN, WORK
from shared.database import instant


class Project(Table, table=True):
    """A selected startup that is accompanied on its challenge."""

    __tablename__ = "project"
    __table_args__ = (Index("ix_project_member_ids", "member_ids", postgresql_using="gin"),)

    application_id: UUID = Field(unique=True)
    edition_id: UUID
    challenge_id: UUID = Field(index=True)
    partner: str = Field(sa_type=Text, index=True)
    lead_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    member_ids: list[UUID] = Field(sa_type=ARRAY(Uuid), sa_column_kwargs=PERSON_ID.column)
    coach_id: UUID | None = Field(default=None, index=True, sa_column_kwargs=PERSON_ID.column)
    opened_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)
    ended_because: str | None = prose(nullable=True)


class Milestone(Table, table=True):
    """Something the project promises by a day."""

    __tablename__ = "milestone"

    project_id: UUID = Field(foreign_key="project.id", index=True)
    kind: str = prose()
    title: str = prose(held=PLAN.column)
    due_on: date
    state: str = prose()
    attempt: int = 0
    planned_at: datetime = instant()


class Evidence(Table, table=True):
    """One attempt to show that a milestone is reached, and what its coach said of it."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("milestone_id", "attempt"),)

    milestone_id: UUID = Field(foreign_key="milestone.id")
    attempt: int
    text: str = prose(held=WORK.column)
    links: list[str] = Field(sa_type=JSONB, sa_column_kwargs=WORK.list_column)
    submitted_by: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    submitted_at: datetime = instant()
    verdict: str | None = prose(nullable=True)
    words: str | None = prose(nullable=True, held=ADVICE.column)
    decided_by: UUID | None = Field(default=None, sa_column_kwargs=PERSON_ID.column)
    decided_at: datetime | None = instant(nullable=True)
