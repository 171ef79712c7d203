"""What the tables of notifications are made from."""

from typing import ClassVar

from sqlalchemy import MetaData
from sqlmodel import SQLModel

import shared.database
from shared.database import NAMING

METADATA = MetaData(naming_convention=NAMING)


class Table(shared.database.Table):
    """The tables of this service, and of no other."""

    metadata: ClassVar[MetaData] = METADATA


class Record(SQLModel):
    """Tables whose rows are written once: they have no version."""

    metadata: ClassVar[MetaData] = METADATA
