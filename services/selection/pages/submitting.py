"""A review is read once more, submitted for good, and its juror gets the receipt; or it is given back."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from services.selection.commands import AbstainFromReview, RecuseFromReview, SubmitReview
from services.selection.domain.reviews import ReviewState
from services.selection.handlers import reviews as handlers
from services.selection.pages.forms import NOTHING, Form, Typed, all_fields, read
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.pages.review import facts_of
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views.own_review import OwnReview, own_review
from shared.errors import DomainError
from shared.http import LongText, ReceiptsDep, WorkDep, does
from shared.web import FORM, Page, PageDep, form_of, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

Revision = Annotated[int, Field(ge=1, le=1_000_000)]


class SubmitForm(BaseModel):
    """The number of the revision that was read."""

    model_config = ConfigDict(frozen=True)

    revision: Revision


class StepBackForm(Form):
    """Why a juror gives a file back."""

    reason: LongText | None = None


@router.get("/{language}/reviews/{review_id}/submit", **does("submit_review"))
async def look_once_more(
    page: PageDep, work: WorkDep, review_id: UUID, revision: Annotated[int | None, Query(ge=1, le=1_000_000)] = None
) -> Response:
    mine = await own_review(work.session, work.actor, review_id, now=work.now)
    if mine.review.state != ReviewState.ASSIGNED:
        return RedirectResponse(f"{page.root}/reviews/{review_id}", status_code=303)
    page = await in_zone(page, work.session, edition=mine.jury.edition_id)
    read = revision or mine.newest or 1
    return page.show(
        "submit_review.html",
        **facts_of(page, mine),
        revision=read,
        newer=mine.newest is not None and mine.newest > read,
        lacking=[
            each["key"]
            for each in mine.jury.criteria
            if each["key"] not in {*mine.review.scores, *mine.review.abstained}
        ],
    )


@router.post("/{language}/reviews/{review_id}/submit", **does("submit_review", accepts=[FORM]))
async def submit_my_review(
    request: Request, page: PageDep, work: WorkDep, receipts: ReceiptsDep, review_id: UUID
) -> Response:
    mine = await own_review(work.session, work.actor, review_id, now=work.now)
    if mine.review.state == ReviewState.SUBMITTED:  # sent twice: the first one counted
        return RedirectResponse(f"{page.root}/reviews/{review_id}", status_code=303)
    form = await form_of(request, SubmitForm)
    command = SubmitReview(review_id=review_id, juror_id=person_id(work.actor), revision=form.revision)
    review = await handlers.submit_review(command, work)
    page = await in_zone(page, work.session, edition=mine.jury.edition_id)
    return page.show(
        "submitted_review.html",
        place=f"{page.root}/reviews/{review_id}",
        **facts_of(page, mine),
        receipt=receipts.of_last(),
        submitted_at=review.submitted_at,
    )


@router.get("/{language}/reviews/{review_id}/step-back", **does("recuse_from_review"))
async def think_of_stepping_back(page: PageDep, work: WorkDep, review_id: UUID) -> Response:
    mine = await own_review(work.session, work.actor, review_id, now=work.now)
    if mine.review.state != ReviewState.ASSIGNED:
        return RedirectResponse(f"{page.root}/reviews/{review_id}", status_code=303)
    return await _step_back(page, mine, work)


@router.post("/{language}/reviews/{review_id}/recuse", **does("recuse_from_review", accepts=[FORM]))
async def recuse_from_my_review(request: Request, page: PageDep, work: WorkDep, review_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        reason = read(fields, StepBackForm).reason
        await handlers.recuse_from_review(
            RecuseFromReview(review_id=review_id, juror_id=person_id(work.actor), reason=reason), work
        )
    except TOLD_HERE as refusal:
        mine = await own_review(work.session, work.actor, review_id, now=work.now)
        return await _step_back(page, mine, work, refusal=refusal, typed=Typed(form="recuse", fields=fields))
    return RedirectResponse(f"{page.root}/reviews?said=recused", status_code=303)


@router.post("/{language}/reviews/{review_id}/abstain", **does("abstain_from_review", accepts=[FORM]))
async def abstain_from_my_review(request: Request, page: PageDep, work: WorkDep, review_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        reason = read(fields, StepBackForm).reason
        await handlers.abstain_from_review(
            AbstainFromReview(review_id=review_id, juror_id=person_id(work.actor), reason=reason), work
        )
    except TOLD_HERE as refusal:
        mine = await own_review(work.session, work.actor, review_id, now=work.now)
        return await _step_back(page, mine, work, refusal=refusal, typed=Typed(form="abstain", fields=fields))
    return RedirectResponse(f"{page.root}/reviews?said=recused", status_code=303)


async def _step_back(
    page: Page, mine: OwnReview, work: Work, *, refusal: DomainError | None = None, typed: Typed = NOTHING
) -> Response:
    page = await in_zone(page, work.session, edition=mine.jury.edition_id)
    return page.show(
        "step_back.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/reviews/{mine.review.id}/step-back",
        **facts_of(page, mine),
        typed=typed,
        refused=told(page, refusal) if refusal else None,
    )
