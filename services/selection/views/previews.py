"""What a preview of a ranking is made from, read without locking anybody out."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.reviews import ReviewState
from services.selection.models import Candidate, Jury, Review, Seat
from services.selection.repository import ADMITTED, NoSuchJury


async def jury(session: AsyncSession, jury_id: UUID) -> Jury:
    """Raises NoSuchJury."""
    found = await session.get(Jury, jury_id)
    if found is None:
        raise NoSuchJury
    return found


async def everyone_who_judged(session: AsyncSession, jury_id: UUID) -> frozenset[UUID]:
    """Who sits in the jury, or sat in it and left a review."""
    seats = select(Seat.juror_id).where(Seat.jury_id == jury_id)
    reviews = select(Review.juror_id).where(Review.jury_id == jury_id, Review.state == ReviewState.SUBMITTED)
    return frozenset([*(await session.exec(seats)).all(), *(await session.exec(reviews)).all()])


async def eligible(session: AsyncSession, challenge_id: UUID) -> Sequence[Candidate]:
    query = (
        select(Candidate)
        .where(Candidate.state == ADMITTED, col(Candidate.challenge_ids).contains([challenge_id]))
        .order_by(col(Candidate.id))
    )
    return (await session.exec(query)).all()


async def submitted_reviews(session: AsyncSession, jury_id: UUID, files: Collection[UUID]) -> Sequence[Review]:
    query = (
        select(Review)
        .where(
            Review.jury_id == jury_id,
            Review.state == ReviewState.SUBMITTED,
            col(Review.application_id).in_(files),
        )
        .order_by(col(Review.id))
    )
    return (await session.exec(query)).all()
