"""A file sent piece by piece by the page's script, which goes on where a connection broke off."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, Response

from services.applications import views
from services.applications.commands import BeginUpload, TakePiece
from services.applications.handlers import uploads as handlers
from services.applications.models import Upload
from services.applications.pages.place import PREFIX
from services.applications.permissions import PERMISSIONS
from shared.errors import DomainError
from shared.http import WorkDep, does
from shared.web import FORM, Page, PageDep, form_of, page_router, refusal_said

router = page_router(PREFIX, permissions=PERMISSIONS)

PIECES = "application/offset+octet-stream"


class UploadForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    length: int


@router.post("/{language}/files/{application_id}/uploads", **does("attach_file", accepts=[FORM]))
async def begin(request: Request, page: PageDep, work: WorkDep, application_id: UUID) -> Response:
    form = await form_of(request, UploadForm)
    try:
        command = BeginUpload(application_id=application_id, name=form.name, length=form.length)
        upload = await handlers.begin_upload(command, work)
    except DomainError as refusal:
        return _refused(page, refusal)
    await work.session.flush()
    return _told(upload)


@router.get("/{language}/files/{application_id}/uploads/{upload_id}", **does("attach_file"))
async def read_upload(work: WorkDep, application_id: UUID, upload_id: UUID) -> Response:
    """How much of it is here: the script goes on from there."""
    return _told(await views.upload(work, application_id, upload_id))


@router.post("/{language}/files/{application_id}/uploads/{upload_id}", **does("attach_file", accepts=[PIECES]))
async def take_piece(
    request: Request,
    page: PageDep,
    work: WorkDep,
    application_id: UUID,
    upload_id: UUID,
    offset: Annotated[int, Query(ge=0, lt=2**31)],
) -> Response:
    content = await request.body()
    command = TakePiece(application_id=application_id, upload_id=upload_id, offset=offset, content=content)
    try:
        return _told(await handlers.take_piece(command, work))
    except DomainError as refusal:
        return _refused(page, refusal)


@router.post("/{language}/files/{application_id}/uploads/{upload_id}/end", **does("attach_file", accepts=[FORM]))
async def end(work: WorkDep, application_id: UUID, upload_id: UUID) -> Response:
    """What was refused, or given up, is forgotten."""
    await handlers.end_upload(application_id, upload_id, work)
    return Response(status_code=204)


def _told(upload: Upload) -> Response:
    return JSONResponse({"id": str(upload.id), "offset": upload.received, "length": upload.length})


def _refused(page: Page, refusal: DomainError) -> Response:
    return JSONResponse({"said": refusal_said(page, refusal).striptags()}, status_code=refusal.status)
