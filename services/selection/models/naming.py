"""What people are called in minutes."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlmodel import Field

from services.selection.models.table import Table
from services.selection.purposes import NAME_IN_MINUTES, PERSON_ID
from shared.database import instant


class NameInMinutes(Table, table=True):
    """How somebody is called in minutes, as staff typed it; its id is the person's."""

    __tablename__ = "name_in_minutes"

    name: str = Field(sa_type=Text, sa_column_kwargs=NAME_IN_MINUTES.column)
    named_by: str = Field(sa_type=String, sa_column_kwargs=PERSON_ID.column)
    named_at: datetime = instant()
