"""People and their teams."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from services.applications.domain import applications, teams
from services.applications.models import (
    Application,
    Person,
    Team,
    TeamMember,
)
from shared.work import Work


async def person_to_change(work: Work, person_id: UUID) -> Person | None:
    return await work.session.get(Person, person_id, with_for_update=True)


async def registered(work: Work, person_ids: Collection[UUID]) -> set[UUID]:
    """Those of them who said how to be reached, and were not forgotten since."""
    query = select(Person.id).where(col(Person.id).in_(person_ids), col(Person.forgotten_at).is_(None))
    return set(await work.session.exec(query))


async def teams_led_by_registered(work: Work, person_id: UUID) -> int:
    """How many teams this person leads; the person is locked, so that the number holds. Raises NotRegistered."""
    person = await person_to_change(work, person_id)
    if person is None or person.forgotten_at is not None:
        raise teams.NotRegistered
    query = select(func.count()).select_from(Team).where(col(Team.lead_id) == person_id)
    return (await work.session.exec(query)).one()


async def team(work: Work, team_id: UUID, *, member: UUID) -> Team:
    """A team of this person's, locked. Others are not told that it exists."""
    found = await work.session.get(Team, team_id, with_for_update=True)
    if found is None or member not in await members_of(work, team_id):
        raise teams.NotYourTeam
    return found


async def members_of(work: Work, team_id: UUID) -> list[UUID]:
    query = select(TeamMember.person_id).where(col(TeamMember.team_id) == team_id)
    return list(await work.session.exec(query.order_by(col(TeamMember.joined_at), col(TeamMember.id))))


async def team_has_handed_in(work: Work, team_id: UUID) -> bool:
    query = select(Application.id).where(
        col(Application.team_id) == team_id,
        col(Application.status).notin_([applications.Status.DRAFT, applications.Status.WITHDRAWN]),
    )
    return (await work.session.exec(query.limit(1))).first() is not None
