"""Invitations to teams."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from services.applications.belonging import invitations_about
from services.applications.domain import invitations
from services.applications.domain.invitations import State
from services.applications.models import Invitation, Team
from shared.work import Work


class Made(NamedTuple):
    """How many invitations a team has made so far."""

    open_now: int
    made: int


async def invitations_made(work: Work, team_id: UUID) -> Made:
    is_open = func.count().filter(col(Invitation.state) == State.OPEN)
    query = select(is_open, func.count()).select_from(Invitation).where(col(Invitation.team_id) == team_id)
    return Made(*(await work.session.exec(query)).one())


async def is_invited(work: Work, team_id: UUID, email: str) -> bool:
    query = select(Invitation.id).where(
        col(Invitation.team_id) == team_id,
        col(Invitation.state) == State.OPEN,
        func.lower(col(Invitation.email)) == email.lower(),
    )
    return (await work.session.exec(query)).first() is not None


async def invitation_by_code(work: Work, code: str) -> tuple[Invitation, Team]:
    """With its team, both locked, the team first, as everybody does who changes it."""
    query = select(Invitation.team_id).where(col(Invitation.code_digest) == invitations.digest(code))
    team_id = (await work.session.exec(query)).first()
    team = await work.session.get(Team, team_id, with_for_update=True) if team_id else None
    if team is None:
        raise invitations.NoSuchInvitation
    mine = select(Invitation).where(col(Invitation.code_digest) == invitations.digest(code)).with_for_update()
    return (await work.session.exec(mine)).one(), team


async def invitation(work: Work, team_id: UUID, invitation_id: UUID) -> Invitation:
    """Locked; its team is."""
    found = await work.session.get(Invitation, invitation_id, with_for_update=True)
    if found is None or found.team_id != team_id:
        raise invitations.NoSuchInvitation
    return found


async def open_invitations_about(work: Work, person_id: UUID) -> Sequence[Invitation]:
    """Those that end when the person is forgotten, locked."""
    query = select(Invitation).where(col(Invitation.state) == State.OPEN, invitations_about(person_id))
    return (await work.session.exec(query.order_by(col(Invitation.id)).with_for_update())).all()


async def overdue_invitation(work: Work) -> Invitation | None:
    """One that nobody answered in time, locked; nobody else takes it."""
    query = (
        select(Invitation)
        .where(col(Invitation.state) == State.OPEN, col(Invitation.expires_at) < work.now)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await work.session.exec(query)).first()
