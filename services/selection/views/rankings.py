"""Frozen rankings, for staff who hold no open review of a file in them, and are in conflict with none."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, any_, exists, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.models import Candidate, Ranking
from services.selection.views.scope import still_reviews, without_conflict
from shared.errors import NotFound


class NoSuchRanking(NotFound):
    message = "There is no ranking with this id, or none that you may see. List them with GET /rankings."


async def rankings(
    session: AsyncSession,
    *,
    person_id: UUID,
    challenge: UUID | None,
    edition: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Ranking]:
    query = select(Ranking).where(_unbiased(person_id)).order_by(col(Ranking.id)).limit(limit)
    if challenge is not None:
        query = query.where(Ranking.challenge_id == challenge)
    if edition is not None:
        query = query.where(Ranking.edition_id == edition)
    if after is not None:
        query = query.where(col(Ranking.id) > after)
    return (await session.exec(query)).all()


async def ranking(session: AsyncSession, ranking_id: UUID, *, person_id: UUID) -> Ranking:
    """Raises NoSuchRanking."""
    found = (await session.exec(select(Ranking).where(Ranking.id == ranking_id, _unbiased(person_id)))).one_or_none()
    if found is None:
        raise NoSuchRanking
    return found


def _unbiased(person_id: UUID) -> ColumnElement[bool]:
    """Others' scores of a file stay hidden from staff who have yet to give their own, for whatever challenge, and those
    of a file in conflict for ever."""
    return ~exists().where(
        col(Ranking.challenge_id) == any_(col(Candidate.challenge_ids)),
        or_(still_reviews(col(Candidate.id), person_id), ~without_conflict(col(Candidate.id), person_id)),
    ).correlate_except(Candidate)
