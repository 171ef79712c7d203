"""What every table of a service has: an id that sorts by time, and a version that catches a stale write."""

import hashlib
import inspect
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Integer
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraint names that migrations can rely on."""


SECRET: dict[str, Any] = {"info": {"secret": True}}
"""For `sa_column_kwargs` of a column that opens something: it never leaves the database."""


def is_secret(column: Column[Any]) -> bool:
    return bool(column.info.get("secret"))


def new_id() -> UUID:
    """A UUIDv7: unique, and in the order of its making."""
    return uuid7()


# pydantic asks for it whenever a row is made; to find it out anew would take a third of the time that making one takes.
new_id.__signature__ = inspect.signature(new_id)  # type: ignore[attr-defined]


def id_after(event_id: UUID) -> UUID:
    """The id of what an event makes: the same each time it is handled, and in the order of the events, as `new_id` is.

    Others refer to it, so a database that is rebuilt from the events must come to the same.
    """
    made = bytearray(event_id.bytes[:6] + hashlib.sha256(event_id.bytes).digest()[:10])
    made[6] = 0x70 | made[6] & 0x0F  # RFC 9562: version 7, after 48 bits of time
    made[8] = 0x80 | made[8] & 0x3F
    return UUID(bytes=bytes(made))


class Table(SQLModel):
    """The columns that all tables share.

    A service derives its own base, with metadata of its own, so that four services fit in one process:
    `class Table(shared.database.Table): metadata = MetaData(naming_convention=NAMING)`.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = Field(default=1, sa_type=Integer, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805  SQLAlchemy calls it on the class
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]  # there once mapped


def instant(*, nullable: bool = False, index: bool = False, primary_key: bool = False) -> Any:
    """A timestamp with time zone; PostgreSQL stores UTC, Python gets it back aware."""
    default: Any = None if nullable else ...
    return Field(default=default, sa_type=DateTime(timezone=True), nullable=nullable, index=index)  # type: ignore[call-overload,unused-ignore]
