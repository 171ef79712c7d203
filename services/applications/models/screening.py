"""What decides who may take part, what staff asked teams for, and what was found of each file."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.applications.models.table import Table
from services.applications.purposes import PERSON_ID, SCREENING
from shared.database import instant


class CallEligibility(Table, table=True):
    """A version of a call's rules of who may take part, as staff set it once; never changed."""

    __tablename__ = "call_eligibility"
    __table_args__ = (UniqueConstraint("call_id", "number"),)

    call_id: UUID = Field(foreign_key="call.id")
    number: int
    rules: list[dict[str, Any]] = Field(sa_type=JSONB)
    digest: str = Field(sa_type=Text)
    set_at: datetime = instant()


class InformationRequest(Table, table=True):
    """What staff asked a team for after the call was over, and until when; one at a time is open for a file."""

    __tablename__ = "information_request"
    __table_args__ = (
        Index(
            "uq_information_request_waiting",
            "application_id",
            unique=True,
            postgresql_where=text("answered_at IS NULL AND ended_at IS NULL"),
        ),
    )

    application_id: UUID = Field(foreign_key="application.id", index=True)
    fields: list[str] = Field(sa_type=ARRAY(Text))
    words: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=SCREENING.column)
    until_local: str = Field(sa_type=Text)
    until_zone: str = Field(sa_type=Text)
    until_tzdata: str = Field(sa_type=Text)
    until_at: datetime = instant()
    asked_at: datetime = instant()
    asked_by: str = Field(sa_type=Text, sa_column_kwargs=PERSON_ID.column)
    answered_at: datetime | None = instant(nullable=True)
    revision: int | None = None
    """The revision that answered it."""
    ended_at: datetime | None = instant(nullable=True)


class Screening(Table, table=True):
    """Who decided on a file in screening, and what that person was shown; the id is the application's."""

    __tablename__ = "screening"

    id: UUID = Field(primary_key=True, foreign_key="application.id")
    findings: list[dict[str, Any]] = Field(sa_type=JSONB, sa_column_kwargs=SCREENING.list_column)
    findings_digest: str = Field(sa_type=Text)
    overridden: list[str] = Field(sa_type=ARRAY(Text))
    """Rules that failed, and that the person set aside."""
    because: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=SCREENING.column)
    decided_by: str = Field(sa_type=Text, sa_column_kwargs=PERSON_ID.column)
    decided_at: datetime = instant()
