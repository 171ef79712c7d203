"""What every table of incubation derives from."""

from typing import Any

from sqlalchemy import MetaData, Text
from sqlmodel import Field

import shared.database
from shared.database import NAMING


class Table(shared.database.Table):
    metadata = MetaData(naming_convention=NAMING)


def prose(*, nullable: bool = False, held: dict[str, Any] | None = None) -> Any:
    """A column for text of any length; its limits are the API's. `held` says for what it holds personal data."""
    default: Any = None if nullable else ...
    return Field(default=default, sa_type=Text, nullable=nullable, sa_column_kwargs=held or {})
