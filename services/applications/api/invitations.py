"""Routes of invitations to teams: made and taken back by the lead, answered by whoever has the code."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Response

from services.applications import views
from services.applications.api.answers.teams import InvitationView, InvitedView, NewInvitationView, TeamView
from services.applications.api.bodies import InviteToTeamBody
from services.applications.commands import InviteToTeam, RevokeInvitation
from services.applications.handlers import invitations as handlers
from services.applications.permissions import PERMISSIONS
from shared.http import IfMatch, Page, PagingDep, WorkDep, does, service_router, set_etag

router = service_router("/api/applications/v1", permissions=PERMISSIONS, tags=["people and teams"])

Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9_\-]{1,64}$", description="As in the address that was sent.")]


@router.post("/teams/{team_id}/invitations", status_code=201, **does("invite_to_team"))
async def invite_to_team(team_id: UUID, body: InviteToTeamBody, work: WorkDep, response: Response) -> NewInvitationView:
    """Invite somebody who may not be registered yet, for two weeks: by mail, or by a code that you pass on."""
    invitation, code = await handlers.invite_to_team(
        InviteToTeam(team_id=team_id, role=body.role, email=body.email, language=body.language), work
    )
    await work.session.flush()
    set_etag(response, invitation.version)
    return NewInvitationView.told_once(invitation, code)


@router.get("/teams/{team_id}/invitations", **does("invite_to_team"))
async def list_invitations(team_id: UUID, work: WorkDep, paging: PagingDep) -> Page[InvitationView]:
    rows = await views.invitations_of(work, team_id, after=paging.after(datetime, UUID), limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.created_at, row.id), view=InvitationView.model_validate)


@router.delete("/teams/{team_id}/invitations/{invitation_id}", status_code=204, **does("invite_to_team"))
async def revoke_invitation(team_id: UUID, invitation_id: UUID, version: IfMatch, work: WorkDep) -> None:
    """Take an invitation back; its code opens nothing any more."""
    await handlers.revoke_invitation(
        RevokeInvitation(team_id=team_id, invitation_id=invitation_id, version=version), work
    )


@router.get("/invitations/{code}", **does("read_invitation"))
async def read_invitation(code: Code, work: WorkDep) -> InvitedView:
    """Which team invites you, and as what."""
    return InvitedView.of(await views.invited(work, code))


@router.post("/invitations/{code}/accept", **does("accept_invitation"))
async def accept_invitation(code: Code, work: WorkDep, response: Response) -> TeamView:
    """Join the team, once you are registered; the code works once."""
    team = await handlers.accept_invitation(code, work)
    await work.session.flush()
    found, members = await views.team(work, team.id)
    set_etag(response, found.version)
    return TeamView.of(found, members)


@router.post("/invitations/{code}/decline", status_code=204, **does("decline_invitation"))
async def decline_invitation(code: Code, work: WorkDep) -> None:
    """Say no, without an account; the team may invite you anew."""
    await handlers.decline_invitation(code, work)
