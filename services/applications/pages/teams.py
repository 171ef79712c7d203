"""Those who apply together: forming a team, who belongs to it, and letting somebody in."""

from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse, Response

from services.applications import views
from services.applications.commands import AddMembers, FormTeam
from services.applications.domain.teams import NotRegistered
from services.applications.handlers import teams as handlers
from services.applications.pages.place import PREFIX
from services.applications.pages.profile import contact
from services.applications.permissions import PERMISSIONS, person_id
from shared.http import ShortText, WorkDep, does
from shared.web import FORM, Filled, Page, PageDep, filled_in, form_of, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

MOST = 100


class TeamForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: ShortText


class MemberForm(BaseModel):
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    person_id: UUID


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
    team, members = await views.team(work, team_id)
    return page.show("team.html", team=team, members=members, me=person_id(work.actor))


@router.post("/{language}/teams/{team_id}/members", **does("add_team_member", accepts=[FORM]))
async def add_member(request: Request, page: PageDep, work: WorkDep, team_id: UUID) -> Response:
    form = await form_of(request, MemberForm)
    await handlers.add_members(AddMembers(team_id=team_id, person_ids=[form.person_id]), work)
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
