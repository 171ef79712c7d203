"""How to reach a person: said once, corrected at any time."""

from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse, Response

from services.applications import views
from services.applications.commands import KeepContact
from services.applications.domain.teams import NoContactYet
from services.applications.emails import Email
from services.applications.handlers import teams as handlers
from services.applications.models import Person
from services.applications.pages.place import PREFIX
from services.applications.permissions import PERMISSIONS, person_id
from shared.events.forgettable import Language
from shared.http import ShortText, WorkDep, does
from shared.identity import Resource
from shared.web import FORM, Filled, Page, PageDep, filled_in, own_place, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)


class ProfileForm(BaseModel):
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    name: ShortText
    email: Email
    language: Language
    version: int | None = None
    next: str | None = None


@router.get("/{language}/profile", **does("keep_own_contact"))
async def read_profile(
    page: PageDep, work: WorkDep, saved: str | None = None, next_: Annotated[str | None, Query(alias="next")] = None
) -> Response:
    person = await contact(work)
    values = {"name": person.name, "email": person.email, "language": person.language} if person else {}
    own = {"language": page.language, "next": own_place(next_, PREFIX) if next_ else ""}
    form = Filled[ProfileForm](values=own | values)
    return _show(page, form, person, saved=saved is not None)


@router.post("/{language}/profile", **does("keep_own_contact", accepts=[FORM]))
async def keep_profile(request: Request, page: PageDep, work: WorkDep) -> Response:
    form = await filled_in(request, ProfileForm)
    if form.model is None:
        return _show(page, form, await contact(work), status=422)
    told = form.model
    await handlers.keep_contact(
        KeepContact(
            person_id=person_id(work.actor),
            name=told.name,
            email=told.email,
            language=told.language,
            version=told.version,
        ),
        work,
    )
    onward = own_place(told.next, PREFIX) if told.next else f"{page.root}/profile?saved=1"
    return RedirectResponse(onward, status_code=303)


async def contact(work: Work) -> Person | None:
    """Who asks, as far as we were told; None for somebody who never said."""
    try:
        return await views.contact(work)
    except NoContactYet:
        return None


def _show(
    page: Page, form: Filled[ProfileForm], person: Person | None, *, status: int = 200, saved: bool = False
) -> Response:
    return page.show(
        "profile.html",
        status=status,
        place=f"{page.root}/profile",
        form=form,
        person=person,
        saved=saved,
        may_forget=PERMISSIONS.decide(page.actor, "forget_person", Resource({"self"})).allowed,
    )
