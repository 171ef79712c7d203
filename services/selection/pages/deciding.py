"""An edition's decisions: proposed from rankings, changed with a reason, approved by several, published together."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from services.selection.commands import (
    ApproveDecisions,
    ChangeOutcome,
    PromoteReserve,
    ProposeDecisions,
    PublishDecisions,
)
from services.selection.domain.approvals import DEFAULT, FEWEST, MOST
from services.selection.domain.decisions import DecisionsState, Kind, Outcome
from services.selection.handlers import approvals, decisions, promotions, results
from services.selection.pages.decided import decided
from services.selection.pages.forms import NOTHING, Form, Typed, all_fields, read
from services.selection.pages.naming import titled
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.permissions import PERMISSIONS
from services.selection.views import editions as edition_views
from shared.errors import DomainError
from shared.http import LongText, WorkDep, does
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

Said = Annotated[str | None, Query(pattern="^(proposed|changed|approved|taken-back|published)$")]
Places = Annotated[int, Field(ge=0, le=1000)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ProposeForm(Form):
    """How many each challenge takes, and keeps in reserve."""

    capacity: Places = 1
    reserves: Places = 1
    minimum: Places = 0
    approvals_needed: Annotated[int, Field(ge=FEWEST, le=MOST)] = DEFAULT
    leave_unranked: bool = False


class ChangeForm(Form):
    """Another outcome for one file, and why. `outcome` names the challenge too, where there is one."""

    version: Version
    application_id: UUID
    outcome: Annotated[str, Field(pattern=r"^(reserve|not-selected|selected:[0-9a-f-]{36})$")]
    reason: LongText


class ApproveForm(Form):
    digest: Digest


class PublishForm(Form):
    version: Version
    sure: Literal["yes"]


@router.get("/{language}/decisions", **does("read_decisions"))
async def read_all_decisions(page: PageDep, work: WorkDep) -> Response:
    return await _list(page, work)


@router.post("/{language}/editions/{edition_id}/decisions", **does("propose_decisions", accepts=[FORM]))
async def propose_editions_decisions(request: Request, page: PageDep, work: WorkDep, edition_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, ProposeForm)
        draft = await decisions.propose_decisions(
            ProposeDecisions(
                edition_id=edition_id,
                capacity=form.capacity,
                reserve=form.reserves,
                minimum=form.minimum,
                approvals_needed=form.approvals_needed,
                leave_unranked=form.leave_unranked,
            ),
            work,
        )
    except TOLD_HERE as refusal:
        return await _list(page, work, refusal=refusal, of=edition_id, typed=Typed(form=str(edition_id), fields=fields))
    return RedirectResponse(f"{page.root}/decisions/{draft.id}?said=proposed", status_code=303)


@router.post("/{language}/editions/{edition_id}/promotions", **does("promote_reserve", accepts=[FORM]))
async def promote_from_reserve(page: PageDep, work: WorkDep, edition_id: UUID) -> Response:
    try:
        draft = await promotions.promote_reserve(PromoteReserve(edition_id=edition_id), work)
    except TOLD_HERE as refusal:
        return await _list(page, work, refusal=refusal, of=edition_id)
    return RedirectResponse(f"{page.root}/decisions/{draft.id}?said=proposed", status_code=303)


@router.get("/{language}/decisions/{decisions_id}", **does("read_decisions"))
async def read_editions_decisions(page: PageDep, work: WorkDep, decisions_id: UUID, said: Said = None) -> Response:
    return await _show(page, decisions_id, work, said=said)


@router.post("/{language}/decisions/{decisions_id}", **does("change_decisions", accepts=[FORM]))
async def change_one_outcome(request: Request, page: PageDep, work: WorkDep, decisions_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, ChangeForm)
        outcome, _, challenge = form.outcome.partition(":")
        await decisions.change_outcome(
            ChangeOutcome(
                decisions_id=decisions_id,
                version=form.version,
                application_id=form.application_id,
                outcome=Outcome(outcome),
                challenge_id=UUID(challenge) if challenge else None,
                reason=form.reason,
            ),
            work,
        )
    except TOLD_HERE as refusal:
        return await _show(page, decisions_id, work, refusal=refusal, typed=Typed(form="change", fields=fields))
    return _to(page, decisions_id, "changed")


@router.post("/{language}/decisions/{decisions_id}/approve", **does("approve_decisions", accepts=[FORM]))
async def approve_what_was_read(request: Request, page: PageDep, work: WorkDep, decisions_id: UUID) -> Response:
    try:
        form = read(await all_fields(request), ApproveForm)
        await approvals.approve_decisions(ApproveDecisions(decisions_id=decisions_id, digest=form.digest), work)
    except TOLD_HERE as refusal:
        return await _show(page, decisions_id, work, refusal=refusal)
    return _to(page, decisions_id, "approved")


@router.post("/{language}/decisions/{decisions_id}/take-back", **does("take_back_approval", accepts=[FORM]))
async def take_ones_approval_back(page: PageDep, work: WorkDep, decisions_id: UUID) -> Response:
    try:
        await approvals.take_back_approval(decisions_id, work)
    except TOLD_HERE as refusal:
        return await _show(page, decisions_id, work, refusal=refusal)
    return _to(page, decisions_id, "taken-back")


@router.post("/{language}/decisions/{decisions_id}/publish", **does("publish_decisions", accepts=[FORM]))
async def publish_all_together(request: Request, page: PageDep, work: WorkDep, decisions_id: UUID) -> Response:
    try:
        form = read(await all_fields(request), PublishForm)
        await results.publish_decisions(PublishDecisions(decisions_id=decisions_id, version=form.version), work)
    except TOLD_HERE as refusal:
        return await _show(page, decisions_id, work, refusal=refusal)
    return _to(page, decisions_id, "published")


def _to(page: Page, decisions_id: UUID, said: str) -> Response:
    return RedirectResponse(f"{page.root}/decisions/{decisions_id}?said={said}", status_code=303)


async def _list(
    page: Page, work: Work, *, refusal: DomainError | None = None, of: UUID | None = None, typed: Typed = NOTHING
) -> Response:
    page = await in_zone(page, work.session, edition=of)
    editions = await edition_views.with_decisions(work.session)
    return page.show(
        "all_decisions.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/decisions",
        editions=[
            {
                "id": each.id,
                "title": titled(page, each.title),
                "decisions": each.decisions,
                "published": any(one.state == DecisionsState.PUBLISHED for one in each.decisions),
                "ranked": each.ranked,
                "challenges": each.challenges,
            }
            for each in editions
        ],
        fewest=FEWEST,
        most=MOST,
        usual=DEFAULT,
        refused_of=of,
        typed=typed,
        refused=told(page, refusal) if refusal else None,
    )


async def _show(
    page: Page,
    decisions_id: UUID,
    work: Work,
    *,
    said: str | None = None,
    refusal: DomainError | None = None,
    typed: Typed = NOTHING,
) -> Response:
    shown = await decided(page, decisions_id, work)
    page = await in_zone(page, work.session, edition=shown["deliberation"].edition_id)
    return page.show(
        "decisions.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/decisions/{decisions_id}",
        **shown,
        is_draft=shown["deliberation"].state == DecisionsState.DRAFT,
        is_promotion=shown["deliberation"].kind == Kind.PROMOTION,
        typed=typed,
        said=said,
        refused=told(page, refusal) if refusal else None,
    )
