"""Reviews: a juror sees its own, staff see all, and nobody one of a file in conflict."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection import repository
from services.selection.domain.reviews import ReviewState
from services.selection.models import Candidate, Review
from services.selection.views.scope import still_reviews, without_conflict
from services.selection.views.seen import SeenFile, file_seen


@dataclass(frozen=True)
class ReviewFile:
    """What a juror reads: the newest revision's number, and its words once they are there."""

    revision: int
    dossier: SeenFile | None


async def reviews(
    session: AsyncSession,
    *,
    person_id: UUID,
    everyones: bool,
    state: ReviewState | None,
    application: UUID | None,
    jury: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Review]:
    query = (
        select(Review)
        .where(without_conflict(col(Review.application_id), person_id))
        .order_by(col(Review.id))
        .limit(limit)
    )
    if not everyones:
        query = query.where(Review.juror_id == person_id)
    if state is not None:
        query = query.where(Review.state == state)
    if application is not None:
        query = query.where(Review.application_id == application)
    if jury is not None:
        query = query.where(Review.jury_id == jury)
    if after is not None:
        query = query.where(col(Review.id) > after)
    return (await session.exec(query)).all()


async def review(session: AsyncSession, review_id: UUID, *, person_id: UUID, organisation: str | None = None) -> Review:
    """Raises NoSuchReview, also for a file in conflict with this person, or with what its sign-in vouches for."""
    query = select(Review).where(
        Review.id == review_id,
        without_conflict(col(Review.application_id), person_id, organisation=organisation),
    )
    found = (await session.exec(query)).one_or_none()
    if found is None:
        raise repository.NoSuchReview
    return found


async def files_still_reviewed_by(
    session: AsyncSession, person_id: UUID, application_ids: Collection[UUID]
) -> frozenset[UUID]:
    """The files of which this person has yet to submit its own review, and so must not see those of others."""
    query = select(Candidate.id).where(
        col(Candidate.id).in_(application_ids), still_reviews(col(Candidate.id), person_id)
    )
    return frozenset((await session.exec(query)).all())


async def file_of(session: AsyncSession, own: Review) -> ReviewFile | None:
    """What the team last handed in, as the juror of this review may read it; None once it left the running."""
    candidate = await session.get_one(Candidate, own.application_id)
    if candidate.state != repository.ADMITTED:
        return None
    revision = await repository.newest_revision(session, candidate)
    return ReviewFile(revision=revision, dossier=await file_seen(session, own.id, revision, person_id=own.juror_id))


async def other_reviews(session: AsyncSession, own: Review) -> Sequence[Review]:
    """What the other jurors of the jury submitted on the same file."""
    query = select(Review).where(
        Review.jury_id == own.jury_id,
        Review.application_id == own.application_id,
        Review.juror_id != own.juror_id,
        Review.state == ReviewState.SUBMITTED,
    )
    return (await session.exec(query)).all()
