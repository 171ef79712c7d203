"""Routes of bids: what a juror would like to review, said before files are assigned."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.selection.commands.ties import BidOnFiles
from services.selection.domain.assignment import Bid
from services.selection.handlers import bids
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import bids as views
from shared.http import Body, Page, PagingDep, View, WorkDep, does, service_router

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["bids"])


class BidsBody(Body):
    """By file: want, could or rather-not; null takes a bid back. Files that are left out stay as they are."""

    bids: Annotated[dict[UUID, Bid | None], Field(min_length=1, max_length=500)]


class BiddenView(View):
    changed: int


class FileToBidOnView(View):
    """A file that the jury will judge, by what it is about: who handed it in is no reason for a bid."""

    application_id: UUID
    title: str | None
    summary: str | None
    bid: Bid | None


@router.get("/juries/{jury_id}/bids", **does("bid_on_files"))
async def list_files_to_bid_on(jury_id: UUID, work: WorkDep, paging: PagingDep) -> Page[FileToBidOnView]:
    me = person_id(work.actor)
    jury = await bids.jury_to_bid_in(jury_id, me, work)
    after = paging.after(UUID)
    rows = await views.files_to_bid_on(
        work.session,
        jury,
        person_id=me,
        organisation=work.actor.organisation,
        after=after[0] if after else None,
        limit=paging.fetch,
    )
    return paging.page(rows, key=lambda row: (row.application_id,), view=FileToBidOnView.model_validate)


@router.post("/juries/{jury_id}/bids", **does("bid_on_files"))
async def bid_on_files(jury_id: UUID, body: BidsBody, work: WorkDep) -> BiddenView:
    command = BidOnFiles(jury_id=jury_id, juror_id=person_id(work.actor), bids=body.bids)
    return BiddenView(changed=await bids.bid_on_files(command, work))
