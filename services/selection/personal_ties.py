"""What selection holds on a person's ties and competences, and what forgetting does to them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, or_

from services.selection.models import Bid, Interest, Statement, Waiver
from shared.personal import Act, Held


def ties(is_of: Callable[[Any, UUID], ColumnElement[bool]]) -> tuple[Held, ...]:
    """`is_of` finds the rows of the files of a person's teams. What is inferred from a tie stays: it names nobody."""
    return (
        Held(
            table=Interest,
            columns=("person_id", "other_person_id", "organisation", "organisation_key", "registration"),
            of=lambda person_id: or_(col(Interest.person_id) == person_id, col(Interest.other_person_id) == person_id),
            about=lambda person_id: is_of(Interest.application_id, person_id),
            act=Act.DELETE,
            with_file=lambda application_id: col(Interest.application_id) == application_id,
            deletes_with_file=True,
        ),
        Held(
            table=Interest,
            columns=("stated_by",),
            of=lambda person_id: col(Interest.stated_by) == str(person_id),
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Statement,
            columns=("person_id", "competences"),
            of=lambda person_id: col(Statement.person_id) == person_id,
            act=Act.DELETE,
        ),
        Held(table=Waiver, columns=("because",), of=lambda person_id: col(Waiver.juror_id) == person_id),
        Held(
            table=Waiver,
            columns=("juror_id", "waived_by"),
            of=lambda person_id: or_(col(Waiver.juror_id) == person_id, col(Waiver.waived_by) == str(person_id)),
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Bid,
            columns=("juror_id",),
            of=lambda person_id: col(Bid.juror_id) == person_id,
            act=Act.DELETE,
        ),
    )
