"""Routes of an application's files: checked on the way in, and only ever downloaded on the way out."""

from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import File, Form, Response, UploadFile

from services.applications import views
from services.applications.api.answers.applications import AttachmentView
from services.applications.cleaning import cleaned
from services.applications.commands import AttachFile, RemoveFile
from services.applications.definitions import FIELD_ID
from services.applications.domain.attachments import ENDINGS, LARGEST, FileTooLarge, NoSuchFileField
from services.applications.handlers import attachments as handlers
from services.applications.permissions import PERMISSIONS
from services.applications.relations import reads_blind
from services.applications.sniffing import READERS
from shared.http import IfMatch, WorkDep, does, service_router, set_etag

router = service_router("/api/applications/v1", permissions=PERMISSIONS, tags=["attachments"])

FORM_OVERHEAD = 2**14
"""What a form adds to its file: boundaries, headers, and the other field."""

FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in ENDINGS},
    }
}


@router.post(
    "/applications/{application_id}/attachments",
    status_code=201,
    **does("attach_file", body_limit=LARGEST + FORM_OVERHEAD, at_once=READERS),
)
async def attach_file(
    application_id: UUID,
    file: Annotated[
        UploadFile, File(description="10 MiB at most: a PDF of 200 pages, or what the form's field accepts.")
    ],
    work: WorkDep,
    response: Response,
    kind: Annotated[Literal["pitch-deck", "answer"], Form()] = "pitch-deck",
    field: Annotated[
        str | None,
        Form(pattern=FIELD_ID, max_length=60, description="The field that it answers, which then names it."),
    ] = None,
) -> AttachmentView:
    """Add a file to the draft. What it is is found out from its content; its name and type are not believed."""
    if (kind == "answer") is (field is None):
        raise NoSuchFileField
    if file.size is None or file.size > LARGEST:
        raise FileTooLarge
    attachment = await handlers.attach_file(
        AttachFile(application_id=application_id, field=field, name=file.filename or "", content=await file.read()),
        work,
    )
    set_etag(response, attachment.version)
    return AttachmentView.model_validate(attachment)


@router.get(
    "/applications/{application_id}/attachments/{attachment_id}",
    response_class=Response,
    responses=FILE,
    **does("read_attachment"),
)
async def read_attachment(application_id: UUID, attachment_id: UUID, work: WorkDep) -> Response:
    """For its team; once opened for staff, the jurors who review it, and the partner it is matched to.

    A juror of a blind round gets pages or pixels without what a file says of its authors, under a neutral name.
    """
    attachment, content = await views.attachment(work, application_id, attachment_id)
    name = f'filename="{attachment.kind}{ENDINGS[attachment.media_type]}"'
    if await reads_blind(work, application_id):
        content = await cleaned(content, attachment.media_type)
    else:
        name += f"; filename*=UTF-8''{quote(attachment.name, safe='')}"
    response = Response(
        content,
        media_type=attachment.media_type,
        headers={
            # Never shown on our own origin, whatever a browser thinks that it is.
            "Content-Disposition": f"attachment; {name}",
            "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
    set_etag(response, attachment.version)
    return response


@router.delete("/applications/{application_id}/attachments/{attachment_id}", status_code=204, **does("attach_file"))
async def remove_file(application_id: UUID, attachment_id: UUID, version: IfMatch, work: WorkDep) -> None:
    """Take a file out of the draft; what was handed in keeps it until you hand in again."""
    await handlers.remove_file(
        RemoveFile(application_id=application_id, attachment_id=attachment_id, version=version), work
    )
