"""Reasons, and fingerprints of names that must not be in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.selection.models.table import Table
from services.selection.purposes import NAME_PRINT, PERSON_ID, REASON_GIVEN
from shared.database import instant


class Reasons(Table, table=True):
    """What one applicant is told of why, once a person signed it and the decisions are published."""

    __tablename__ = "reasons"
    __table_args__ = (UniqueConstraint("deliberation_id", "application_id"),)

    deliberation_id: UUID = Field(foreign_key="deliberation.id")
    application_id: UUID = Field(foreign_key="candidate.id", index=True)
    passages: list[dict[str, Any]] = Field(sa_type=JSONB, sa_column_kwargs=REASON_GIVEN.list_column)
    """Each with its language, and the criterion that it is about, if any."""
    salt: str = Field(sa_type=String, sa_column_kwargs=REASON_GIVEN.column)
    digest: str = Field(sa_type=String)
    """Salted, of the passages: what was signed can be told after the words are erased."""
    compiled: str = Field(sa_type=String, sa_column_kwargs=REASON_GIVEN.column)
    """Of what jurors had written when this was made, to see whether anything was added since."""
    edited_by: str | None = Field(default=None, sa_type=String, sa_column_kwargs=PERSON_ID.column)
    signed_by: str | None = Field(default=None, sa_type=String, sa_column_kwargs=PERSON_ID.column)
    signed_at: datetime | None = instant(nullable=True)


class NamePrint(Table, table=True):
    """Fingerprints of the words of a person's name; its id is the person's."""

    __tablename__ = "name_print"

    words: list[str] = Field(sa_type=ARRAY(String), sa_column_kwargs=NAME_PRINT.column)
