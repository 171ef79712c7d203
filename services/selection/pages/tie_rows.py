"""Ties in a form: a row each, with to whom, and how they come out of it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from services.selection.commands.ties import StatedTie
from services.selection.domain.conflict_graph import TieKind
from services.selection.models import Interest
from services.selection.pages.forms import Fields, Form, one_of
from shared.http import ShortText
from shared.http.faults import validation_refusal

ROWS = 50
EMPTY_ROWS = 3


class TieForm(Form):
    """A tie to an organisation by its name; one to a person stays as it was stated."""

    kind: Literal["employer", "shareholder", "mentor"]
    organisation: ShortText | None = None
    registration: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z .\-/]{0,39}$")] | None = None
    person: UUID | None = None


def version_in(fields: Fields) -> int:
    try:
        return TypeAdapter(Annotated[int, Field(ge=0)]).validate_python(one_of(fields, "version"))
    except ValidationError as error:
        raise validation_refusal(error.errors(include_url=False, include_input=False)) from None


def tie_in(form: TieForm) -> StatedTie:
    return StatedTie(
        kind=TieKind(form.kind),
        organisation=None if form.person else form.organisation,
        registration=None if form.person else form.registration,
        person_id=form.person,
    )


def ties_in(fields: Fields) -> list[StatedTie]:
    """Rows in which somebody is named; the others were left empty. Raises Invalid."""
    ties = []
    for number in range(ROWS):
        row: dict[str, Any] = {
            name: value
            for name in ("kind", "organisation", "registration", "person")
            if (value := one_of(fields, f"tie.{number}.{name}"))
        }
        if not row.keys() & {"organisation", "person"}:
            continue
        try:
            form = TieForm.model_validate(row)
        except ValidationError as error:
            raise validation_refusal(error.errors(include_url=False, include_input=False)) from None
        ties.append(tie_in(form))
    return ties


def row_of(tie: Interest) -> dict[str, str]:
    return {
        "kind": tie.kind,
        "organisation": tie.organisation or "",
        "registration": tie.registration or "",
        "person": str(tie.other_person_id or ""),
    }


def rows_written(given: Fields) -> list[dict[str, str]]:
    """The rows of a form that was refused, as they were sent."""
    numbers = sorted({int(name.split(".")[1]) for name in given if name.startswith("tie.") and name.endswith(".kind")})
    parts = ("kind", "organisation", "registration", "person")
    rows = [{part: one_of(given, f"tie.{number}.{part}") or "" for part in parts} for number in numbers]
    return [row for row in rows if row["organisation"] or row["person"]]
