"""Routes of an edition's decisions: proposed, changed, and published together."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field

from services.selection.api.approvals import StandingView, standing
from services.selection.commands import ChangeOutcome, ProposeDecisions, PublishDecisions
from services.selection.domain.approvals import DEFAULT, FEWEST, MOST
from services.selection.domain.decisions import DecisionsState, Kind, Outcome
from services.selection.handlers import decisions, results
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import decisions as views
from services.selection.views.decisions import DecisionsRow
from shared.http import (
    WHOLE_AS_JSON_HAS_IT,
    Body,
    IfMatch,
    LongText,
    Page,
    PagingDep,
    View,
    WorkDep,
    does,
    service_router,
    set_etag,
)

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["decisions"])

Places = Annotated[int, Field(ge=0, le=1000), WHOLE_AS_JSON_HAS_IT]
PlacesByChallenge = Annotated[dict[UUID, Places], Field(max_length=1000)]


class ProposeDecisionsBody(Body):
    """How many startups each challenge takes, and how many it keeps in reserve."""

    capacity: Places = 1
    capacities: PlacesByChallenge = Field(default={}, description="For the challenges that differ from `capacity`.")
    reserves: Places = 1
    reserves_by_challenge: PlacesByChallenge = Field(default={}, description="For those that differ from `reserves`.")
    minimum: Places = Field(default=0, description="How many a challenge is to get at least: told, and not forced.")
    minimums: PlacesByChallenge = Field(default={}, description="For those that differ from `minimum`.")
    leave_unranked: bool = Field(
        default=False, description="Decide files that were admitted after all their rankings as not selected."
    )
    approvals_needed: Annotated[int, Field(ge=FEWEST, le=MOST), WHOLE_AS_JSON_HAS_IT] = Field(
        default=DEFAULT, description="How many different people must approve before it is published."
    )


class ChangeOutcomeBody(Body):
    """Another outcome for one application, and why; `challenge_id` only with `selected`."""

    application_id: UUID
    outcome: Outcome
    challenge_id: UUID | None = None
    reason: LongText


class PublishBody(Body):
    """The version of the decisions that was read: nothing else is published."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1), WHOLE_AS_JSON_HAS_IT]


class OutcomeView(View):
    decision_id: UUID
    application_id: UUID
    outcome: Outcome
    challenge_id: UUID | None
    changed_because: str | None


class PairView(View):
    application_id: UUID
    challenge_id: UUID


class ShortView(View):
    challenge_id: UUID
    at_least: int
    matched: int


class ReserveListView(View):
    """A challenge's reserve, in the order in which it would move up."""

    challenge_id: UUID
    application_ids: list[UUID]


class DecisionsSummaryView(View):
    id: UUID
    version: int
    edition_id: UUID
    kind: Kind
    amends: UUID | None = Field(description="Of a promotion: the published results after which somebody moves up.")
    state: DecisionsState
    proposed_at: datetime
    approvals_needed: int
    published_at: datetime | None


class DecisionsView(DecisionsSummaryView):
    """Decisions; `blocking_pairs` would both rather have each other, and are none unless outcomes were changed."""

    approval: StandingView
    outcomes: list[OutcomeView]
    blocking_pairs: list[PairView]
    short: list[ShortView] = Field(description="Challenges that got fewer than they were to get at least.")
    reserve_lists: list[ReserveListView]
    vacated: list[PairView] = Field(description="Of a promotion: the places that withdrawn startups left.")


class PublishedView(DecisionsSummaryView):
    selected: int
    reserved: int
    not_selected: int


@router.post("/editions/{edition_id}/decisions", status_code=201, **does("propose_decisions"))
async def propose_decisions(
    edition_id: UUID, body: ProposeDecisionsBody, work: WorkDep, response: Response
) -> DecisionsView:
    draft = await decisions.propose_decisions(
        ProposeDecisions(
            edition_id=edition_id,
            capacity=body.capacity,
            capacities=body.capacities,
            reserve=body.reserves,
            reserves=body.reserves_by_challenge,
            minimum=body.minimum,
            minimums=body.minimums,
            leave_unranked=body.leave_unranked,
            approvals_needed=body.approvals_needed,
        ),
        work,
    )
    set_etag(response, draft.version)
    return decisions_view(await views.decisions(work.session, draft.id, person_id=person_id(work.actor)))


@router.get("/decisions", **does("read_decisions"))
async def list_decisions(work: WorkDep, paging: PagingDep, edition: UUID | None = None) -> Page[DecisionsSummaryView]:
    after = paging.after(UUID)
    rows = await views.deliberations(
        work.session, edition=edition, after=after[0] if after else None, limit=paging.fetch
    )
    return paging.page(rows, key=lambda row: (row.id,), view=DecisionsSummaryView.model_validate)


@router.get("/decisions/{decisions_id}", **does("read_decisions"))
async def read_decisions(decisions_id: UUID, work: WorkDep, response: Response) -> DecisionsView:
    row = await views.decisions(work.session, decisions_id, person_id=person_id(work.actor))
    set_etag(response, row.deliberation.version)
    return decisions_view(row)


@router.patch("/decisions/{decisions_id}", **does("change_decisions"))
async def change_decisions(
    decisions_id: UUID, body: ChangeOutcomeBody, version: IfMatch, work: WorkDep, response: Response
) -> DecisionsView:
    draft = await decisions.change_outcome(
        ChangeOutcome(
            decisions_id=decisions_id,
            version=version,
            application_id=body.application_id,
            outcome=body.outcome,
            challenge_id=body.challenge_id,
            reason=body.reason,
        ),
        work,
    )
    set_etag(response, draft.version)
    return decisions_view(await views.decisions(work.session, draft.id, person_id=person_id(work.actor)))


@router.post("/decisions/{decisions_id}/publish", **does("publish_decisions"))
async def publish_decisions(decisions_id: UUID, body: PublishBody, work: WorkDep) -> PublishedView:
    published, counted = await results.publish_decisions(
        PublishDecisions(decisions_id=decisions_id, version=body.version), work
    )
    return PublishedView(
        **DecisionsSummaryView.model_validate(published).model_dump(),
        selected=counted[Outcome.SELECTED],
        reserved=counted[Outcome.RESERVE],
        not_selected=counted[Outcome.NOT_SELECTED],
    )


def decisions_view(row: DecisionsRow) -> DecisionsView:
    return DecisionsView(
        **DecisionsSummaryView.model_validate(row.deliberation).model_dump(),
        outcomes=[
            OutcomeView(
                decision_id=decision.id,
                application_id=decision.application_id,
                outcome=Outcome(decision.outcome),
                challenge_id=decision.challenge_id,
                changed_because=decision.changed_because,
            )
            for decision in row.decisions
        ],
        approval=standing(row.deliberation, row.approvals),
        blocking_pairs=[PairView(application_id=one, challenge_id=other) for one, other in row.blocking],
        short=[
            ShortView(challenge_id=challenge, at_least=row.minimums[challenge], matched=got)
            for challenge, got in sorted(row.short.items())
        ],
        reserve_lists=[
            ReserveListView(challenge_id=challenge, application_ids=files)
            for challenge, files in sorted(row.reserve_lists.items())
        ],
        vacated=[PairView(application_id=one, challenge_id=other) for one, other in row.vacated],
    )
