"""What jurors and teams stated of their ties, and what staff noted: each sees its own, and staff those of others."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, exists, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.conflict_graph import Source
from services.selection.models import Candidate, Interest, Statement, TeamMember
from services.selection.views.dossiers import newest_dossiers
from services.selection.views.scope import files_in_conflict


async def statement_of(
    session: AsyncSession, *, person_id: UUID | None = None, application_id: UUID | None = None
) -> Statement | None:
    """What a juror, or a team, stated; None if it has not yet."""
    of = Statement.person_id == person_id if person_id else Statement.application_id == application_id
    return (await session.exec(select(Statement).where(of))).one_or_none()


async def interests_of(
    session: AsyncSession, *, person_id: UUID | None = None, application_id: UUID | None = None
) -> Sequence[Interest]:
    """A juror's own ties, those vouched for by its sign-in included; or those that a team stated."""
    of = Interest.person_id == person_id if person_id else Interest.application_id == application_id
    query = select(Interest).where(of, Interest.source != Source.STAFF).order_by(col(Interest.id))
    return (await session.exec(query)).all()


async def ties(
    session: AsyncSession,
    *,
    reader: UUID,
    person: UUID | None,
    application: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Interest]:
    """All ties, for staff; but those of a file in conflict with whoever reads."""
    query = (
        select(Interest)
        .where(
            or_(
                col(Interest.application_id).is_(None),
                col(Interest.application_id).not_in(files_in_conflict(reader)),
            )
        )
        .order_by(col(Interest.id))
        .limit(limit)
    )
    if person is not None:
        query = query.where(Interest.person_id == person)
    if application is not None:
        query = query.where(Interest.application_id == application)
    if after is not None:
        query = query.where(col(Interest.id) > after)
    return (await session.exec(query)).all()


async def files_of_person(session: AsyncSession, person_id: UUID) -> Sequence[tuple[UUID, str | None]]:
    """The files of this person's teams, the newest first, and what the startup is called while that is held."""
    newest = newest_dossiers()
    member = exists().where(col(TeamMember.team_id) == col(Candidate.team_id), col(TeamMember.person_id) == person_id)
    query = (
        select(Candidate.id, newest.c.startup)
        .outerjoin(newest, newest.c.application_id == Candidate.id)
        .where(or_(col(Candidate.lead_id) == person_id, member.correlate(Candidate)))
        .order_by(col(Candidate.id).desc())
    )
    return (await session.exec(query)).all()


async def belongs_to_team(session: AsyncSession, person_id: UUID, candidate: Candidate) -> bool:
    if candidate.lead_id == person_id:
        return True
    member = exists().where(col(TeamMember.team_id) == candidate.team_id, col(TeamMember.person_id) == person_id)
    return (await session.exec(select(member))).one()
