"""How a service says which of its tables a replay of Kafka rebuilds, and why it can't rebuild the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import SQLModel

NEVER_COUNTED = "version"
"""It counts how often a row was written, and a compacted topic tells of fewer writes than the service heard."""


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A table whose rows are a function of what was heard, and which nothing but the service's consumers writes."""

    table: type[SQLModel]
    key: tuple[str, ...] = ("id",)
    """What tells its rows apart in any database that heard the same."""
    except_: Mapping[str, str] = field(default_factory=dict)
    """Columns that don't count, each with the reason; all others do, new ones too."""

    @property
    def name(self) -> str:
        return str(self.table.__tablename__)

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that count, in an order that does not depend on the model's."""
        there = self.table.__table__.columns.keys()  # type: ignore[attr-defined]  # there once mapped
        return tuple(sorted(name for name in there if name != NEVER_COUNTED and name not in self.except_))


@dataclass(frozen=True, kw_only=True)
class Derivation:
    """All tables of a service: each is derived, or its own with the reason why no replay brings it back."""

    derived: tuple[Derived, ...]
    own: Mapping[type[SQLModel], str]
