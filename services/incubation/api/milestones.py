"""Milestones over HTTP: planned, shown, approved or returned."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field

from services.incubation import views
from services.incubation.api.fields import PREFIX, HttpsUrl, WordsBody
from services.incubation.commands import ApproveMilestone, PlanMilestone, ReturnMilestone, SubmitEvidence
from services.incubation.handlers import milestones as handlers
from services.incubation.models import Milestone
from services.incubation.permissions import PERMISSIONS
from services.incubation.views.projects import MilestoneView
from shared.events.incubation import MilestoneKind
from shared.http import Body, LongText, Page, PagingDep, ShortText, WorkDep, does, service_router, set_etag
from shared.work import Work

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["milestones"])


class PlanMilestoneBody(Body):
    """What the project promises, and by which day."""

    kind: MilestoneKind
    title: ShortText
    due_on: date


class SubmitEvidenceBody(Body):
    """What shows that the milestone is reached."""

    text: LongText
    links: Annotated[list[HttpsUrl], Field(max_length=10, default_factory=list)]


@router.post("/projects/{project_id}/milestones", status_code=201, **does("plan_milestone"))
async def plan_milestone(project_id: UUID, body: PlanMilestoneBody, work: WorkDep, response: Response) -> MilestoneView:
    command = PlanMilestone(project_id=project_id, kind=body.kind, title=body.title, due_on=body.due_on)
    return await _shown(await handlers.plan_milestone(command, work), work, response)


@router.get("/projects/{project_id}/milestones", **does("read_project"))
async def list_milestones(project_id: UUID, work: WorkDep, paging: PagingDep) -> Page[MilestoneView]:
    return await views.projects.page_of_milestones(work, paging, project_id)


@router.get("/milestones/{milestone_id}", **does("read_project"))
async def read_milestone(milestone_id: UUID, work: WorkDep, response: Response) -> MilestoneView:
    view = await views.projects.milestone(work, milestone_id)
    set_etag(response, view.version)
    return view


@router.post("/milestones/{milestone_id}/evidence", **does("submit_evidence"))
async def submit_evidence(
    milestone_id: UUID, body: SubmitEvidenceBody, work: WorkDep, response: Response
) -> MilestoneView:
    """Show that the milestone is reached; after a return, show it again."""
    command = SubmitEvidence(milestone_id=milestone_id, text=body.text, links=body.links)
    return await _shown(await handlers.submit_evidence(command, work), work, response)


@router.post("/milestones/{milestone_id}/approve", **does("approve_milestone"))
async def approve_milestone(milestone_id: UUID, work: WorkDep, response: Response) -> MilestoneView:
    """Accept the evidence, once and for all."""
    command = ApproveMilestone(milestone_id=milestone_id)
    return await _shown(await handlers.approve_milestone(command, work), work, response)


@router.post("/milestones/{milestone_id}/return", **does("return_milestone"))
async def return_milestone(milestone_id: UUID, body: WordsBody, work: WorkDep, response: Response) -> MilestoneView:
    """Ask for better evidence, and say why."""
    command = ReturnMilestone(milestone_id=milestone_id, words=body.words)
    return await _shown(await handlers.return_milestone(command, work), work, response)


async def _shown(milestone: Milestone, work: Work, response: Response) -> MilestoneView:
    view = await views.projects.milestone_view(work, milestone)
    set_etag(response, view.version)
    return view
