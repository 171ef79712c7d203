"""What a juror does with a review: saves it as it grows, submits it, abstains, or gives it back."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field

from services.selection.api.reviews import ReviewView, shown
from services.selection.commands import AbstainFromReview, RecuseFromReview, ReviewDraft, SaveReview, SubmitReview
from services.selection.domain.criteria import HIGHEST, LOWEST
from services.selection.domain.reviews import ReviewState
from services.selection.handlers import reviews
from services.selection.permissions import PERMISSIONS, person_id
from shared.http import (
    WHOLE_AS_JSON_HAS_IT,
    Body,
    IfMatch,
    LongText,
    ReceiptsDep,
    ReceiptText,
    View,
    WorkDep,
    does,
    service_router,
    set_etag,
)

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["reviews"])

CriterionKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Score = Annotated[int, Field(ge=LOWEST, le=HIGHEST), WHOLE_AS_JSON_HAS_IT]
Scores = Annotated[
    dict[CriterionKey, Score | None], Field(max_length=20, json_schema_extra={"additionalProperties": False})
]
Abstentions = Annotated[
    dict[CriterionKey, bool], Field(max_length=20, json_schema_extra={"additionalProperties": False})
]
Remarks = Annotated[
    dict[CriterionKey, LongText | None], Field(max_length=20, json_schema_extra={"additionalProperties": False})
]
Revision = Annotated[int, Field(ge=1, le=1_000_000), WHOLE_AS_JSON_HAS_IT]


class WordsOfReviewBody(Body):
    """What the juror wrote so far: merged over what is saved, null takes something back."""

    scores: Scores = Field(default_factory=dict)
    abstained: Abstentions = Field(
        default_factory=dict, description="By criterion: true if the juror can't judge it, false to take that back."
    )
    remarks: Remarks = Field(default_factory=dict, description="For the applicant, by criterion; none is needed.")
    comment: LongText | None = Field(default=None, description="For the applicant, who is not told who wrote it.")
    note: LongText | None = Field(default=None, description="For the jury and the programme team only.")

    def draft(self, *, revision: int | None = None) -> ReviewDraft:
        return ReviewDraft(
            scores=self.scores,
            abstained=self.abstained,
            remarks=self.remarks,
            comment=self.comment,
            note=self.note,
            revision=revision,
            given=frozenset(self.model_fields_set),
        )


class DraftBody(WordsOfReviewBody):
    """With the number of the revision that the juror reads while writing, if it says so."""

    revision: Revision | None = None


class SubmitReviewBody(WordsOfReviewBody):
    """The last words of a review, and the number of the revision that was read."""

    revision: Revision


class GiveBackBody(Body):
    reason: LongText | None = None


class ReviewStateView(View):
    id: UUID
    version: int
    state: ReviewState
    revision: int | None
    submitted_at: datetime | None


class SubmittedReviewView(ReviewStateView):
    """A review that was submitted for good, and the proof of it."""

    receipt: ReceiptText


@router.patch("/reviews/{review_id}", **does("write_review"))
async def save_review(
    review_id: UUID, body: DraftBody, version: IfMatch, work: WorkDep, response: Response
) -> ReviewView:
    """A stale ETag is answered with 412 and, in `present`, with what is saved now, so that no words are lost."""
    me = person_id(work.actor)
    command = SaveReview(review_id=review_id, juror_id=me, version=version, draft=body.draft(revision=body.revision))
    review = await reviews.save_review(command, work)
    set_etag(response, review.version)
    return ReviewView(**shown(review, me, blind=False))


@router.post("/reviews/{review_id}/submit", **does("submit_review"))
async def submit_review(
    review_id: UUID, body: SubmitReviewBody, work: WorkDep, receipts: ReceiptsDep
) -> SubmittedReviewView:
    command = SubmitReview(
        review_id=review_id, juror_id=person_id(work.actor), revision=body.revision, draft=body.draft()
    )
    review = await reviews.submit_review(command, work)
    state = ReviewStateView.model_validate(review)
    return SubmittedReviewView(**state.model_dump(), receipt=receipts.of_last())


@router.post("/reviews/{review_id}/abstain", **does("abstain_from_review"))
async def abstain_from_review(review_id: UUID, body: GiveBackBody, work: WorkDep) -> ReviewStateView:
    """On record and no score, never a zero; somebody else can be asked instead."""
    command = AbstainFromReview(review_id=review_id, juror_id=person_id(work.actor), reason=body.reason)
    return ReviewStateView.model_validate(await reviews.abstain_from_review(command, work))


@router.post("/reviews/{review_id}/recuse", **does("recuse_from_review"))
async def recuse_from_review(review_id: UUID, body: GiveBackBody, work: WorkDep) -> ReviewStateView:
    command = RecuseFromReview(review_id=review_id, juror_id=person_id(work.actor), reason=body.reason)
    return ReviewStateView.model_validate(await reviews.recuse_from_review(command, work))
