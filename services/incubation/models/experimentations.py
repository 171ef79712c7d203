"""The tables of experimentations in the city."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Float, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.incubation.models.table import Table, prose
from services.incubation.purposes import PERSON_ID, PUBLIC_RECORD
from shared.database import instant


class Experimentation(Table, table=True):
    """A prototype's trial in the city. Its protocol is kept as the exact text that was digested, and never changes."""

    __tablename__ = "experimentation"

    project_id: UUID = Field(foreign_key="project.id", index=True)
    protocol: str = prose(held=PUBLIC_RECORD.column)
    protocol_digest: str = prose()
    starts_on: date
    ends_on: date
    zone: str = prose()
    state: str = Field(sa_type=Text, index=True)
    registered_by: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    registered_at: datetime = instant()
    conditions: str | None = prose(nullable=True, held=PUBLIC_RECORD.column)
    decided_by: UUID | None = Field(default=None, sa_column_kwargs=PERSON_ID.column)
    decided_at: datetime | None = instant(nullable=True)
    started_at: datetime | None = instant(nullable=True)
    reported_at: datetime | None = instant(nullable=True)
    outcome: str | None = prose(nullable=True)
    words: str | None = prose(nullable=True, held=PUBLIC_RECORD.column)
    means: dict[str, float] | None = Field(default=None, sa_type=JSONB)


class Measurement(Table, table=True):
    """One value of one indicator at one instant."""

    __tablename__ = "measurement"
    __table_args__ = (UniqueConstraint("experimentation_id", "indicator", "measured_at"),)

    experimentation_id: UUID = Field(foreign_key="experimentation.id")
    indicator: str = prose()
    value: float = Field(sa_type=Float)
    unit: str = prose()
    measured_at: datetime = instant()
    recorded_by: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    recorded_at: datetime = instant()
