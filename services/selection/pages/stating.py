"""A juror says to whom it is tied and what it knows: all of it, in place of what it said before."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Request
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError
from starlette.responses import RedirectResponse, Response

from services.selection.commands.ties import StatedTie, StateInterests
from services.selection.domain.conflict_graph import TieKind
from services.selection.handlers import interests as handlers
from services.selection.pages.forms import Fields, Form, all_fields, competences_in, one_of
from services.selection.pages.interests import show_interests
from services.selection.pages.place import PREFIX
from services.selection.pages.refused import TOLD_HERE
from services.selection.permissions import PERMISSIONS, person_id
from shared.http import ShortText, WorkDep, does
from shared.http.faults import validation_refusal
from shared.web import FORM, PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

ROWS = 50


class TieForm(Form):
    """A tie to an organisation by its name; one to a person stays as it was stated."""

    kind: Literal["employer", "shareholder", "mentor"]
    organisation: ShortText | None = None
    registration: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z .\-/]{0,39}$")] | None = None
    person: UUID | None = None


@router.post("/{language}/interests/ties", **does("state_interests", accepts=[FORM]))
async def state_ones_interests(request: Request, page: PageDep, work: WorkDep) -> Response:
    fields = await all_fields(request)
    try:
        await handlers.state_interests(
            StateInterests(
                juror_id=person_id(work.actor),
                version=_version(fields),
                ties=tuple(_ties(fields)),
                competences=competences_in(fields, "competences"),
            ),
            work,
        )
    except TOLD_HERE as refusal:
        return await show_interests(page, work, refusal=refusal, given=fields)
    return RedirectResponse(f"{page.root}/interests?said=stated", status_code=303)


def _version(fields: Fields) -> int:
    try:
        return TypeAdapter(Annotated[int, Field(ge=0)]).validate_python(one_of(fields, "version"))
    except ValidationError as error:
        raise validation_refusal(error.errors(include_url=False, include_input=False)) from None


def _ties(fields: Fields) -> list[StatedTie]:
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
        ties.append(
            StatedTie(
                kind=TieKind(form.kind),
                organisation=None if form.person else form.organisation,
                registration=None if form.person else form.registration,
                person_id=form.person,
            )
        )
    return ties
