"""Remarks on decisions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, Text
from sqlmodel import Field

from services.selection.models.table import Table
from services.selection.purposes import PERSON_ID, REMARK
from shared.database import instant


class Remark(Table, table=True):
    """A note, or somebody's dissent, on decisions that are not published yet; a dissent stands in the minutes."""

    __tablename__ = "remark"

    deliberation_id: UUID = Field(foreign_key="deliberation.id", index=True)
    kind: str = Field(sa_type=String)
    application_id: UUID | None = Field(default=None, foreign_key="candidate.id")
    words: str = Field(sa_type=Text, sa_column_kwargs=REMARK.column)
    salt: str = Field(sa_type=String, sa_column_kwargs=REMARK.column)
    digest: str = Field(sa_type=String)
    """Salted, of the words: what was approved can be told after they are erased."""
    made_by: str = Field(sa_type=String, sa_column_kwargs=PERSON_ID.column)
    juror_id: UUID | None = Field(default=None, sa_column_kwargs=PERSON_ID.column)
    """Whose dissent it is, if staff recorded what a juror said."""
    made_at: datetime = instant()
