"""A review is read once more, submitted for good, and its juror gets the receipt; or it is given back."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from services.selection.commands import AbstainFromReview, RecuseFromReview, SubmitReview
from services.selection.domain.reviews import ReviewState
from services.selection.handlers import reviews as handlers
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.review import facts_of
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views.own_review import own_review
from shared.http import LongText, ReceiptsDep, WorkDep, does
from shared.web import FORM, PageDep, form_of, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

Revision = Annotated[int, Field(ge=1, le=1_000_000)]


class SubmitForm(BaseModel):
    """The number of the revision that was read."""

    model_config = ConfigDict(frozen=True)

    revision: Revision


class StepBackForm(BaseModel):
    """Why a juror gives a file back."""

    model_config = ConfigDict(frozen=True)

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
    page = await in_zone(page, work.session, edition=mine.jury.edition_id)
    return page.show("step_back.html", **facts_of(page, mine))


@router.post("/{language}/reviews/{review_id}/recuse", **does("recuse_from_review", accepts=[FORM]))
async def recuse_from_my_review(request: Request, page: PageDep, work: WorkDep, review_id: UUID) -> Response:
    form = await form_of(request, StepBackForm)
    command = RecuseFromReview(review_id=review_id, juror_id=person_id(work.actor), reason=form.reason)
    await handlers.recuse_from_review(command, work)
    return RedirectResponse(f"{page.root}/reviews?said=recused", status_code=303)


@router.post("/{language}/reviews/{review_id}/abstain", **does("abstain_from_review", accepts=[FORM]))
async def abstain_from_my_review(request: Request, page: PageDep, work: WorkDep, review_id: UUID) -> Response:
    form = await form_of(request, StepBackForm)
    command = AbstainFromReview(review_id=review_id, juror_id=person_id(work.actor), reason=form.reason)
    await handlers.abstain_from_review(command, work)
    return RedirectResponse(f"{page.root}/reviews?said=recused", status_code=303)
