"""What discussions hold on persons: words of whoever wrote them, about the team of a file."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import SQLModel, col

from services.selection.models import DiscussionMessage, Opinion, Revisit
from shared.personal import Act, Held

IsOf = Callable[[Any, UUID], ColumnElement[bool]]
"""`is_of(column, person)`: the application in this column is of that person's team."""

NOT_PERSONAL: Mapping[type[SQLModel], Mapping[str, str]] = {
    Opinion: {"stance": "a word of ours, from a list"},
    Revisit: {
        "scores_before": "numbers, by criterion",
        "abstained_before": "names of criteria",
        "scores": "numbers, by criterion",
        "abstained": "names of criteria",
    },
}


def held_in_discussions(is_of: IsOf) -> tuple[Held, ...]:
    tables: tuple[type[DiscussionMessage] | type[Opinion] | type[Revisit], ...] = (DiscussionMessage, Opinion, Revisit)
    return tuple(held for table in tables for held in _held_in(table, is_of))


def _held_in(table: type[DiscussionMessage] | type[Opinion] | type[Revisit], is_of: IsOf) -> tuple[Held, Held]:
    return (
        Held(
            table=table,
            columns=("words",),
            of=lambda person_id: col(table.author_id) == person_id,
            about=lambda person_id: is_of(table.application_id, person_id),
            with_file=lambda application_id: col(table.application_id) == application_id,
        ),
        Held(
            table=table,
            columns=("author_id",),
            of=lambda person_id: col(table.author_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
    )
