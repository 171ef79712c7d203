"""Projects over HTTP: the cohort, and who accompanies it."""

from uuid import UUID

from fastapi import Response

from services.incubation import views
from services.incubation.api.fields import PREFIX
from services.incubation.commands import NameCoach
from services.incubation.handlers import projects as handlers
from services.incubation.permissions import PERMISSIONS
from services.incubation.views.projects import ProjectView, PublicProjectView
from shared.http import Body, Page, PagingDep, WorkDep, does, service_router, set_etag

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["projects"])


class NameCoachBody(Body):
    """The person who accompanies the project from now on."""

    coach_id: UUID


@router.get("/public/projects", **does("read_public_projects"))
async def read_public_projects(work: WorkDep, paging: PagingDep) -> Page[PublicProjectView]:
    """Which startups are accompanied, on which challenges."""
    return await views.projects.page_of_public_projects(work, paging)


@router.get("/projects", **does("list_projects"))
async def list_projects(
    work: WorkDep, paging: PagingDep, application_id: UUID | None = None, challenge_id: UUID | None = None
) -> Page[ProjectView]:
    """The projects that you may see."""
    return await views.projects.page_of_projects(work, paging, application_id=application_id, challenge_id=challenge_id)


@router.get("/projects/{project_id}", **does("read_project"))
async def read_project(project_id: UUID, work: WorkDep, response: Response) -> ProjectView:
    view = await views.projects.project(work, project_id)
    set_etag(response, view.version)
    return view


@router.post("/projects/{project_id}/coach", **does("name_coach"))
async def name_coach(project_id: UUID, body: NameCoachBody, work: WorkDep, response: Response) -> ProjectView:
    """Name the project's coach, or another one in their place."""
    await handlers.name_coach(NameCoach(project_id=project_id, coach_id=body.coach_id), work)
    await work.flush()
    view = await views.projects.project_view(work.session, project_id)
    set_etag(response, view.version)
    return view
