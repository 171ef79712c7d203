"""Editions, challenges and calls."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.applications.models.table import Table
from shared.database import instant


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
    screening_told_at: datetime | None = instant(nullable=True)
    """Since then each team reads what screening found of its file."""
    form_id: UUID | None = Field(default=None, nullable=True)
    """The version of its form that counts; none as long as it asks freely."""
    resolved_with: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    """The time zone data by which its rules were resolved last."""


class CallForm(Table, table=True):
    """A version of what a call asks, as staff set it once; never changed."""

    __tablename__ = "call_form"
    __table_args__ = (UniqueConstraint("call_id", "number"),)

    call_id: UUID = Field(foreign_key="call.id")
    number: int
    definition: dict[str, Any] = Field(sa_type=JSONB)
    digest: str = Field(sa_type=Text)
    set_at: datetime = instant()


class CallChallenge(Table, table=True):
    """A challenge that a call offers."""

    __tablename__ = "call_challenge"
    __table_args__ = (UniqueConstraint("call_id", "challenge_id"),)

    call_id: UUID = Field(foreign_key="call.id")
    challenge_id: UUID = Field(foreign_key="challenge.id", index=True)
    position: int
