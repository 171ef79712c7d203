"""What applications told: editions, challenges, candidates, their teams and dossiers."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.selection.models.table import Table
from services.selection.purposes import FILE, PERSON_ID


class Edition(Table, table=True):
    """An edition, as applications announced it: its name, and the zone of its times. Its id is theirs."""

    __tablename__ = "edition"

    city: str = Field(sa_type=String)
    zone: str = Field(sa_type=String)
    title: dict[str, str] = Field(sa_type=JSONB)


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


class CallForm(Table, table=True):
    """What a call's form asks, by its newest version; the id is the call's. Applications keeps how it is answered."""

    __tablename__ = "call_form"

    number: int
    sections: list[dict[str, Any]] = Field(sa_type=JSONB)


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
