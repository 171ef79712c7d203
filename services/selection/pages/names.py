"""What people are called in an edition's minutes, typed by staff: jurors, and who of the staff decided."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from services.selection.commands import NamePerson
from services.selection.handlers import naming as handlers
from services.selection.pages.forms import Fields, Form, all_fields, one_of, read
from services.selection.pages.naming import titled
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.permissions import PERMISSIONS
from services.selection.views import editions as edition_views
from services.selection.views import naming as views
from services.selection.views.naming import InMinutes
from shared.errors import DomainError
from shared.http import ShortText, WorkDep, does
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

NAME, VERSION = "name.", "version."

Said = Annotated[str | None, Query(pattern="^named$")]


class NameForm(Form):
    """One person's; an empty name is none."""

    version: Annotated[int, Field(ge=0, le=2**31 - 1)]
    name: ShortText | None = None


@router.get("/{language}/editions/{edition_id}/names", **does("name_people"))
async def read_names(page: PageDep, work: WorkDep, edition_id: UUID, said: Said = None) -> Response:
    return await _show(page, edition_id, work, said=said)


@router.post("/{language}/editions/{edition_id}/names", **does("name_people", accepts=[FORM]))
async def name_people(request: Request, page: PageDep, work: WorkDep, edition_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        people = await views.people_in_minutes(work.session, edition_id)
        await handlers.name_people([each for one in people for each in _changes(one, fields)], work)
    except TOLD_HERE as refusal:
        return await _show(page, edition_id, work, refusal=refusal, given=fields)
    return RedirectResponse(f"{page.root}/editions/{edition_id}/names?said=named", status_code=303)


def _changes(one: InMinutes, fields: Fields) -> list[NamePerson]:
    """What was typed otherwise than it is; whoever isn't in the form stays as it is. Raises Invalid."""
    if NAME + str(one.person_id) not in fields:
        return []
    typed = {part: fields.get(f"{part}.{one.person_id}", ()) for part in ("version", "name")}
    form = read(typed, NameForm)
    if form.name == one.name:
        return []
    return [NamePerson(person_id=one.person_id, version=form.version, name=form.name)]


async def _show(
    page: Page,
    edition_id: UUID,
    work: Work,
    *,
    said: str | None = None,
    refusal: DomainError | None = None,
    given: Fields | None = None,
) -> Response:
    page = await in_zone(page, work.session, edition=edition_id)
    people = await views.people_in_minutes(work.session, edition_id)
    return page.show(
        "names.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/editions/{edition_id}/names",
        edition_id=edition_id,
        edition=titled(page, await edition_views.edition_title(work.session, edition_id)),
        groups=[(kind, [_row(each, given) for each in people if each.juror == (kind == "jurors")]) for kind in KINDS],
        said=said,
        refused=told(page, refusal) if refusal else None,
    )


KINDS = ("jurors", "deciders")


def _row(one: InMinutes, given: Fields | None) -> dict[str, Any]:
    typed = one_of(given, NAME + str(one.person_id)) if given is not None else one.name
    return {"id": one.person_id, "name": typed or "", "version": one.version, "forgotten": one.forgotten}
