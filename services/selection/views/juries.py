"""Juries: staff see all with their jurors, a juror sees those it sits in."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import any_, exists, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.conflicts import BARRING
from services.selection.models import Candidate, Conflict, Jury, Seat, TeamMember
from services.selection.permissions import authorise_or_hide, person_id
from services.selection.repository import ADMITTED, NoSuchJury
from services.selection.views.scope import sits_in
from shared.identity import Actor, Resource


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


async def seats(session: AsyncSession, jury_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, int | None]]:
    """The jurors of each jury, and each one's own limit if it has one."""
    query = (
        select(Seat.jury_id, Seat.juror_id, Seat.files_at_most)
        .where(col(Seat.jury_id).in_(jury_ids))
        .order_by(col(Seat.juror_id))
    )
    seated: dict[UUID, dict[UUID, int | None]] = {jury_id: {} for jury_id in jury_ids}
    for jury_id, juror_id, most in (await session.exec(query)).all():
        seated[jury_id][juror_id] = most
    return seated


@dataclass(frozen=True)
class Barred:
    """To a juror so many of the jury's admitted files are closed, of so many."""

    juror_id: UUID
    files: int
    of: int


async def barred_jurors(session: AsyncSession, jury_ids: Sequence[UUID]) -> dict[UUID, list[Barred]]:
    """By jury, the jurors to whom a conflict of interest, or their own team, closes files; for staff."""
    judged = (
        select(col(Jury.id).label("jury_id"), col(Candidate.id).label("file_id"), Candidate.team_id, Candidate.lead_id)
        .join(Candidate, col(Jury.challenge_id) == any_(col(Candidate.challenge_ids)))
        .where(col(Jury.id).in_(jury_ids), Candidate.state == ADMITTED)
        .subquery()
    )
    closed = (
        exists().where(
            col(Conflict.application_id) == judged.c.file_id,
            col(Conflict.juror_id) == col(Seat.juror_id),
            col(Conflict.state).in_(BARRING),
        ),
        exists().where(col(TeamMember.team_id) == judged.c.team_id, col(TeamMember.person_id) == col(Seat.juror_id)),
        judged.c.lead_id == col(Seat.juror_id),
    )
    files = func.count().filter(or_(*closed))
    query = (
        select(col(Seat.jury_id), col(Seat.juror_id), files, func.count())
        .join(judged, judged.c.jury_id == col(Seat.jury_id))
        .group_by(col(Seat.jury_id), col(Seat.juror_id))
        .having(files > 0)
        .order_by(col(Seat.juror_id))
    )
    barred: dict[UUID, list[Barred]] = {jury_id: [] for jury_id in jury_ids}
    for jury_id, juror_id, closed_to, of in (await session.exec(query)).all():
        barred[jury_id].append(Barred(juror_id, closed_to, of))
    return barred


async def jury_shown(session: AsyncSession, actor: Actor, jury_id: UUID, action: str) -> Jury:
    """To staff, and to who sits in it; to anybody else there is none, by the same way. Raises NoSuchJury."""
    me = person_id(actor)
    found = (await session.exec(select(Jury, sits_in(col(Jury.id), me)).where(Jury.id == jury_id))).one_or_none()
    if found is None:
        raise NoSuchJury
    jury, sits = found
    authorise_or_hide(actor, action, Resource({"judge"} if sits else ()), hidden=NoSuchJury())
    return jury
