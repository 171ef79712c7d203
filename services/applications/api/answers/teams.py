"""How people and teams look to those who may read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from services.applications import models
from services.applications.domain.invitations import State
from services.applications.domain.teams import Role
from services.applications.views import Invited, Member
from shared.events.forgettable import Language
from shared.http import View


class PersonView(View):
    """How to reach who asks."""

    id: UUID
    version: int
    name: str
    email: str
    language: Language
    updated_at: datetime


class MemberView(View):
    person_id: UUID
    name: str
    lead: bool
    role: Role = Field(description="An editor writes, a reader reads; who leads does either.")


class TeamView(View):
    """A team and those in it."""

    id: UUID
    version: int
    name: str
    lead_id: UUID
    members: list[MemberView]
    created_at: datetime

    @classmethod
    def of(cls, team: models.Team, members: Sequence[Member]) -> Self:
        return cls(
            id=team.id,
            version=team.version,
            name=team.name,
            lead_id=team.lead_id,
            members=[
                MemberView(person_id=m.person_id, name=m.name, lead=m.person_id == team.lead_id, role=m.role)
                for m in members
            ],
            created_at=team.created_at,
        )


class TeamLine(View):
    """A team in a list."""

    id: UUID
    version: int
    name: str
    lead_id: UUID


class InvitationView(View):
    """An invitation, to the lead of the team that made it."""

    id: UUID
    version: int
    team_id: UUID
    role: Role
    state: State
    email: str | None = Field(description="To whom it was mailed, as long as it is open.")
    mailed: bool
    created_at: datetime
    expires_at: datetime


class NewInvitationView(InvitationView):
    """An invitation as it was just made."""

    code: str | None = Field(
        description="What to accept with; told this once, and not at all if it was mailed. The address to pass on is "
        "/fr/invitations/CODE, or /ar/, or /en/."
    )

    @classmethod
    def told_once(cls, invitation: models.Invitation, code: str) -> Self:
        view = InvitationView.model_validate(invitation)
        return cls(**dict(view), code=None if invitation.mailed else code)


class InvitedView(View):
    """What whoever has the code may know before answering."""

    team_id: UUID
    team: str
    role: Role
    state: State
    expires_at: datetime

    @classmethod
    def of(cls, invited: Invited) -> Self:
        return cls(
            team_id=invited.team.id,
            team=invited.team.name,
            role=Role(invited.invitation.role),
            state=invited.state,
            expires_at=invited.invitation.expires_at,
        )
