"""What a team was asked for after its call, answered from its own pages."""

from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse, Response

from services.applications.commands import AnswerRequest
from services.applications.handlers import requests as handlers
from services.applications.pages.place import PREFIX
from services.applications.permissions import PERMISSIONS
from shared.http import WorkDep, does
from shared.web import FORM, PageDep, form_of, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)


class AnswerForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    version: int


@router.post(
    "/{language}/files/{application_id}/requests/{request_id}/answer", **does("submit_application", accepts=[FORM])
)
async def answer(request: Request, page: PageDep, work: WorkDep, application_id: UUID, request_id: UUID) -> Response:
    """What the page showed, and nothing that somebody changed since."""
    form = await form_of(request, AnswerForm)
    command = AnswerRequest(application_id=application_id, request_id=request_id, version=form.version)
    await handlers.answer_request(command, work)
    return RedirectResponse(f"{page.root}/files/{application_id}?handed-in=1", status_code=303)
