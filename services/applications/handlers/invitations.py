"""A team invites people by mail or by a link; whoever has the code joins, once, or declines."""

import secrets
from uuid import UUID

from services.applications import repository
from services.applications.commands import InviteToTeam, RevokeInvitation
from services.applications.domain import invitations, teams
from services.applications.domain.invitations import OPEN_FOR, State
from services.applications.domain.teams import Role
from services.applications.handlers.teams import led, let_join
from services.applications.models import Invitation, Team
from services.applications.permissions import person_id
from shared.events import applications as events
from shared.events import forgettable
from shared.work import Work


async def invite_to_team(command: InviteToTeam, work: Work) -> tuple[Invitation, str]:
    """Invite somebody, by mail if an address is given. The code is told once, here, and never again."""
    team = await led(command.team_id, "invite_to_team", work)
    if await repository.team_has_handed_in(work, team.id):
        raise teams.TeamSettled
    made = await repository.invitations_made(work, team.id)
    invitations.require_room(open_now=made.open_now, made=made.made)
    if command.email and await repository.is_invited(work, team.id, command.email):
        raise invitations.AlreadyInvited

    code = secrets.token_urlsafe(24)
    invitation = Invitation(
        team_id=team.id,
        role=command.role,
        email=command.email,
        code_digest=invitations.digest(code),
        invited_by=person_id(work.actor),
        state=State.OPEN,
        mailed=command.email is not None,
        created_at=work.now,
        expires_at=work.now + OPEN_FOR,
    )
    work.session.add(invitation)

    work.publish(
        events.InvitationMade(
            team_id=team.id,
            invitation_id=invitation.id,
            role=command.role.value,
            mailed=invitation.mailed,
            expires_at=invitation.expires_at,
        )
    )
    if command.email:
        work.remember(
            forgettable.Person(
                person_id=invitation.id,
                name="",
                email=command.email,
                language=command.language,
                invited=forgettable.Invited(team=team.name, code=code),
            )
        )
    return invitation, code


async def accept_invitation(code: str, work: Work) -> Team:
    """Join the team with the code, in the role that it was made for."""
    me = person_id(work.actor)
    invitation, team = await repository.invitation_by_code(work, code)
    invitations.require_open(invitation.state, expires_at=invitation.expires_at, now=work.now)
    if me not in await repository.registered(work, [me]):
        raise teams.NotRegistered
    teams.joins_by_invitation(
        me,
        members=await repository.members_of(work, team.id),
        has_handed_in=await repository.team_has_handed_in(work, team.id),
    )

    let_join(team, me, Role(invitation.role), work)
    end(invitation, State.ACCEPTED, work, by=me)
    work.publish(events.InvitationAccepted(team_id=team.id, invitation_id=invitation.id, person_id=me))
    return team


async def decline_invitation(code: str, work: Work) -> Invitation:
    """Whoever has the code does not want to join, signed in or not; the address is forgotten."""
    invitation, team = await repository.invitation_by_code(work, code)
    invitations.require_open(invitation.state, expires_at=invitation.expires_at, now=work.now)

    end(invitation, State.DECLINED, work)
    work.publish(events.InvitationDeclined(team_id=team.id, invitation_id=invitation.id))
    return invitation


async def revoke_invitation(command: RevokeInvitation, work: Work) -> None:
    """The lead takes an invitation back; its code opens nothing any more."""
    team = await led(command.team_id, "invite_to_team", work)
    invitation = await repository.invitation(work, team.id, command.invitation_id)
    repository.require_version(invitation.version, command.version)
    if invitation.state != State.OPEN:
        raise invitations.InvitationOver(State(invitation.state))

    end(invitation, State.REVOKED, work)
    work.publish(events.InvitationRevoked(team_id=team.id, invitation_id=invitation.id))


async def revoke_all_about(person: UUID, work: Work) -> None:
    """Take back what was sent to a person who is forgotten, and what the teams sent that end with it."""
    for invitation in await repository.open_invitations_about(work, person):
        invitation.state, invitation.answered_at = State.REVOKED, work.now
        _forget(invitation, work)
        work.publish(events.InvitationRevoked(team_id=invitation.team_id, invitation_id=invitation.id))


async def expire_invitation(work: Work) -> UUID | None:
    """End one invitation that nobody answered in time; None if there is none."""
    invitation = await repository.overdue_invitation(work)
    if invitation is None:
        return None
    end(invitation, State.EXPIRED, work)
    work.publish(events.InvitationExpired(team_id=invitation.team_id, invitation_id=invitation.id))
    return invitation.id


def end(invitation: Invitation, state: State, work: Work, *, by: UUID | None = None) -> None:
    """Nobody is invited by it any more, and whom it was sent to is forgotten."""
    invitation.state, invitation.answered_at, invitation.answered_by = state, work.now, by
    invitation.email = None
    _forget(invitation, work)


def _forget(invitation: Invitation, work: Work) -> None:
    if invitation.mailed:
        work.forget(forgettable.Person, key=str(invitation.id))
