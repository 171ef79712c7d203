"""Routes of rankings."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.selection.commands import FreezeRanking
from services.selection.handlers import rankings
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import rankings as views
from shared.http import Page, PagingDep, View, WorkDep, does, service_router

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["rankings"])


class RankedFileView(View):
    application_id: UUID
    rank: int
    score: float
    reviews: int


class RankingView(View):
    """A frozen ranking; scores are in [0, 100], and equal scores share a rank."""

    id: UUID
    jury_id: UUID
    challenge_id: UUID
    edition_id: UUID
    method: str
    inputs_digest: str
    frozen_at: datetime
    files: list[RankedFileView]


class RankingWithInputsView(RankingView):
    """With all that it was made from: `recompute(inputs)` gives `files`, and SHA-256 of the inputs the digest."""

    inputs: dict[str, Any]


@router.post("/juries/{jury_id}/ranking", status_code=201, **does("freeze_ranking"))
async def freeze_ranking(jury_id: UUID, work: WorkDep) -> RankingView:
    return RankingView.model_validate(await rankings.freeze_ranking(FreezeRanking(jury_id=jury_id), work))


@router.get("/rankings", **does("read_ranking"))
async def list_rankings(
    work: WorkDep, paging: PagingDep, challenge: UUID | None = None, edition: UUID | None = None
) -> Page[RankingView]:
    after = paging.after(UUID)
    rows = await views.rankings(
        work.session,
        person_id=person_id(work.actor),
        challenge=challenge,
        edition=edition,
        after=after[0] if after else None,
        limit=paging.fetch,
    )
    return paging.page(rows, key=lambda row: (row.id,), view=RankingView.model_validate)


@router.get("/rankings/{ranking_id}", **does("read_ranking"))
async def read_ranking(ranking_id: UUID, work: WorkDep) -> RankingWithInputsView:
    ranking = await views.ranking(work.session, ranking_id, person_id=person_id(work.actor))
    return RankingWithInputsView.model_validate(ranking)
