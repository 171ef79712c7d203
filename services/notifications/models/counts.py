"""Counts of how the programme goes on, kept as its events come."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Text
from sqlmodel import Field

from services.notifications.models.table import Record
from shared.database import instant


class Tally(Record, table=True):
    """How many applications were handed in, or reviews done, for a challenge in a quarter of an hour."""

    __tablename__ = "tally"

    what: str = Field(primary_key=True, sa_type=Text)
    challenge_id: UUID = Field(primary_key=True)
    quarter: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    count: int = Field(sa_type=BigInteger)


class Progress(Record, table=True):
    """When a file first reached each stage."""

    __tablename__ = "progress"

    file_id: UUID = Field(primary_key=True)
    drafted: datetime | None = instant(nullable=True)
    submitted: datetime | None = instant(nullable=True)
    screened: datetime | None = instant(nullable=True)
    decided: datetime | None = instant(nullable=True)
    accompanied: datetime | None = instant(nullable=True)
    registered: datetime | None = instant(nullable=True)
    running: datetime | None = instant(nullable=True)
    reported: datetime | None = instant(nullable=True)


class Milestone(Record, table=True):
    """What a project promised by a day, and when it was approved."""

    __tablename__ = "milestone"

    milestone_id: UUID = Field(primary_key=True)
    file_id: UUID
    challenge_id: UUID
    kind: str = Field(sa_type=Text)
    due_on: date
    approved_at: datetime | None = instant(nullable=True)
