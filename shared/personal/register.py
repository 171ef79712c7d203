"""The register of a service: in which columns personal data is, which rows are whose, and what erasing does to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, ColumnElement, LargeBinary, String, Table, literal, or_, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

from shared.events.erasures import KeptBecause
from shared.personal.purposes import BLANK, INFO, Purpose

Rows = Callable[[UUID], ColumnElement[bool]]
"""Which rows: those of a person by its id, or those of a file by its application's."""

RowsOfRevision = Callable[[UUID, int], ColumnElement[bool]]


class Act(StrEnum):
    """What erasing does."""

    BLANK = "blank"
    """The row stays, its words go."""
    DELETE = "delete"
    KEEP = "keep"


@dataclass(frozen=True, kw_only=True)
class Held:
    """Columns of a table that hold data of the same persons, and what a tombstone does to them."""

    table: type[SQLModel]
    columns: tuple[str, ...]
    of: Rows
    """The rows that say something of a person: what is given to it when it asks."""
    about: Rows | None = None
    """Rows that others wrote about a person: given to it too, and not erased with it."""
    act: Act = Act.BLANK
    """What happens to those rows when the person is forgotten."""
    because: KeptBecause | None = None
    """Why they are kept, if they are."""
    with_revision: RowsOfRevision | None = None
    """The rows that go with one revision of a file."""
    with_file: Rows | None = None
    """The rows that go with the last revision of a file."""
    deletes_with_file: bool = False

    def __post_init__(self) -> None:
        if (self.act is Act.KEEP) != (self.because is not None):
            message = f"{self.name}: what is kept says why, and nothing else does"
            raise ValueError(message)

    @property
    def name(self) -> str:
        return str(self.table.__tablename__)

    @property
    def sql(self) -> Table:
        found: Table = self.table.__table__  # type: ignore[attr-defined]  # there once mapped
        return found

    @property
    def purposes(self) -> dict[str, Purpose]:
        """Column → its purpose. Raises KeyError for a column that states none."""
        return {name: self.sql.c[name].info[INFO] for name in self.columns}

    def is_filled(self) -> ColumnElement[bool]:
        """For a WHERE: one of the columns still says something; always so of what can't be blanked."""
        columns = [self.sql.c[name] for name in self.columns]
        blankable = [column for column in columns if is_text_like(column)]
        if len(blankable) < len(columns):
            return true()
        return or_(*(column.is_distinct_from(blank_of(column)) for column in blankable))

    def blanks(self) -> dict[str, Any]:
        """Column → what it holds once erased; a row's version counts on, as it was written."""
        values: dict[str, Any] = {name: blank_of(self.sql.c[name]) for name in self.columns}
        return values | ({"version": self.sql.c.version + 1} if "version" in self.sql.c else {})


@dataclass(frozen=True, kw_only=True)
class Register:
    """All that one service holds, and which text of its tables is on nobody."""

    held: tuple[Held, ...]
    not_personal: Mapping[type[SQLModel], str | Mapping[str, str]] = field(default_factory=dict)
    """Table → why none of its text is personal; or column → why not."""

    def excused(self, table: str, column: str) -> bool:
        for each, why in self.not_personal.items():
            if each.__tablename__ == table:
                return isinstance(why, str) or column in why
        return False


def is_text_like(column: Column[Any]) -> bool:
    """Whether somebody's words could be in it."""
    type_ = column.type
    if isinstance(type_, ARRAY):
        return isinstance(type_.item_type, String)
    return isinstance(type_, String | JSONB | LargeBinary)


def blank_of(column: Column[Any]) -> Any:
    """What says nothing, in this column."""
    if column.nullable:
        return None
    if isinstance(column.type, JSONB):
        return literal(column.info.get(BLANK, {}), JSONB)
    if isinstance(column.type, ARRAY):
        return literal([], column.type)
    if isinstance(column.type, LargeBinary):
        return b""
    return ""
