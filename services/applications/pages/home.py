"""The first page: what the programme is, what may be applied for now and until when, which problems wait."""

from starlette.responses import Response

from services.applications import views
from services.applications.domain.calls import Phase
from services.applications.pages.place import KEPT_SECONDS, PREFIX, of_edition
from services.applications.permissions import PERMISSIONS
from services.applications.views import public
from shared.http import WorkDep, does
from shared.web import ENTER, PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

SHOWN = 6
"""Challenges on the first page; the others have a page of their own."""


@router.get("/{language}", **does(ENTER))
async def read_home(page: PageDep, work: WorkDep) -> Response:
    edition = await public.newest_edition(work)
    page = of_edition(page, edition)
    calls = await public.calls_newest_first(work, edition_id=edition.id, limit=1) if edition else []
    schedules = await public.schedules_of(work, calls)
    found = await views.challenges_shown(work, edition_id=edition.id, after=None, limit=100) if edition else []
    challenges = [each for each in found if each.status == "published"]
    return page.show(
        "home.html",
        keep=KEPT_SECONDS,
        edition=edition,
        schedule=schedules[0] if schedules else None,
        phase=schedules[0].phase(now=work.now) if schedules else None,
        Phase=Phase,
        challenges=challenges[:SHOWN],
        more=max(0, len(challenges) - SHOWN),
    )
