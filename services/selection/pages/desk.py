"""Where one arrives, by what one is here for; and a juror's juries and files."""

from typing import Annotated

from fastapi import Query
from starlette.responses import RedirectResponse, Response

from services.selection.domain.juries import JuryState
from services.selection.domain.reviews import ReviewState
from services.selection.pages.naming import titled
from services.selection.pages.phases import round_shown
from services.selection.pages.place import PREFIX, in_zone
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.rounds import allows
from services.selection.views import desk as views
from shared.http import WorkDep, does
from shared.web import PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)


@router.get("/{language}/desk", **does("open_desk", transaction=False))
async def arrive_at_desk(page: PageDep) -> Response:
    """Jurors judge; staff deliberate; a partner orders its shortlists, and an applicant reads its result."""
    return RedirectResponse(page.navigation()[0].url, status_code=303)


@router.get("/{language}/reviews", **does("list_own_files"))
async def read_my_files(
    page: PageDep, work: WorkDep, said: Annotated[str | None, Query(pattern="^recused$")] = None
) -> Response:
    page = await in_zone(page, work.session)
    me = person_id(work.actor)
    mine = await views.my_juries(work.session, me)
    files = await views.my_files(work.session, me, organisation=work.actor.organisation)
    return page.show(
        "my_files.html",
        juries=[
            {
                "jury": each.jury,
                "round": round_shown(each.jury, work.now),
                "bids": each.jury.state == JuryState.APPOINTED
                and allows(each.jury, "juror", "bid_on_files", now=work.now),
                "title": titled(page, each.title),
                "partner": each.partner,
                "files": [file for file in files if file.review.jury_id == each.jury.id],
            }
            for each in mine
        ],
        open_=sum(file.review.state == ReviewState.ASSIGNED for file in files),
        said=said,
        done=sum(file.review.state == ReviewState.SUBMITTED for file in files),
    )
