"""What was saved of a draft, save by save."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.applications.models.table import Table
from services.applications.purposes import FILE, PERSON_ID
from shared.database import instant


class DraftVersion(Table, table=True):
    """What one save of a draft changed, or one sitting's saves together; the number is the application's version."""

    __tablename__ = "draft_version"
    __table_args__ = (
        UniqueConstraint("application_id", "number"),
        Index("ix_draft_version_unsettled", "saved_at", postgresql_where=text("NOT settled")),
    )

    application_id: UUID = Field(foreign_key="application.id")
    number: int
    author_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    pen: UUID | None = Field(default=None, nullable=True)
    since: datetime = instant()
    saved_at: datetime = instant()
    changes: dict[str, Any] = Field(sa_type=JSONB, sa_column_kwargs=FILE.column)
    aside: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs=FILE.column)
    restored: int | None = Field(default=None, nullable=True)
    settled: bool = False
    """Joined with what else was saved in that sitting; nothing is left to do for it."""
