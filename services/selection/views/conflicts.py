"""Conflicts of interest: a juror sees its own, staff see all but those of files in conflict with themselves."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Exists, any_, exists
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.conflicts import ConflictState
from services.selection.domain.reviews import ReviewState
from services.selection.models import Candidate, Challenge, Conflict, Interest, Jury, Review, Seat, Waiver
from services.selection.views.scope import files_in_conflict


async def conflicts(
    session: AsyncSession,
    *,
    only_of: UUID | None,
    application: UUID | None,
    after: UUID | None,
    limit: int,
    reader: UUID | None = None,
    juror: UUID | None = None,
    state: ConflictState | None = None,
    jury: UUID | None = None,
) -> Sequence[Conflict]:
    """`only_of` leaves those of one juror, `reader` those that this member of staff may see."""
    query = select(Conflict).order_by(col(Conflict.id)).limit(limit)
    if only_of is not None:
        query = query.where(Conflict.juror_id == only_of)
    if reader is not None:
        query = query.where(
            or_(Conflict.juror_id == reader, col(Conflict.application_id).not_in(files_in_conflict(reader)))
        )
    if application is not None:
        query = query.where(Conflict.application_id == application)
    if juror is not None:
        query = query.where(Conflict.juror_id == juror)
    if state is not None:
        query = query.where(Conflict.state == state)
    if jury is not None:
        query = query.where(_of_jury(jury))
    if after is not None:
        query = query.where(col(Conflict.id) > after)
    return (await session.exec(query)).all()


def _of_jury(jury_id: UUID) -> Exists:
    """For a WHERE: the juror sits in the jury, which judges the file."""
    return (
        exists()
        .where(
            col(Jury.id) == jury_id,
            col(Seat.jury_id) == col(Jury.id),
            col(Seat.juror_id) == col(Conflict.juror_id),
            col(Candidate.id) == col(Conflict.application_id),
            col(Jury.challenge_id) == any_(col(Candidate.challenge_ids)),
        )
        .correlate(Conflict)
    )


async def organisations_named(session: AsyncSession, conflicts: Sequence[Conflict]) -> dict[str, str]:
    """Of the ties in the evidence, by their ids: how the organisation is called. For staff, and for nobody else."""
    steps = [step for conflict in conflicts for path in conflict.evidence for step in path]
    ids = {UUID(step["id"]) for step in steps}
    ties = select(Interest.id, Interest.organisation).where(col(Interest.id).in_(ids))
    partners = select(Challenge.id, Challenge.partner).where(col(Challenge.id).in_(ids))
    found = [*(await session.exec(ties)).all(), *(await session.exec(partners)).all()]
    return {str(id_): name for id_, name in found if name}


async def undecided_conflicts(
    session: AsyncSession, jury_id: UUID, application_ids: Collection[UUID]
) -> Sequence[UUID]:
    """Those proposed and not yet decided on, of jurors whose submitted review of the file would count."""
    query = (
        select(Conflict.id)
        .join(
            Review,
            (col(Review.application_id) == col(Conflict.application_id))
            & (col(Review.juror_id) == col(Conflict.juror_id)),
        )
        .where(
            Review.jury_id == jury_id,
            Review.state == ReviewState.SUBMITTED,
            Conflict.state == ConflictState.PROPOSED,
            col(Conflict.application_id).in_(application_ids),
        )
    )
    return (await session.exec(query)).all()


async def waivers(session: AsyncSession, *, challenge: UUID | None, after: UUID | None, limit: int) -> Sequence[Waiver]:
    query = select(Waiver).order_by(col(Waiver.id)).limit(limit)
    if challenge is not None:
        query = query.where(Waiver.challenge_id == challenge)
    if after is not None:
        query = query.where(col(Waiver.id) > after)
    return (await session.exec(query)).all()
