"""Which applications look alike."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from services.applications.models.table import Table
from shared.database import instant


class LikenessSearch(Table, table=True):
    """That a call's files were compared; the id is the call's."""

    __tablename__ = "likeness_search"

    id: UUID = Field(primary_key=True, foreign_key="call.id")
    compared: int
    searched_at: datetime = instant()


class Likeness(Table, table=True):
    """Two applications of a call that have people, or much of their text, in common. What, is looked up when asked."""

    __tablename__ = "likeness"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        Index("ix_likeness_listing", "call_id", "created_at", "id"),
        Index(None, "second_id"),
    )

    call_id: UUID = Field(foreign_key="call.id")
    first_id: UUID = Field(foreign_key="application.id")
    second_id: UUID = Field(foreign_key="application.id")
    people: int
    share: float
    in_common: int
    created_at: datetime = instant()
