"""A juror says how much it would like to review which file, before files are assigned; whose they are is not shown."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import RedirectResponse, Response

from services.selection.commands.ties import BidOnFiles
from services.selection.domain.assignment import Bid
from services.selection.handlers import bids as handlers
from services.selection.handlers.conflicts import NoSuchCandidate
from services.selection.models import Challenge
from services.selection.pages.forms import all_fields, one_of
from services.selection.pages.naming import titled
from services.selection.pages.phases import round_shown
from services.selection.pages.place import PREFIX, in_zone
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import bids as views
from shared.http import Cursor, WorkDep, does
from shared.web import FORM, PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

SHOWN = 100
BID = "bid."
BIDS = tuple(Bid)

After = Annotated[str | None, Query(min_length=1, max_length=200)]
Said = Annotated[str | None, Query(pattern="^saved$")]


@router.get("/{language}/juries/{jury_id}/bids", **does("bid_on_files"))
async def read_files_to_bid_on(
    page: PageDep, work: WorkDep, jury_id: UUID, after: After = None, said: Said = None
) -> Response:
    me = person_id(work.actor)
    jury = await handlers.jury_to_bid_in(jury_id, me, work)
    rows = await views.files_to_bid_on(
        work.session,
        jury,
        person_id=me,
        organisation=work.actor.organisation,
        after=Cursor.decode(after, UUID)[0] if after else None,
        limit=SHOWN + 1,
    )
    challenge = await work.session.get_one(Challenge, jury.challenge_id)
    page = await in_zone(page, work.session, edition=jury.edition_id)
    return page.show(
        "bids.html",
        jury=jury,
        title=titled(page, challenge.title),
        round=round_shown(jury, work.now),
        rows=rows[:SHOWN],
        bids=BIDS,
        more=Cursor.encode((rows[SHOWN - 1].application_id,)) if len(rows) > SHOWN else None,
        said=said,
    )


@router.post("/{language}/juries/{jury_id}/bids", **does("bid_on_files", accepts=[FORM]))
async def bid_on_several_files(request: Request, page: PageDep, work: WorkDep, jury_id: UUID) -> Response:
    fields = await all_fields(request)
    bids: dict[UUID, Bid | None] = {}
    for name in fields:
        if name.startswith(BID):
            said = one_of(fields, name)
            bids[_file(name)] = Bid(said) if said in BIDS else None
    if bids:
        await handlers.bid_on_files(BidOnFiles(jury_id=jury_id, juror_id=person_id(work.actor), bids=bids), work)
    return RedirectResponse(f"{page.root}/juries/{jury_id}/bids?said=saved", status_code=303)


def _file(name: str) -> UUID:
    """Raises NoSuchCandidate."""
    try:
        return UUID(name.removeprefix(BID))
    except ValueError:
        raise NoSuchCandidate from None
