"""The files of an application: added, removed, and given back for download only."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import File, Request, UploadFile
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse, Response

from services.applications import views
from services.applications.commands import AttachFile, RemoveFile
from services.applications.domain.applications import NoSuchApplication
from services.applications.domain.attachments import LARGEST, MOST_PAGES, MOST_PER_DRAFT, FileTooLarge
from services.applications.handlers import attachments as handlers
from services.applications.pages.place import PREFIX, of_edition
from services.applications.permissions import PERMISSIONS
from services.applications.views import public
from shared.http import WorkDep, does
from shared.web import FORM, PageDep, form_of, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

FORM_OVERHEAD = 2**14
"""What a form adds to its file: boundaries, headers, and the other field."""


class RemoveForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    version: int


@router.get("/{language}/files/{application_id}/attachments", **does("attach_file"))
async def list_attachments(page: PageDep, work: WorkDep, application_id: UUID) -> Response:
    file = await views.file(work, application_id)
    if not file.is_own:
        raise NoSuchApplication
    page = of_edition(page, await public.edition_of(work, application_id))
    return page.show(
        "attachments.html",
        file=file,
        application=file.application,
        largest=LARGEST // 2**20,
        most_pages=MOST_PAGES,
        most=MOST_PER_DRAFT,
    )


@router.post(
    "/{language}/files/{application_id}/attachments", **does("attach_file", body_limit=LARGEST + FORM_OVERHEAD)
)
async def attach(page: PageDep, work: WorkDep, application_id: UUID, file: Annotated[UploadFile, File()]) -> Response:
    if file.size is None or file.size > LARGEST:
        raise FileTooLarge
    await handlers.attach_file(
        AttachFile(application_id=application_id, name=file.filename or "", content=await file.read()),
        work,
    )
    return RedirectResponse(f"{page.root}/files/{application_id}/attachments", status_code=303)


@router.post(
    "/{language}/files/{application_id}/attachments/{attachment_id}/remove", **does("attach_file", accepts=[FORM])
)
async def remove(request: Request, page: PageDep, work: WorkDep, application_id: UUID, attachment_id: UUID) -> Response:
    form = await form_of(request, RemoveForm)
    await handlers.remove_file(
        RemoveFile(application_id=application_id, attachment_id=attachment_id, version=form.version), work
    )
    return RedirectResponse(f"{page.root}/files/{application_id}/attachments", status_code=303)


@router.get("/{language}/files/{application_id}/attachments/{attachment_id}", **does("read_attachment"))
async def download(work: WorkDep, application_id: UUID, attachment_id: UUID) -> Response:
    """Never shown on our own origin, whatever a browser thinks that it is."""
    attachment, content = await views.attachment(work, application_id, attachment_id)
    name = f"filename=\"pitch-deck.pdf\"; filename*=UTF-8''{quote(attachment.name, safe='')}"
    return Response(
        content,
        media_type=attachment.media_type,
        headers={
            "Content-Disposition": f"attachment; {name}",
            "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
            "Cache-Control": "private, no-store",
        },
    )
