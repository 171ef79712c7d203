"""The results, once they are published: which startup works on which challenge."""

from starlette.responses import Response

from services.applications import views
from services.applications.pages.challenges import MOST
from services.applications.pages.place import KEPT_SECONDS, PREFIX
from services.applications.permissions import PERMISSIONS
from services.applications.views import public
from shared.http import WorkDep, does
from shared.web import PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)


@router.get("/{language}/results", **does("read_results"))
async def read_results(page: PageDep, work: WorkDep) -> Response:
    editions = reversed(await views.editions(work, after=None, limit=MOST))
    found = [(edition, await public.selected(work, edition.id)) for edition in editions]
    return page.show("results.html", keep=KEPT_SECONDS, by_edition=[(each, own) for each, own in found if own])
