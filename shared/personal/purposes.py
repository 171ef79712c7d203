"""For what a column holds personal data, said at the column itself: all the rest is made from it.

email: str = Field(sa_type=Text, sa_column_kwargs=CONTACT.column)
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Column

INFO = "personal"
BLANK = "blank"


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """Why personal data is held, whose it is, what allows it, and for how long."""

    name: str
    whose: str
    purpose: str
    basis: str
    until: str
    """What ends it beside its time: a sentence."""
    keeps: timedelta | None = None
    """After this, counted from the column `since` of the same row, a job of the worker erases it."""
    since: str = "created_at"

    @property
    def column(self) -> dict[str, Any]:
        """For `sa_column_kwargs`."""
        return {"info": {INFO: self}}

    @property
    def list_column(self) -> dict[str, Any]:
        """The same, of JSON that holds a list: erased, it is an empty one."""
        return {"info": {INFO: self, BLANK: []}}

    @property
    def retention(self) -> str:
        if self.keeps is None:
            return self.until
        return f"{self.keeps.days} days after `{self.since}`; before that, {self.until[0].lower()}{self.until[1:]}"


def purpose_of(column: Column[Any]) -> Purpose | None:
    """None if the column says that it holds nothing on a person, or says nothing."""
    found: Purpose | None = column.info.get(INFO)
    return found
