"""What is read of reviews. Only GET shows a file: answers to a POST are stored for a repeat, and outlive a conflict."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from services.selection.api.files import FileView, shown_file
from services.selection.domain.reviews import ReviewState, StillJudging
from services.selection.models import Jury, Review
from services.selection.permissions import PERMISSIONS, authorise, authorise_or_hide, person_id
from services.selection.repository import NoSuchReview
from services.selection.rounds import allows, require
from services.selection.views import reviews as views
from services.selection.views.changes import changes
from services.selection.views.discussions import letters_of
from services.selection.views.own_review import own_review
from services.selection.views.questions import sections_asked
from shared.http import Page, PagingDep, View, WorkDep, does, service_router, set_etag
from shared.identity import Resource

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["reviews"])


class ReviewView(View):
    """A review. Staff see scores and words once it is submitted, its juror always."""

    id: UUID
    version: int
    state: ReviewState
    could_not_judge: bool = Field(description="Given back as the juror can't judge it: it abstained on the file.")
    jury_id: UUID
    challenge_id: UUID
    application_id: UUID
    juror_id: UUID
    scores: dict[str, int] | None
    abstained: list[str] | None = Field(description="The criteria that the juror can't judge: no score, no zero.")
    remarks: dict[str, str] | None = Field(description="To the applicant, by criterion.")
    comment: str | None = Field(description="To the applicant, who is not told who wrote it.")
    note: str | None = Field(description="To the jury and the programme team.")
    revision: int | None = Field(description="Which the juror read.")
    assigned_at: datetime
    submitted_at: datetime | None


class ReviewWithFileView(ReviewView):
    newest_revision: int | None = Field(description="What the team handed in last; for its juror, until given back.")
    file: FileView | None = Field(description="The newest revision, for its juror; null until it arrives.")


class PieceView(View):
    """A stretch of text that stayed, went, or came."""

    kind: Literal["same", "removed", "added"]
    text: str


class ChangedFieldView(View):
    field: str = Field(description="`title`, `summary`, or `answers/ID`; in the order of the form.")
    pieces: list[PieceView]


class ChangesView(View):
    """From the revision that was read to the newest; `read` and `newest` are the same if there is none."""

    read: int
    newest: int
    fields: list[ChangedFieldView]
    attachments_added: list[str]
    attachments_removed: list[str]


class OtherReviewView(View):
    """Another juror's submitted judgement of the same file, without who it was, by its letter in the discussion."""

    voice: str
    scores: dict[str, int]
    abstained: list[str]
    remarks: dict[str, str]
    comment: str | None
    note: str | None


@router.get("/reviews", **does("read_review"))
async def list_reviews(
    work: WorkDep,
    paging: PagingDep,
    state: ReviewState | None = None,
    application: UUID | None = None,
    jury: UUID | None = None,
) -> Page[ReviewView]:
    me = person_id(work.actor)
    after = paging.after(UUID)
    rows = await views.reviews(
        work.session,
        person_id=me,
        everyones=work.actor.holds("staff"),
        state=state,
        application=application,
        jury=jury,
        after=after[0] if after else None,
        limit=paging.fetch,
    )
    blind = await views.files_still_reviewed_by(work.session, me, {row.application_id for row in rows})
    return paging.page(
        rows, key=lambda row: (row.id,), view=lambda row: ReviewView(**shown(row, me, row.application_id in blind))
    )


@router.get("/reviews/{review_id}", **does("read_review"))
async def read_review(review_id: UUID, work: WorkDep, response: Response) -> ReviewWithFileView:
    me = person_id(work.actor)
    review = await views.review(work.session, review_id, person_id=me, organisation=work.actor.organisation)
    resource = _as_seen_by(me, review)
    authorise_or_hide(work.actor, "read_review", resource, hidden=NoSuchReview())
    blind = await views.files_still_reviewed_by(work.session, me, {review.application_id})
    file: FileView | None = None
    newest: int | None = None
    jury = await work.session.get_one(Jury, review.jury_id)
    if PERMISSIONS.decide(work.actor, "read_file", resource) and allows(jury, "juror", "read_file", now=work.now):
        found = await views.file_of(work.session, review)
        newest = found.revision if found else None
        if found and found.dossier:
            file = shown_file(found.dossier, await sections_asked(work.session, review.application_id))
    set_etag(response, review.version)
    return ReviewWithFileView(
        **shown(review, me, review.application_id in blind),
        newest_revision=newest,
        file=file,
    )


@router.get("/reviews/{review_id}/changes", **does("read_file"))
async def read_changes(
    review_id: UUID,
    work: WorkDep,
    since: Annotated[int | None, Query(ge=1, le=1_000_000, description="Instead of the review's own revision.")] = None,
) -> ChangesView:
    """What the team changed since the revision that the juror read, word by word."""
    mine = await own_review(work.session, work.actor, review_id, now=work.now)
    authorise(work.actor, "read_file", _as_seen_by(mine.review.juror_id, mine.review))
    require(mine.jury, "juror", "read_file", now=work.now)
    return ChangesView.model_validate(await changes(work.session, mine.review, since=since))


@router.get("/reviews/{review_id}/others", **does("read_other_reviews"))
async def read_other_reviews(review_id: UUID, work: WorkDep, paging: PagingDep) -> Page[OtherReviewView]:
    me = person_id(work.actor)
    own = await views.review(work.session, review_id, person_id=me, organisation=work.actor.organisation)
    resource = _as_seen_by(me, own)
    authorise_or_hide(work.actor, "read_review", resource, hidden=NoSuchReview())
    authorise(work.actor, "read_other_reviews", resource)
    if await views.files_still_reviewed_by(work.session, me, {own.application_id}):
        raise StillJudging
    require(await work.session.get_one(Jury, own.jury_id), "juror", "read_other_reviews", now=work.now)
    after = paging.after(str)
    letters = await letters_of(work.session, own.jury_id, own.application_id)
    rows = await views.other_reviews(work.session, own)
    # In the order of letters: that of ids would tell whose is whose.
    ordered = sorted(rows, key=lambda row: _place(letters[row.juror_id]))
    shown = [row for row in ordered if after is None or _place(letters[row.juror_id]) > _place(after[0])]
    return paging.page(
        shown[: paging.fetch],
        key=lambda row: (letters[row.juror_id],),
        view=lambda row: OtherReviewView.model_validate({**row.model_dump(), "voice": letters[row.juror_id]}),
    )


def _place(voice: str) -> tuple[int, str]:
    return len(voice), voice


def _as_seen_by(me: UUID, review: Review) -> Resource:
    return Resource({"reviewer"} if review.juror_id == me else (), review.state)


def shown(review: Review, me: UUID, blind: bool) -> dict[str, Any]:
    """What of a review this person sees: all of its own; of others' only what is submitted, and never while blind."""
    open_to_me = review.juror_id == me or (review.state == ReviewState.SUBMITTED and not blind)
    return {
        "id": review.id,
        "version": review.version,
        "state": review.state,
        "could_not_judge": review.could_not_judge,
        "jury_id": review.jury_id,
        "challenge_id": review.challenge_id,
        "application_id": review.application_id,
        "juror_id": review.juror_id,
        "scores": review.scores if open_to_me else None,
        "abstained": review.abstained if open_to_me else None,
        "remarks": review.remarks if open_to_me else None,
        "comment": review.comment if open_to_me else None,
        "note": review.note if open_to_me else None,
        "revision": review.revision,
        "assigned_at": review.assigned_at,
        "submitted_at": review.submitted_at,
    }
