"""Inviting somebody to a team, by mail or by a link, and what whoever has the link sees of it."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse, Response

from services.applications import views
from services.applications.commands import InviteToTeam, RevokeInvitation
from services.applications.domain.invitations import State
from services.applications.domain.teams import Role
from services.applications.emails import Email
from services.applications.handlers import invitations as handlers
from services.applications.pages.place import PREFIX, of_edition
from services.applications.pages.profile import contact
from services.applications.pages.teams import VersionForm
from services.applications.permissions import PERMISSIONS
from services.applications.views import public
from shared.events.forgettable import Language
from shared.http import WorkDep, does
from shared.web import FORM, PageDep, form_of, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9_\-]{1,64}$")]


class InviteForm(BaseModel):
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    role: Role = Role.EDITOR
    email: Email | None = None
    language: Language = "fr"


@router.post("/{language}/teams/{team_id}/invitations", **does("invite_to_team", accepts=[FORM]))
async def invite(request: Request, page: PageDep, work: WorkDep, team_id: UUID) -> Response:
    """The link is shown here, and never again."""
    form = await form_of(request, InviteForm)
    command = InviteToTeam(team_id=team_id, role=form.role, email=form.email, language=form.language)
    invitation, code = await handlers.invite_to_team(command, work)
    await work.session.flush()
    team, _ = await views.team(work, team_id)
    return of_edition(page, await public.newest_edition(work)).show(
        "invited.html",
        place=f"{page.root}/teams/{team_id}",
        team=team,
        invitation=invitation,
        link=f"{page.site.origin}{page.site.prefix}/{form.language}/invitations/{code}",
    )


@router.post("/{language}/teams/{team_id}/invitations/{invitation_id}/revoke", **does("invite_to_team", accepts=[FORM]))
async def revoke(request: Request, page: PageDep, work: WorkDep, team_id: UUID, invitation_id: UUID) -> Response:
    form = await form_of(request, VersionForm)
    command = RevokeInvitation(team_id=team_id, invitation_id=invitation_id, version=form.version)
    await handlers.revoke_invitation(command, work)
    return RedirectResponse(f"{page.root}/teams/{team_id}", status_code=303)


@router.get("/{language}/invitations/{code}", **does("read_invitation"))
async def read_invitation(page: PageDep, work: WorkDep, code: Code) -> Response:
    found = await views.invited(work, code)
    return of_edition(page, await public.newest_edition(work)).show(
        "invitation.html",
        invitation=found.invitation,
        team=found.team,
        state=found.state,
        is_open=found.state is State.OPEN,
        code=code,
        applies=work.actor.holds("applicant"),
        registered=not work.actor.is_anonymous and await contact(work) is not None,
    )


@router.post("/{language}/invitations/{code}/accept", **does("accept_invitation", accepts=[FORM]))
async def accept(page: PageDep, work: WorkDep, code: Code) -> Response:
    team = await handlers.accept_invitation(code, work)
    return RedirectResponse(f"{page.root}/teams/{team.id}", status_code=303)


@router.post("/{language}/invitations/{code}/decline", **does("decline_invitation", accepts=[FORM]))
async def decline(page: PageDep, work: WorkDep, code: Code) -> Response:
    await handlers.decline_invitation(code, work)
    return RedirectResponse(f"{page.root}/invitations/{code}", status_code=303)
