"""Tables of the programme's files: whose they are, of which call, and how that call's deadlines moved."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.notifications.models.table import Record, Table
from services.notifications.purposes import PERSON_ID
from shared.database import instant


class File(Table, table=True):
    """An application, as far as one must know whom it concerns; its id is the application's."""

    __tablename__ = "file"

    edition_id: UUID
    lead_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    call_id: UUID | None = Field(default=None, index=True)
    begun_at: datetime | None = instant(nullable=True)
    withdrawn_at: datetime | None = instant(nullable=True)


class Coaching(Table, table=True):
    """Who accompanies an application's project; its id is the application's.

    Apart from the file, as incubation's events may come before those of applications: they travel in other topics.
    """

    __tablename__ = "coaching"

    coach_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)


class FileMember(Record, table=True):
    """A person who may read a file's timeline."""

    __tablename__ = "file_member"

    file_id: UUID = Field(primary_key=True, foreign_key="file.id")
    person_id: UUID = Field(primary_key=True, index=True, sa_column_kwargs=PERSON_ID.column)


class DeadlineMove(Table, table=True):
    """That deadlines of a call moved; its id is the event's.

    Kept as the events of a call and of its files travel apart: a file that was begun before, and is heard of after,
    is written to as well.
    """

    __tablename__ = "deadline_move"

    call_id: UUID = Field(index=True)
    moved_at: datetime = instant()
    cause: str = Field(sa_type=Text)
    common: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True), nullable=True)
    """What every file of the call is told; None if only single files have another deadline."""
    own: dict[str, Any] = Field(sa_type=JSONB)
    """By application: the deadline of its own."""
