"""Shortlists."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.selection.models.table import Table
from services.selection.purposes import PERSON_ID
from shared.database import instant


class Shortlist(Table, table=True):
    """The best files of a challenge, which its partner may put into an order of its own."""

    __tablename__ = "shortlist"

    challenge_id: UUID = Field(foreign_key="challenge.id", unique=True)
    edition_id: UUID = Field(index=True)
    ranking_id: UUID = Field(foreign_key="ranking.id")
    lowest_score: float
    files: list[UUID] = Field(sa_type=ARRAY(Uuid))
    order: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid))
    opened_at: datetime = instant()
    opened_by: str = Field(sa_type=String, sa_column_kwargs=PERSON_ID.column)
    ordered_at: datetime | None = instant(nullable=True)
    ordered_by: str | None = Field(default=None, sa_type=String, sa_column_kwargs=PERSON_ID.column)
