"""Routes of people and teams."""

from datetime import datetime
from uuid import UUID

from fastapi import Response

from services.applications import views
from services.applications.api.answers.teams import PersonView, TeamLine, TeamView
from services.applications.api.bodies import AddMembersBody, FormTeamBody, GiveRoleBody, KeepContactBody, PassLeadBody
from services.applications.api.versions import IfMatchAtWill
from services.applications.commands import AddMembers, FormTeam, GiveRole, KeepContact, PassLead, RemoveMember
from services.applications.handlers import teams as handlers
from services.applications.permissions import PERMISSIONS, person_id
from shared.http import IfMatch, Page, PagingDep, WorkDep, does, service_router, set_etag

router = service_router("/api/applications/v1", permissions=PERMISSIONS, tags=["people and teams"])


@router.put("/people/me", responses={428: {"description": "If match required"}}, **does("keep_own_contact"))
async def keep_contact(body: KeepContactBody, version: IfMatchAtWill, work: WorkDep, response: Response) -> PersonView:
    """How to reach you. The first time without If-Match; later with the ETag of what you read."""
    person = await handlers.keep_contact(
        KeepContact(
            person_id=person_id(work.actor),
            name=body.name,
            email=body.email,
            language=body.language,
            version=version,
        ),
        work,
    )
    await work.session.flush()
    set_etag(response, person.version)
    return PersonView.model_validate(person)


@router.get("/people/me", **does("keep_own_contact"))
async def read_contact(work: WorkDep, response: Response) -> PersonView:
    person = await views.contact(work)
    set_etag(response, person.version)
    return PersonView.model_validate(person)


@router.post("/teams", status_code=201, **does("form_team"))
async def form_team(body: FormTeamBody, work: WorkDep, response: Response) -> TeamView:
    """You lead the team that you form."""
    team = await handlers.form_team(FormTeam(name=body.name, lead_id=person_id(work.actor)), work)
    return await _team(team.id, work, response)


@router.get("/teams", **does("list_teams"))
async def list_teams(work: WorkDep, paging: PagingDep) -> Page[TeamLine]:
    """Those that you belong to."""
    rows = await views.teams_of(work, after=paging.after(datetime, UUID), limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.created_at, row.id), view=TeamLine.model_validate)


@router.get("/teams/{team_id}", **does("read_team"))
async def read_team(team_id: UUID, work: WorkDep, response: Response) -> TeamView:
    return await _team(team_id, work, response)


@router.post("/teams/{team_id}/members", status_code=201, **does("add_team_member"))
async def add_members(team_id: UUID, body: AddMembersBody, work: WorkDep, response: Response) -> TeamView:
    """The lead adds people who registered; not once the team has handed in."""
    await handlers.add_members(AddMembers(team_id=team_id, person_ids=body.person_ids), work)
    return await _team(team_id, work, response)


@router.delete("/teams/{team_id}/members/{person_id}", status_code=204, **does("remove_team_member"))
async def remove_member(team_id: UUID, person_id: UUID, version: IfMatch, work: WorkDep) -> None:
    """The lead removes a member, or you leave; not once the team has handed in. With the team's ETag."""
    await handlers.remove_member(RemoveMember(team_id=team_id, person_id=person_id, version=version), work)


@router.patch("/teams/{team_id}/members/{person_id}", **does("give_team_role"))
async def give_role(
    team_id: UUID, person_id: UUID, body: GiveRoleBody, version: IfMatch, work: WorkDep, response: Response
) -> TeamView:
    """The lead lets a member write, or read only. With the team's ETag."""
    await handlers.give_role(GiveRole(team_id=team_id, person_id=person_id, role=body.role, version=version), work)
    return await _team(team_id, work, response)


@router.post("/teams/{team_id}/lead", **does("pass_team_lead"))
async def pass_lead(team_id: UUID, body: PassLeadBody, work: WorkDep, response: Response) -> TeamView:
    """The lead passes the team and its files on to another member, and stays in it."""
    await handlers.pass_lead(PassLead(team_id=team_id, person_id=body.person_id), work)
    return await _team(team_id, work, response)


async def _team(team_id: UUID, work: WorkDep, response: Response) -> TeamView:
    await work.session.flush()
    team, members = await views.team(work, team_id)
    set_etag(response, team.version)
    return TeamView.of(team, members)
