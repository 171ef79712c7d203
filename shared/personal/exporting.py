"""Gathers what a service holds on a person, each piece with where it is and why, by the register and so whole."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import new_id
from shared.events.erasures import PersonalDataExported
from shared.events.forgettable import PEOPLE_TOPIC
from shared.exporting.cells import as_json
from shared.personal.register import Held, Register
from shared.work import Work

CARRIED = text(
    """
    SELECT 'quarantine' AS name, id::text AS key, 'value' AS part, convert_from(value, 'UTF8') AS said FROM quarantine
    WHERE topic = :topic AND key = :id AND value IS NOT NULL
    UNION ALL
    SELECT 'outbox_pending', position::text, 'value', convert_from(value, 'UTF8') FROM outbox_pending
    WHERE topic = :topic AND key = :id AND value IS NOT NULL
    UNION ALL
    SELECT 'idempotency_keys', key, 'body', convert_from(body, 'UTF8') FROM idempotency_keys
    WHERE actor = :id AND body IS NOT NULL AND headers::text NOT LIKE '%octet-stream%'
    """
)

IN_BACKBONE = "A copy on its way: sent, handled or deleted before long."


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What one row says of a person."""

    table: str
    row: dict[str, Any]
    """The row's primary key."""
    says: dict[str, Any]
    """Column → value; bytes as base64."""
    purposes: dict[str, str]
    """Column → for what it is held."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


async def export_person(register: Register, person_id: UUID, work: Work) -> list[Piece]:
    """All that the register knows of, row by row; that it was given out is told."""
    connection = await work.session.connection()
    pieces = [piece async for piece in _pieces(register, person_id, connection)]
    rows: dict[str, int] = {}
    for piece in pieces:
        rows[piece.table] = rows.get(piece.table, 0) + 1
    work.publish(PersonalDataExported(export_id=new_id(), person_id=person_id, rows=dict(sorted(rows.items()))))
    return pieces


async def _pieces(register: Register, person_id: UUID, connection: AsyncConnection) -> AsyncIterator[Piece]:
    seen: set[tuple[str, tuple[str, ...], Any]] = set()
    for held in register.held:
        keys = list(held.sql.primary_key.columns)
        columns = [held.sql.c[name] for name in held.columns]
        query = select(*keys, *(column.label(f"said_{column.name}") for column in columns))
        purposes = {name: purpose.purpose for name, purpose in held.purposes.items()}
        for row in await connection.execute(query.where(_rows(held, person_id)).order_by(*keys)):
            which = (held.name, held.columns, row[0])
            if which in seen:  # the register has two lines for it, of which each concerns a part of its rows
                continue
            seen.add(which)
            yield Piece(
                table=held.name,
                row={column.name: as_json(getattr(row, column.name)) for column in keys},
                says={name: as_json(getattr(row, f"said_{name}")) for name in held.columns},
                purposes=purposes,
            )
    for row in await connection.execute(CARRIED, {"topic": PEOPLE_TOPIC, "id": str(person_id)}):
        yield Piece(
            table=row.name, row={"key": row.key}, says={row.part: _read(row.said)}, purposes={row.part: IN_BACKBONE}
        )


def _rows(held: Held, person_id: UUID) -> ColumnElement[bool]:
    return or_(held.of(person_id), held.about(person_id)) if held.about else held.of(person_id)


def _read(said: str) -> Any:
    try:
        return json.loads(said)
    except ValueError:
        return said
