"""Those who apply together: forming a team, who belongs to it in which role, and leaving it."""

from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse, Response

from services.applications import views
from services.applications.commands import FormTeam, GiveRole, PassLead, RemoveMember
from services.applications.domain.invitations import State
from services.applications.domain.teams import NotRegistered, Role
from services.applications.handlers import teams as handlers
from services.applications.pages.place import PREFIX, of_edition
from services.applications.pages.profile import contact
from services.applications.permissions import PERMISSIONS, person_id
from services.applications.views import public
from shared.http import ShortText, WorkDep, does
from shared.web import FORM, Filled, Page, PageDep, filled_in, form_of, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

MOST = 100


class TeamForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: ShortText


class VersionForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    version: int


class RoleForm(VersionForm):
    role: Role


@router.get("/{language}/teams", **does("list_teams"))
async def list_teams(page: PageDep, work: WorkDep) -> Response:
    return await _show(page, work, Filled[TeamForm]())


@router.post("/{language}/teams", **does("form_team", accepts=[FORM]))
async def form_team(request: Request, page: PageDep, work: WorkDep) -> Response:
    form = await filled_in(request, TeamForm)
    if form.model is None:
        return await _show(page, work, form, status=422)
    if await contact(work) is None:
        raise NotRegistered
    team = await handlers.form_team(FormTeam(name=form.model.name, lead_id=person_id(work.actor)), work)
    return RedirectResponse(f"{page.root}/teams/{team.id}", status_code=303)


@router.get("/{language}/teams/{team_id}", **does("read_team"))
async def read_team(page: PageDep, work: WorkDep, team_id: UUID) -> Response:
    page = of_edition(page, await public.newest_edition(work))
    team, members = await views.team(work, team_id)
    me = person_id(work.actor)
    sent = await views.invitations_of(work, team_id, after=None, limit=MOST) if team.lead_id == me else []
    return page.show(
        "team.html",
        team=team,
        members=members,
        me=me,
        belongs=me in {member.person_id for member in members},
        open_invitations=[each for each in sent if each.state == State.OPEN and work.now < each.expires_at],
        Role=Role,
    )


@router.post("/{language}/teams/{team_id}/members/{member_id}/remove", **does("remove_team_member", accepts=[FORM]))
async def remove_member(request: Request, page: PageDep, work: WorkDep, team_id: UUID, member_id: UUID) -> Response:
    form = await form_of(request, VersionForm)
    await handlers.remove_member(RemoveMember(team_id=team_id, person_id=member_id, version=form.version), work)
    own = member_id == person_id(work.actor)
    return RedirectResponse(f"{page.root}/teams" + ("" if own else f"/{team_id}"), status_code=303)


@router.post("/{language}/teams/{team_id}/members/{member_id}/role", **does("give_team_role", accepts=[FORM]))
async def give_role(request: Request, page: PageDep, work: WorkDep, team_id: UUID, member_id: UUID) -> Response:
    form = await form_of(request, RoleForm)
    command = GiveRole(team_id=team_id, person_id=member_id, role=form.role, version=form.version)
    await handlers.give_role(command, work)
    return RedirectResponse(f"{page.root}/teams/{team_id}", status_code=303)


@router.post("/{language}/teams/{team_id}/members/{member_id}/lead", **does("pass_team_lead", accepts=[FORM]))
async def pass_lead(page: PageDep, work: WorkDep, team_id: UUID, member_id: UUID) -> Response:
    await handlers.pass_lead(PassLead(team_id=team_id, person_id=member_id), work)
    return RedirectResponse(f"{page.root}/teams/{team_id}", status_code=303)


async def _show(page: Page, work: Work, form: Filled[TeamForm], *, status: int = 200) -> Response:
    teams = await views.teams_of(work, after=None, limit=MOST)
    return page.show(
        "teams.html",
        status=status,
        place=f"{page.root}/teams",
        teams=teams,
        form=form,
        me=person_id(work.actor),
        registered=await contact(work) is not None,
    )
