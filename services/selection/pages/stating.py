"""A juror says to whom it is tied and what it knows: all of it, in place of what it said before."""

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from services.selection.commands.ties import StateInterests
from services.selection.handlers import interests as handlers
from services.selection.pages.forms import all_fields, competences_in
from services.selection.pages.interests import show_interests
from services.selection.pages.place import PREFIX
from services.selection.pages.refused import TOLD_HERE
from services.selection.pages.tie_rows import ties_in, version_in
from services.selection.permissions import PERMISSIONS, person_id
from shared.http import WorkDep, does
from shared.web import FORM, PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)


@router.post("/{language}/interests/ties", **does("state_interests", accepts=[FORM]))
async def state_ones_interests(request: Request, page: PageDep, work: WorkDep) -> Response:
    fields = await all_fields(request)
    try:
        await handlers.state_interests(
            StateInterests(
                juror_id=person_id(work.actor),
                version=version_in(fields),
                ties=tuple(ties_in(fields)),
                competences=competences_in(fields, "competences"),
            ),
            work,
        )
    except TOLD_HERE as refusal:
        return await show_interests(page, work, refusal=refusal, given=fields)
    return RedirectResponse(f"{page.root}/interests?said=stated", status_code=303)
