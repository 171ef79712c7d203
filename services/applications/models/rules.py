"""A call's rule log, who asked for more time, and when we could not be reached."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from services.applications.models.table import Table
from services.applications.purposes import EXTENSION, PERSON_ID
from shared.database import instant


class DeadlineRule(Table, table=True):
    """A line of a call's rule log, only ever added to: a deadline for everyone, for one challenge, or for one team.

    A line for everyone says the opening and the grace too. One without them was written by the release before, and has
    the number 0, as it knew of no log.
    """

    __tablename__ = "deadline_rule"
    __table_args__ = (
        CheckConstraint(
            "cause IN ('announced', 'rescheduled', 'postponed', 'extended', 'outage', 'tzdata')", name="cause"
        ),
        Index("uq_deadline_rule_call_id_number", "call_id", "number", unique=True, postgresql_where=text("number > 0")),
    )

    call_id: UUID = Field(foreign_key="call.id")
    number: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    cause: str = Field(default="announced", sa_type=Text, sa_column_kwargs={"server_default": "announced"})
    challenge_id: UUID | None = Field(default=None, foreign_key="challenge.id", nullable=True)
    team_id: UUID | None = Field(default=None, foreign_key="team.id", nullable=True)
    application_id: UUID | None = Field(default=None, foreign_key="application.id", nullable=True)
    reason: str | None = Field(default=None, sa_type=Text)
    outage_id: UUID | None = Field(default=None, foreign_key="outage.id", nullable=True)
    local: str = Field(sa_type=Text)
    zone: str = Field(sa_type=Text)
    tzdata_version: str = Field(sa_type=Text)
    deadline_at: datetime = instant()
    opens_local: str | None = Field(default=None, sa_type=Text)
    opens_zone: str | None = Field(default=None, sa_type=Text)
    opens_tzdata: str | None = Field(default=None, sa_type=Text)
    opens_at: datetime | None = instant(nullable=True)
    grace_seconds: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    decided_at: datetime = instant()


class Extension(Table, table=True):
    """More time for one team, asked for by one member of staff and decided by another."""

    __tablename__ = "extension"
    __table_args__ = (CheckConstraint("status IN ('asked', 'approved', 'refused')", name="status"),)

    call_id: UUID = Field(foreign_key="call.id", index=True)
    application_id: UUID = Field(foreign_key="application.id", index=True)
    team_id: UUID = Field(foreign_key="team.id")
    status: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    words: str = Field(sa_type=Text, sa_column_kwargs=EXTENSION.column)
    local: str = Field(sa_type=Text)
    zone: str = Field(sa_type=Text)
    tzdata_version: str = Field(sa_type=Text)
    deadline_at: datetime = instant()
    asked_by: str = Field(sa_type=Text, sa_column_kwargs=PERSON_ID.column)
    created_at: datetime = instant()
    decided_by: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=PERSON_ID.column)
    decided_at: datetime | None = instant(nullable=True)


class Heartbeat(Table, table=True):
    """When a part of this service was last alive and reached its database."""

    __tablename__ = "heartbeat"
    __table_args__ = (UniqueConstraint("part"),)

    part: str = Field(sa_type=Text)
    beat_at: datetime = instant()


class Outage(Table, table=True):
    """A time in which nobody could reach us, as the gap between two heartbeats of the API shows."""

    __tablename__ = "outage"

    began_at: datetime = instant()
    ended_at: datetime = instant()
