"""The juries of the editions as staff see them: their phase, and how far their reviews are."""

from starlette.responses import Response

from services.selection.pages.naming import titled
from services.selection.pages.phases import now_in
from services.selection.pages.place import PREFIX, in_zone
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import desk as views
from shared.http import WorkDep, does
from shared.web import PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)


@router.get("/{language}/juries", **does("appoint_jury"))
async def read_juries(page: PageDep, work: WorkDep) -> Response:
    page = await in_zone(page, work.session)
    rows = await views.all_juries(work.session, person_id(work.actor))
    return page.show("juries.html", rows=rows, titled=lambda title: titled(page, title), now_in=now_in(work.now))
