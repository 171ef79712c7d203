"""Routes of published results: for anyone the matches, for an applicant its own outcome and the reasons."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.selection.domain.decisions import Outcome
from services.selection.domain.tongues import Language
from services.selection.permissions import PERMISSIONS, authorise, person_id
from services.selection.views import published_rankings
from services.selection.views import results as views
from shared.http import Page, PagingDep, ReceiptsDep, ReceiptText, View, WorkDep, does, service_router
from shared.identity import Resource

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["results"])


class MatchView(View):
    """One startup, one challenge, one partner."""

    challenge_id: UUID
    challenge_title: dict[str, str]
    partner: str
    application_id: UUID
    startup: str | None


class ResultsView(View):
    """An edition's published results."""

    id: UUID
    edition_id: UUID
    published_at: datetime
    matches: list[MatchView]


class ReasonView(View):
    """A piece of the reasons, in the language in which it was written; of one criterion, or of the whole file."""

    text: str
    language: Language
    criterion: str | None


class OwnResultView(View):
    """What your application got, and what jurors say about it; who they are is never told."""

    application_id: UUID
    edition_id: UUID
    outcome: Outcome
    challenge_id: UUID | None
    published_at: datetime
    reasons: list[ReasonView]
    comments: list[str] = Field(description="The texts of `reasons`, without their languages.")


class PublishedRankingView(View):
    """A ranking that published results rest on: what fixes it, and no word of who was ranked or who judged."""

    ranking_id: UUID
    jury_id: UUID
    challenge_id: UUID
    edition_id: UUID
    method: str
    inputs_digest: str
    places: int | None
    seed: int | None
    file_count: int
    frozen_at: datetime
    published_at: datetime
    event_id: UUID = Field(description="What notifications proves to be in the journal, to whom the ranking concerns.")
    receipt: ReceiptText


@router.get("/results", **does("read_results"))
async def list_results(work: WorkDep, paging: PagingDep, edition: UUID | None = None) -> Page[ResultsView]:
    after = paging.after(UUID)
    rows = await views.published(work.session, edition=edition, after=after[0] if after else None, limit=paging.fetch)
    matches = await views.matches(work.session, rows)
    return paging.page(
        rows,
        key=lambda row: (row.id,),
        view=lambda row: ResultsView.model_validate(
            {
                "id": row.id,
                "edition_id": row.edition_id,
                "published_at": row.published_at,
                "matches": [_match(match) for match in matches[row.id]],
            }
        ),
    )


@router.get("/results/mine", **does("read_own_result"))
async def list_own_results(work: WorkDep, paging: PagingDep) -> Page[OwnResultView]:
    # The query asks for applications of the actor's own teams only: to each of them it stands as a member.
    authorise(work.actor, "read_own_result", Resource({"member"}))
    after = paging.after(UUID)
    rows = await views.own_results(
        work.session, person_id(work.actor), after=after[0] if after else None, limit=paging.fetch
    )
    return paging.page(rows, key=lambda row: (row.decision.id,), view=_own)


@router.get("/results/rankings", **does("read_published_rankings"))
async def list_published_rankings(
    work: WorkDep, paging: PagingDep, receipts: ReceiptsDep
) -> Page[PublishedRankingView]:
    """The published rankings in which a file of your team stands or in whose jury you sit; for staff, all.

    Each with a receipt: keep it. Once it is sealed, notifications has its proof; `datacity verify` checks both offline.
    """
    # The query asks for what concerns the actor only: to each of them it stands as a member or as a judge.
    authorise(work.actor, "read_published_rankings", Resource({"member", "judge"}))
    after = paging.after(UUID)
    rows = await published_rankings.published_rankings(
        work.session,
        person_id(work.actor),
        all_of_them=work.actor.holds("staff"),
        as_ranked=work.actor.holds("applicant"),
        as_juror=work.actor.holds("juror"),
        after=after[0] if after else None,
        limit=paging.fetch,
    )
    return paging.page(
        rows,
        key=lambda row: (UUID(row.subject),),
        view=lambda row: PublishedRankingView(
            **row.facts.model_dump(exclude={"results_id"}), event_id=row.id, receipt=receipts.of(row)
        ),
    )


def _match(row: views.MatchRow) -> MatchView:
    return MatchView(
        challenge_id=row.challenge.id,
        challenge_title=row.challenge.title,
        partner=row.challenge.partner,
        application_id=row.decision.application_id,
        startup=row.startup,
    )


def _own(row: views.OwnResult) -> OwnResultView:
    return OwnResultView.model_validate(
        {
            "application_id": row.decision.application_id,
            "edition_id": row.deliberation.edition_id,
            "outcome": row.decision.outcome,
            "challenge_id": row.decision.challenge_id,
            "published_at": row.deliberation.published_at,
            "reasons": [one.as_json() for one in row.reasons],
            "comments": [one.text for one in row.reasons],
        }
    )
