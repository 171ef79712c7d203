"""Whom staff may name for the minutes, and why not."""

from collections.abc import Collection
from uuid import UUID

from shared.errors import Conflict, FieldError, Invalid, NotFound


class NobodyHere(NotFound):
    slug = "nobody-here"
    message = (
        "Nobody with this id sits in a jury, judged, or decided anything here, so no minutes name them. "
        "List who does with GET /editions/{id}/names-in-minutes."
    )


class PersonForgotten(Conflict):
    slug = "person-forgotten"
    message = "This person was forgotten, so its name is not kept any more. Minutes have its id, and say so."


class NameOfNobody(Invalid):
    slug = "name-of-nobody"

    def __init__(self, strangers: Collection[UUID]) -> None:
        super().__init__(
            "A name for the minutes is of a juror of this jury. Seat them, or leave their names out.",
            errors=[
                FieldError(pointer=f"#/names/{person}", detail="is not in this jury", code="not_seated")
                for person in sorted(strangers)
            ],
        )


def check_names(named: Collection[UUID], jurors: Collection[UUID]) -> None:
    """Raise NameOfNobody if somebody has a name and no seat."""
    if strangers := set(named) - set(jurors):
        raise NameOfNobody(strangers)
