"""Routes of what a matching is made of: shortlists that partners order, its proof, and who moves up from reserve."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import Field

from services.selection.api.decisions import DecisionsView, decisions_view
from services.selection.commands import OpenShortlist, OrderShortlist, PromoteReserve
from services.selection.domain.approvals import DEFAULT, FEWEST, MOST
from services.selection.domain.shortlists import NoSuchShortlist
from services.selection.handlers import promotions, shortlists
from services.selection.models import Challenge
from services.selection.permissions import PERMISSIONS, authorise_or_hide, person_id
from services.selection.repository import NoSuchDecisions
from services.selection.views import decisions as decision_views
from services.selection.views import matchings as views
from services.selection.views import shortlists as shortlist_views
from shared.http import WHOLE_AS_JSON_HAS_IT, Body, IfMatch, View, WorkDep, does, service_router, set_etag
from shared.identity import Resource

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["matching"])


class OpenShortlistBody(Body):
    """Which files the challenge's partner may order: those of the frozen ranking with at least this score."""

    lowest_score: Annotated[float, Field(ge=0, le=100)]


class OrderBody(Body):
    """Every file of the shortlist, best first."""

    application_ids: Annotated[list[UUID], Field(min_length=1, max_length=2000)]


class PromoteBody(Body):
    """How many must approve, if more than approved the results."""

    approvals_needed: Annotated[int, Field(ge=FEWEST, le=MOST), WHOLE_AS_JSON_HAS_IT] = DEFAULT


class ShortlistedView(View):
    application_id: UUID
    startup: str | None
    title: str | None


class ShortlistView(View):
    """The files that a partner may order. Until it did, they come in an order that tells nothing of their ranks."""

    challenge_id: UUID
    version: int
    ordered_at: datetime | None
    files: list[ShortlistedView]


class OpenedView(View):
    """A shortlist that its partner may order, and how many files are on it."""

    challenge_id: UUID
    version: int
    lowest_score: float
    files: int


class MatchingView(View):
    """A matching: `datacity check-matching` checks this very answer, kept as a file."""

    decisions_id: UUID
    market: dict[str, Any] = Field(description="Both sides' preferences, and places; `market_digest` is of it.")
    market_digest: str
    matched: dict[UUID, UUID] = Field(description="Application to challenge.")
    as_computed: bool = Field(description="What the method gives; false if outcomes were changed by hand.")
    proof: list[dict[str, Any]] = Field(
        description="For each startup and each challenge that it named and did not get: why they would not both gain."
    )


@router.post("/challenges/{challenge_id}/shortlist", status_code=201, **does("open_shortlist"))
async def open_shortlist(challenge_id: UUID, body: OpenShortlistBody, work: WorkDep) -> OpenedView:
    command = OpenShortlist(challenge_id=challenge_id, lowest_score=body.lowest_score)
    opened = await shortlists.open_shortlist(command, work)
    return OpenedView(
        challenge_id=opened.challenge_id,
        version=opened.version,
        lowest_score=opened.lowest_score,
        files=len(opened.files),
    )


@router.get("/challenges/{challenge_id}/shortlist", **does("read_shortlist"))
async def read_shortlist(challenge_id: UUID, work: WorkDep, response: Response) -> ShortlistView:
    challenge = await work.session.get(Challenge, challenge_id)
    own = {"own"} if challenge is not None and challenge.partner == work.actor.organisation else set()
    authorise_or_hide(work.actor, "read_shortlist", Resource(own), hidden=NoSuchShortlist())
    return await _shortlist(challenge_id, work, response)


@router.put("/challenges/{challenge_id}/shortlist/order", **does("order_shortlist"))
async def order_shortlist(
    challenge_id: UUID, body: OrderBody, version: IfMatch, work: WorkDep, response: Response
) -> ShortlistView:
    command = OrderShortlist(challenge_id=challenge_id, version=version, application_ids=tuple(body.application_ids))
    await shortlists.order_shortlist(command, work)
    return await _shortlist(challenge_id, work, response)


@router.get("/decisions/{decisions_id}/matching", **does("read_matching"))
async def read_matching(decisions_id: UUID, work: WorkDep) -> MatchingView:
    row = await views.matching(work.session, decisions_id, person_id=person_id(work.actor))
    # Auditors read it once it is published: nobody outside of the staff learns anything before.
    authorise_or_hide(work.actor, "read_matching", Resource(state=row.deliberation.state), hidden=NoSuchDecisions())
    return MatchingView(
        decisions_id=row.deliberation.id,
        market=row.market,
        market_digest=row.market_digest,
        matched=row.matched,
        as_computed=row.as_computed,
        proof=row.proof,
    )


@router.post("/editions/{edition_id}/promotions", status_code=201, **does("promote_reserve"))
async def promote_reserve(
    edition_id: UUID, work: WorkDep, response: Response, body: PromoteBody | None = None
) -> DecisionsView:
    command = PromoteReserve(edition_id=edition_id, approvals_needed=(body or PromoteBody()).approvals_needed)
    draft = await promotions.promote_reserve(command, work)
    set_etag(response, draft.version)
    return decisions_view(await decision_views.decisions(work.session, draft.id, person_id=person_id(work.actor)))


async def _shortlist(challenge_id: UUID, work: WorkDep, response: Response) -> ShortlistView:
    row = await shortlist_views.shortlist(work.session, challenge_id, person_id=person_id(work.actor))
    set_etag(response, row.shortlist.version)
    return ShortlistView(
        challenge_id=row.shortlist.challenge_id,
        version=row.shortlist.version,
        ordered_at=row.shortlist.ordered_at,
        files=[
            ShortlistedView(application_id=file, startup=startup, title=title) for file, startup, title in row.files
        ],
    )
