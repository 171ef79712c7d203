"""What every table of selection derives from."""

from sqlalchemy import MetaData

from shared.database import NAMING
from shared.database import Table as SharedTable


class Table(SharedTable):
    """The base of selection's tables, with metadata of its own."""

    metadata = MetaData(naming_convention=NAMING)
