"""Juries: staff see all with their jurors, a juror sees those it sits in."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.models import Jury, Seat
from services.selection.views.scope import sits_in


async def juries(
    session: AsyncSession,
    *,
    only_of: UUID | None,
    challenge: UUID | None,
    edition: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Jury]:
    """In the order of their making; `only_of` leaves those in which this person sits."""
    query = select(Jury).order_by(col(Jury.id)).limit(limit)
    if only_of is not None:
        query = query.where(sits_in(col(Jury.id), only_of))
    if challenge is not None:
        query = query.where(Jury.challenge_id == challenge)
    if edition is not None:
        query = query.where(Jury.edition_id == edition)
    if after is not None:
        query = query.where(col(Jury.id) > after)
    return (await session.exec(query)).all()


async def jurors(session: AsyncSession, jury_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The jurors of each jury."""
    query = select(Seat.jury_id, Seat.juror_id).where(col(Seat.jury_id).in_(jury_ids)).order_by(col(Seat.juror_id))
    seated: dict[UUID, list[UUID]] = {jury_id: [] for jury_id in jury_ids}
    for jury_id, juror_id in (await session.exec(query)).all():
        seated[jury_id].append(juror_id)
    return seated
