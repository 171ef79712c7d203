"""Who one is, and the teams that one belongs to."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.applications import relations, repository
from services.applications.domain import invitations, teams
from services.applications.domain.invitations import State
from services.applications.domain.teams import relations_of
from services.applications.models import (
    Invitation,
    Person,
    Team,
    TeamMember,
)
from services.applications.permissions import authorise, authorise_or_hide, person_id
from services.applications.views.paging import After, page_of
from shared.identity import Resource
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
    found = await work.session.get(Team, team_id)
    query = (
        select(TeamMember.person_id, Person.name, TeamMember.role)
        .join(Person, col(Person.id) == col(TeamMember.person_id))
        .where(col(TeamMember.team_id) == team_id)
        .order_by(col(TeamMember.joined_at), col(TeamMember.id))
    )
    members = [Member(*row) for row in await work.session.exec(query)]
    me = person_id(work.actor)
    role = next((member.role for member in members if member.person_id == me), None)
    seal = await relations.seal_of_team(work, team_id)
    if found is None:  # asked all the same, so that no time is saved
        raise teams.NoSuchTeam
    resource = Resource(relations_of(role, leads=found.lead_id == me), seal)
    authorise_or_hide(work.actor, "read_team", resource, hidden=teams.NoSuchTeam())
    return found, members


async def invitations_of(work: Work, team_id: UUID, *, after: After, limit: int) -> Sequence[Invitation]:
    """Those that a team made, for its lead."""
    me = person_id(work.actor)
    found = await work.session.get(Team, team_id)
    role = (await repository.members_of(work, team_id)).get(me)
    if found is None or role is None:
        raise teams.NotYourTeam
    authorise(work.actor, "invite_to_team", Resource(relations_of(role, leads=found.lead_id == me)))
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
