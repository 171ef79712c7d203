"""Who one is, and the teams that one belongs to."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.applications import relations
from services.applications.domain import invitations, teams
from services.applications.domain.invitations import State
from services.applications.models import (
    Invitation,
    Person,
    Team,
    TeamMember,
)
from services.applications.permissions import authorise, authorise_or_hide, person_id
from services.applications.views.paging import After, page_of
from shared.work import Work


class Member(NamedTuple):
    person_id: UUID
    name: str
    role: str


class Invited(NamedTuple):
    """An invitation as whoever has its code may see it."""

    invitation: Invitation
    team: Team
    state: State


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
    resource = await relations.to_team(work, team_id)
    if resource.state == relations.NONE:
        raise teams.NoSuchTeam
    authorise_or_hide(work.actor, "read_team", resource, hidden=teams.NoSuchTeam())
    found = await work.session.get_one(Team, team_id)
    query = (
        select(TeamMember.person_id, Person.name, TeamMember.role)
        .join(Person, col(Person.id) == col(TeamMember.person_id))
        .where(col(TeamMember.team_id) == team_id)
        .order_by(col(TeamMember.joined_at), col(TeamMember.id))
    )
    return found, [Member(*row) for row in await work.session.exec(query)]


async def invitations_of(work: Work, team_id: UUID, *, after: After, limit: int) -> Sequence[Invitation]:
    """Those that a team made, for its lead."""
    resource = await relations.to_team(work, team_id)
    if not resource.relations:
        raise teams.NotYourTeam
    authorise(work.actor, "invite_to_team", resource)
    query = select(Invitation).where(col(Invitation.team_id) == team_id)
    return await page_of(work, query, Invitation, after=after, limit=limit)


async def invited(work: Work, code: str) -> Invited:
    query = (
        select(Invitation, Team)
        .join(Team, col(Team.id) == col(Invitation.team_id))
        .where(col(Invitation.code_digest) == invitations.digest(code))
    )
    found = (await work.session.exec(query)).first()
    if found is None:
        raise invitations.NoSuchInvitation
    invitation, team = found
    is_over = invitation.state == State.OPEN and work.now > invitation.expires_at
    return Invited(invitation, team, State.EXPIRED if is_over else State(invitation.state))
