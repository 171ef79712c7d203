"""A juror writes, submits, or gives back a review."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from services.selection import repository
from services.selection.commands import AbstainFromReview, RecuseFromReview, ReviewDraft, SaveReview, SubmitReview
from services.selection.domain import reviews as domain
from services.selection.domain.criteria import Criterion
from services.selection.domain.reviews import ReviewState
from services.selection.domain.rubrics import Rubric, paris, rubric_from
from services.selection.models import Jury, Review
from services.selection.permissions import authorise_or_hide
from services.selection.repository import NoSuchReview
from services.selection.rounds import require
from services.selection.views.scope import without_conflict
from shared.errors import StaleVersion
from shared.events.selection import ReviewRecused, ReviewSubmitted
from shared.identity import Resource
from shared.work import Work


async def save_review(command: SaveReview, work: Work) -> Review:
    """Keep what the juror wrote so far; nothing is lost between two sittings, nor between two windows."""
    review, jury = await own_review(command.review_id, command.juror_id, "write_review", work)
    if review.version != command.version:
        # With what is there now, so that whoever wrote in two windows can put both together.
        raise StaleVersion(present=words_of(review))
    draft = command.draft
    judged, remarks = _with(review, draft)
    newest = 0
    if draft.revision is not None:
        candidate = await repository.share_file(work.session, review.application_id)
        newest = await repository.newest_revision(work.session, candidate)
    criteria = criteria_from(jury.criteria)
    domain.save_draft(review.state, judged, remarks, criteria=criteria, read=draft.revision, newest=newest)

    kept_in(review, judged, remarks, draft)
    review.revision = draft.revision or review.revision
    await work.session.flush()
    return review


async def submit_review(command: SubmitReview, work: Work) -> Review:
    """Close the review for good, pinned to the revision that the juror read."""
    review, jury = await own_review(command.review_id, command.juror_id, "submit_review", work)
    candidate = await repository.share_file(work.session, review.application_id)
    newest = await repository.newest_revision(work.session, candidate)
    judged, remarks = _with(review, command.draft)
    criteria = criteria_from(jury.criteria)

    review.state = domain.submit(review.state, judged, remarks, criteria=criteria, read=command.revision, newest=newest)
    kept_in(review, judged, remarks, command.draft)
    review.revision = command.revision
    review.submitted_at = work.now

    work.publish(
        ReviewSubmitted(
            review_id=review.id,
            application_id=review.application_id,
            challenge_id=review.challenge_id,
            juror_id=review.juror_id,
            revision=command.revision,
            scores=review.scores,
            abstained=review.abstained,
        )
    )
    await work.session.flush()
    return review


async def abstain_from_review(command: AbstainFromReview, work: Work) -> Review:
    """Say that one read the file and can't judge it: on record, and no score."""
    review, _ = await own_review(command.review_id, command.juror_id, "abstain_from_review", work)
    if review.state != ReviewState.ASSIGNED:
        raise domain.ReviewNotOpen(review.state)
    review.state = domain.step(review.state, ReviewState.RECUSED)
    review.could_not_judge = True
    review.recused_because = command.reason

    work.publish(
        ReviewRecused(
            review_id=review.id,
            application_id=review.application_id,
            challenge_id=review.challenge_id,
            juror_id=review.juror_id,
            abstained=True,
        )
    )
    await work.session.flush()
    return review


async def recuse_from_review(command: RecuseFromReview, work: Work) -> Review:
    """Give the file back; the reason stays here."""
    review, _ = await own_review(command.review_id, command.juror_id, "recuse_from_review", work)
    if review.state != ReviewState.ASSIGNED:
        raise domain.ReviewNotOpen(review.state)
    review.state = domain.step(review.state, ReviewState.RECUSED)
    review.recused_because = command.reason

    work.publish(
        ReviewRecused(
            review_id=review.id,
            application_id=review.application_id,
            challenge_id=review.challenge_id,
            juror_id=review.juror_id,
        )
    )
    await work.session.flush()
    return review


async def own_review(review_id: UUID, juror_id: UUID, action: str, work: Work) -> tuple[Review, Jury]:
    """The juror's review, locked; one in conflict is as if it were not there. Raises NoSuchReview, PhaseNotOpen."""
    visible = select(Review.id).where(
        Review.id == review_id,
        Review.juror_id == juror_id,
        without_conflict(col(Review.application_id), juror_id, organisation=work.actor.organisation),
    )
    # Asked before anything else, so that it takes no longer to refuse what is there than what is not.
    if (await work.session.exec(visible)).one_or_none() is None:
        raise NoSuchReview
    review, jury = await repository.review_to_change(work.session, review_id)
    # And after the lock: a conflict declared a moment before is seen, one declared now waits for us.
    if (await work.session.exec(visible)).one_or_none() is None:
        raise NoSuchReview
    relations = {"reviewer"} if review.juror_id == juror_id else frozenset[str]()
    authorise_or_hide(work.actor, action, Resource(relations, review.state), hidden=NoSuchReview())
    require(jury, "juror", action, now=work.now)
    return review, jury


def criteria_from(stored: Iterable[Mapping[str, Any]]) -> tuple[Criterion, ...]:
    """A jury's criteria. Those of juries that were appointed before there were rubrics are described as Paris does."""
    return tuple(
        Criterion(
            key=one["key"],
            weight=one["weight"],
            rubric=rubric_from(one) if "anchors" in one else paris().get(one["key"], Rubric()),
        )
        for one in stored
    )


def words_of(review: Review) -> dict[str, Any]:
    """All that its juror wrote, as JSON has it."""
    return {
        "version": review.version,
        "scores": review.scores,
        "abstained": review.abstained,
        "remarks": review.remarks,
        "comment": review.comment,
        "note": review.note,
        "revision": review.revision,
    }


def _with(review: Review, draft: ReviewDraft) -> tuple[domain.Judged, dict[str, str]]:
    judged = domain.Judged(review.scores, review.abstained).then(draft.scores, draft.abstained)
    return judged, domain.remarked(review.remarks, draft.remarks)


def kept_in(review: Review, judged: domain.Judged, remarks: dict[str, str], draft: ReviewDraft) -> None:
    """Put into the review what was judged, and the words that were given."""
    review.scores, review.abstained = dict(judged.scores), list(judged.abstained)
    review.remarks = remarks
    if "comment" in draft.given:
        review.comment = draft.comment
    if "note" in draft.given:
        review.note = draft.note
