"""Focus groups over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field

from services.incubation import views
from services.incubation.api.fields import PREFIX
from services.incubation.commands import FormFocusGroup, Representative
from services.incubation.handlers import focus_groups as handlers
from services.incubation.permissions import PERMISSIONS
from services.incubation.views.meetings import FocusGroupView
from shared.http import Body, Page, PagingDep, Slug, WorkDep, does, service_router, set_etag

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["focus groups"])


class RepresentativeBody(Body):
    """Somebody, and the organisation they speak for."""

    person_id: UUID
    organisation: Slug


class FormFocusGroupBody(Body):
    """Exactly one representative of Numa, and at least one of the challenge's partner."""

    challenge_id: UUID
    representatives: Annotated[list[RepresentativeBody], Field(min_length=1, max_length=50)]


@router.post("/focus-groups", status_code=201, **does("form_focus_group"))
async def form_focus_group(body: FormFocusGroupBody, work: WorkDep, response: Response) -> FocusGroupView:
    """Form a challenge's focus group; there is one per challenge."""
    command = FormFocusGroup(
        challenge_id=body.challenge_id,
        representatives=[
            Representative(person_id=each.person_id, organisation=each.organisation) for each in body.representatives
        ],
    )
    view = await views.meetings.focus_group_view(work, await handlers.form_focus_group(command, work))
    set_etag(response, view.version)
    return view


@router.get("/focus-groups", **does("list_focus_groups"))
async def list_focus_groups(work: WorkDep, paging: PagingDep) -> Page[FocusGroupView]:
    return await views.meetings.page_of_focus_groups(work, paging)


@router.get("/focus-groups/{focus_group_id}", **does("read_focus_group"))
async def read_focus_group(focus_group_id: UUID, work: WorkDep, response: Response) -> FocusGroupView:
    view = await views.meetings.focus_group(work, focus_group_id)
    set_etag(response, view.version)
    return view
