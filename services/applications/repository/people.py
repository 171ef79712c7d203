"""People and their teams."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func
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


async def team(work: Work, team_id: UUID, *, member: UUID) -> tuple[Team, str]:
    """A team of this person's, locked, and the person's role. Others are not told that it exists."""
    mine = exists().where(col(TeamMember.team_id) == col(Team.id), col(TeamMember.person_id) == member)
    query = select(Team).where(col(Team.id) == team_id, mine).with_for_update()
    found = (await work.session.exec(query)).first()
    # Read once the lock is held: who held it may have let this person go.
    role = (await members_of(work, team_id)).get(member) if found else None
    if found is None or role is None:
        raise teams.NotYourTeam
    return found, role


def of_team_with(person_id: UUID) -> ColumnElement[bool]:
    """For a WHERE over Application: this person belongs to its team. To others it is no row, and so takes no time."""
    return exists().where(col(TeamMember.team_id) == col(Application.team_id), col(TeamMember.person_id) == person_id)


async def members_of(work: Work, team_id: UUID) -> dict[UUID, str]:
    """Who belongs to the team, longest-standing first, and in which role."""
    query = select(TeamMember.person_id, TeamMember.role).where(col(TeamMember.team_id) == team_id)
    rows = await work.session.exec(query.order_by(col(TeamMember.joined_at), col(TeamMember.id)))
    return dict(rows.all())


async def membership(work: Work, team_id: UUID, person_id: UUID) -> TeamMember:
    query = select(TeamMember).where(col(TeamMember.team_id) == team_id, col(TeamMember.person_id) == person_id)
    found = (await work.session.exec(query)).first()
    if found is None:
        raise teams.NotAMember
    return found


async def files_of_team(work: Work, team_id: UUID) -> list[Application]:
    """All applications of a team, locked, in the order in which everybody locks them."""
    query = select(Application).where(col(Application.team_id) == team_id).order_by(col(Application.id))
    return list(await work.session.exec(query.with_for_update()))


async def team_has_handed_in(work: Work, team_id: UUID) -> bool:
    query = select(Application.id).where(
        col(Application.team_id) == team_id,
        col(Application.status).notin_([applications.Status.DRAFT, applications.Status.WITHDRAWN]),
    )
    return (await work.session.exec(query.limit(1))).first() is not None
