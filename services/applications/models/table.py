"""What every table of applications derives from."""

from typing import ClassVar

from sqlalchemy import MetaData

import shared.database
from shared.database import NAMING


class Table(shared.database.Table):
    """The tables of this service, and of no other."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)
