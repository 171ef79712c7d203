"""Routes of rankings."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field, StringConstraints

from services.selection.commands import FreezeRanking, PreviewRanking
from services.selection.handlers import previews, rankings
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import rankings as views
from shared.http import WHOLE_AS_JSON_HAS_IT, Body, Page, PagingDep, View, WorkDep, does, service_router

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["rankings"])

Method = Literal["severity-corrected/1", "weighted-mean/1"]
Places = Annotated[int, Field(ge=1, le=10_000), WHOLE_AS_JSON_HAS_IT]


class RankedFileView(View):
    application_id: UUID
    rank: int
    score: float
    reviews: int


class SureFileView(View):
    """A file's place, and how sure it is: 90 % of the draws put it from `rank_low` to `rank_high`."""

    application_id: UUID
    rank: int
    score: float = Field(description="What the whole jury would have given: corrected for severity.")
    mean: float = Field(description="The raw weighted mean of its reviews.")
    standard_error: float
    rank_low: int
    rank_high: int
    above_cut: float = Field(description="The probability that it belongs above the cut.")
    coin_toss: bool = Field(description="Its side of the cut would be wrong more than once in four.")
    reviews: int


class AgreementView(View):
    """Krippendorff's alpha for interval data, and its meaning in a sentence."""

    alpha: float | None
    files: int
    reviews: int
    meaning: str


class SharesView(View):
    """Where the variance of a single review comes from; the three add up to 1."""

    files: float
    jurors: float
    rest: float


class SeverityView(View):
    """How many points a juror, by number, gives below the jury's mean; negative is generous."""

    juror: int
    severity: float
    standard_error: float
    reviews: int


class ReportView(View):
    """How sure a ranking by `severity-corrected/1` is."""

    files: list[SureFileView]
    jurors: list[SeverityView]
    groups: list[list[UUID]] = Field(
        description="Files that no juror links; more than one: between them all rests on jurors being alike on average."
    )
    agreement: AgreementView
    variance_shares: SharesView
    wrong_decisions_expected: float = Field(description="How many files are expected on the wrong side of the cut.")


class RankingView(View):
    """A frozen ranking; scores are on the scale from 0 to 100, and equal scores share a rank."""

    id: UUID
    jury_id: UUID
    challenge_id: UUID
    edition_id: UUID
    method: str
    inputs_digest: str
    result_digest: str | None
    frozen_at: datetime
    files: list[RankedFileView]


class RankingWithInputsView(RankingView):
    """With all that it was made from: `datacity recompute-ranking` checks this very answer, kept as a file."""

    inputs: dict[str, Any]
    report: ReportView | None
    libraries: dict[str, str] | None


class FreezeBody(Body):
    """How to rank. `places` is where the cut is, for `severity-corrected/1`."""

    method: Method = "severity-corrected/1"
    places: Places = 1
    accept_groups: bool = Field(
        default=False, description="Rank although no juror links some files with the others; the ranking says so."
    )


class JurorView(View):
    """A juror's severity: so many points below the jury's mean; negative is generous."""

    juror_id: UUID
    severity: float
    standard_error: float
    reviews: int


class ExtraReviewView(View):
    """One more review of this file, by this juror or by somebody new, and what it is worth."""

    application_id: UUID
    juror_id: UUID | None = Field(description="Null: by somebody who has not judged here yet.")
    fewer_wrong_decisions: float


class PreviewView(View):
    """What a ranking would be; nothing of it is kept."""

    jury_id: UUID
    method: str
    places: int
    weights: dict[str, int]
    inputs_digest: str
    unreviewed: list[UUID] = Field(description="Files that nobody reviewed yet, and that are left out.")
    files: list[SureFileView]
    jurors: list[JurorView]
    groups: list[list[UUID]]
    agreement: AgreementView
    variance_shares: SharesView
    wrong_decisions_expected: float
    settling: list[ExtraReviewView] = Field(description="The extra reviews that would settle most, best first.")


@router.post("/juries/{jury_id}/ranking", status_code=201, **does("freeze_ranking"))
async def freeze_ranking(jury_id: UUID, work: WorkDep, body: FreezeBody | None = None) -> RankingView:
    asked = body or FreezeBody()
    command = FreezeRanking(
        jury_id=jury_id, method=asked.method, places=asked.places, accept_groups=asked.accept_groups
    )
    return RankingView.model_validate(await rankings.freeze_ranking(command, work))


@router.get("/juries/{jury_id}/ranking/preview", **does("preview_ranking"))
async def preview_ranking(
    jury_id: UUID,
    work: WorkDep,
    places: Annotated[int, Query(ge=1, le=10_000, description="How many files are above the cut.")] = 1,
    weight: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}:([1-9][0-9]?|100)$")]] | None,
        Query(max_length=20, description="Other weights: `team:30`, once for each criterion of the jury."),
    ] = None,
    without_juror: Annotated[
        list[UUID] | None, Query(max_length=200, description="Leave this juror out; may be repeated.")
    ] = None,
) -> PreviewView:
    command = PreviewRanking(
        jury_id=jury_id,
        places=places,
        weights=None if weight is None else {key: int(value) for key, value in (one.split(":") for one in weight)},
        without_jurors=frozenset(without_juror or ()),
    )
    return _previewed(await previews.preview_ranking(command, work))


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


def _previewed(preview: previews.Preview) -> PreviewView:
    report = preview.ranked.report or {}
    return PreviewView.model_validate(
        {
            **report,
            "jury_id": preview.jury.id,
            "method": preview.inputs["method"],
            "places": preview.inputs["parameters"]["places"],
            "weights": {criterion.key: criterion.weight for criterion in preview.criteria},
            "inputs_digest": preview.inputs_digest,
            "unreviewed": preview.unreviewed,
            "jurors": [{**one, "juror_id": preview.jurors[one["juror"]]} for one in report["jurors"]],
            "settling": [{**one, "juror_id": preview.jurors.get(one["juror"])} for one in preview.settling],
        }
    )
