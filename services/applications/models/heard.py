"""What selection told: who may read which file, and who never."""

from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from services.applications.models.table import Table
from services.applications.purposes import PERSON_ID


class ReviewReader(Table, table=True):
    """A juror who may read a file's attachments, as selection assigned it; the id is the review's."""

    __tablename__ = "review_reader"
    __table_args__ = (Index("ix_review_reader_access", "application_id", "juror_id"),)

    application_id: UUID
    juror_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    active: bool = True
    blind: bool = False
    """This juror must not know whose file it is: attachments have neutral names and no metadata."""


class Conflict(Table, table=True):
    """A juror bound to an application's people: no route shows this juror the file, ever."""

    __tablename__ = "conflict"
    __table_args__ = (UniqueConstraint("application_id", "juror_id"),)

    application_id: UUID
    juror_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
