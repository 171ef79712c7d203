"""Who one is, and the teams that one belongs to."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.applications import relations
from services.applications.domain import teams
from services.applications.models import (
    Person,
    Team,
    TeamMember,
)
from services.applications.permissions import authorise_or_hide, person_id
from services.applications.views.paging import After, page_of
from shared.identity import Resource
from shared.work import Work


class Member(NamedTuple):
    person_id: UUID
    name: str


async def contact(work: Work) -> Person:
    """How to reach who asks."""
    found = await work.session.get(Person, person_id(work.actor))
    if found is None or found.forgotten_at is not None:
        raise teams.NoContactYet
    return found


async def teams_of(work: Work, *, after: After, limit: int) -> Sequence[Team]:
    """Those that who asks belongs to."""
    mine = select(TeamMember.team_id).where(col(TeamMember.person_id) == person_id(work.actor))
    return await page_of(work, select(Team).where(col(Team.id).in_(mine)), Team, after=after, limit=limit)


async def team(work: Work, team_id: UUID) -> tuple[Team, Sequence[Member]]:
    found = await work.session.get(Team, team_id)
    if found is None:
        raise teams.NoSuchTeam
    query = (
        select(TeamMember.person_id, Person.name)
        .join(Person, col(Person.id) == col(TeamMember.person_id))
        .where(col(TeamMember.team_id) == team_id)
        .order_by(col(TeamMember.joined_at), col(TeamMember.id))
    )
    members = [Member(*row) for row in await work.session.exec(query)]
    related = {"member"} if person_id(work.actor) in {member.person_id for member in members} else set()
    resource = Resource(related, await relations.seal_of_team(work, found))
    authorise_or_hide(work.actor, "read_team", resource, hidden=teams.NoSuchTeam())
    return found, members
