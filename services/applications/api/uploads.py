"""Routes of uploads that go on after they broke off: tus 1.0.0 in front of an application's files.

What came in is kept as it comes in, so that of a connection that is cut no more than the last half MiB is lost.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Annotated
from uuid import UUID

from fastapi import Header, Request, Response
from starlette.requests import ClientDisconnect

from services.applications import views
from services.applications.api import tus
from services.applications.commands import BeginUpload, TakePiece
from services.applications.definitions import FIELD_ID
from services.applications.domain.attachments import LARGEST, NoSuchFileField
from services.applications.domain.uploads import PIECE, BeyondLength
from services.applications.handlers import uploads as handlers
from services.applications.models import Upload
from services.applications.permissions import PERMISSIONS
from services.applications.sniffing import READERS
from shared.errors import UnsupportedMedia
from shared.http import ActorDep, WorkDep, WorksDep, current_correlation_id, current_traceparent, does, service_router
from shared.http.receiving import BODY_READ
from shared.identity import Actor
from shared.work import Work, Works

_LOOKING = asyncio.Semaphore(READERS)
PREFIX = "/api/applications/v1"
router = service_router(PREFIX, permissions=PERMISSIONS, tags=["attachments"])


@router.options("/applications/{application_id}/uploads", status_code=204, **does("read_upload_rules"))
async def read_upload_rules(application_id: UUID, response: Response) -> None:
    """What of the protocol is spoken here, and how large a file may be."""
    del application_id
    response.headers.update(tus.RULES)


@router.post(
    "/applications/{application_id}/uploads",
    status_code=201,
    dependencies=[tus.Spoken],
    response_class=Response,
    **does("attach_file", headers=tus.RESUMABLE),
)
async def begin_upload(
    application_id: UUID,
    length: tus.Length,
    work: WorkDep,
    upload_metadata: Annotated[
        str | None, Header(description="`filename`, and `field` if the file answers a field of the form.")
    ] = None,
) -> Response:
    """Begin to send a file; its address is in Location. It is kept for a day."""
    about = tus.metadata(upload_metadata)
    field = about.get("field")
    if field is not None and not re.fullmatch(FIELD_ID, field):
        raise NoSuchFileField
    command = BeginUpload(application_id=application_id, name=about.get("filename", ""), length=length, field=field)
    upload = await handlers.begin_upload(command, work)
    address = f"{PREFIX}/applications/{application_id}/uploads/{upload.id}"
    return Response(status_code=201, headers={"Location": address, "Upload-Expires": tus.expires(upload.expires_at)})


@router.head(
    "/applications/{application_id}/uploads/{upload_id}",
    dependencies=[tus.Spoken],
    response_class=Response,
    responses={412: {"description": "Tus version not spoken"}},
    **does("attach_file", headers=tus.RESUMABLE),
)
async def read_upload(application_id: UUID, upload_id: UUID, work: WorkDep) -> Response:
    """How much of the file is here: go on from Upload-Offset."""
    upload = await views.upload(work, application_id, upload_id)
    return Response(headers=_told(upload) | {"Upload-Length": str(upload.length), "Cache-Control": "no-store"})


@router.patch(
    "/applications/{application_id}/uploads/{upload_id}",
    status_code=204,
    dependencies=[tus.Spoken],
    response_class=Response,
    responses={460: {"description": "Checksum mismatch"}},
    **does("attach_file", transaction=False, streams=True, accepts=[tus.MEDIA_TYPE], headers=tus.RESUMABLE),
)
async def take_bytes(
    application_id: UUID,
    upload_id: UUID,
    offset: tus.Offset,
    request: Request,
    works: WorksDep,
    actor: ActorDep,
    upload_checksum: Annotated[str | None, Header(description="`sha1` or `sha256`, and the digest in base64.")] = None,
) -> Response:
    """Send bytes from Upload-Offset on. The last of them make the file an attachment, whose address is in
    Content-Location; if its content is not what it should be, the upload is over.
    """
    checksum = tus.Checksum.read(upload_checksum)
    async with _work(works, actor, read_only=True) as work:
        length = (await views.upload(work, application_id, upload_id)).length
    pieces = _whole(request, checksum) if checksum else _as_they_come(request)
    upload: Upload | None = None
    async for piece in pieces:
        command = TakePiece(application_id=application_id, upload_id=upload_id, offset=offset, content=piece)
        # The last piece is looked into with all before it; who waits for that holds no connection of the database.
        async with _LOOKING if offset + len(piece) >= length else nullcontext():
            upload = await _taken(command, works, actor)
        offset += len(piece)
    if upload is None:
        async with _work(works, actor) as work:
            upload = await handlers.take_piece(
                TakePiece(application_id=application_id, upload_id=upload_id, offset=offset, content=b""), work
            )
    return Response(status_code=204, headers=_told(upload))


@router.delete(
    "/applications/{application_id}/uploads/{upload_id}",
    status_code=204,
    dependencies=[tus.Spoken],
    **does("attach_file", headers=tus.RESUMABLE),
)
async def end_upload(application_id: UUID, upload_id: UUID, work: WorkDep) -> None:
    """Give up; what came in is forgotten. A file that was whole stays attached."""
    await handlers.end_upload(application_id, upload_id, work)


async def _taken(command: TakePiece, works: Works, actor: Actor) -> Upload:
    """Keep a piece. What turns out to be no file that may be attached never becomes one: the upload is over."""
    try:
        async with _work(works, actor) as work:
            return await handlers.take_piece(command, work)
    except UnsupportedMedia:
        async with _work(works, actor) as work:
            await handlers.end_upload(command.application_id, command.upload_id, work)
        raise


async def _as_they_come(request: Request) -> AsyncIterator[bytes]:
    """Pieces of a size that is worth a transaction; of a body that breaks off, also the last one."""
    waiting = b""
    try:
        async for chunk in request.stream():
            waiting += chunk
            while len(waiting) >= PIECE:
                piece, waiting = waiting[:PIECE], waiting[PIECE:]
                yield piece
    except ClientDisconnect:
        if waiting:
            yield waiting
        raise
    request.scope[BODY_READ] = True
    if waiting:
        yield waiting


async def _whole(request: Request, checksum: tus.Checksum) -> AsyncIterator[bytes]:
    """The body at once, as all of it or nothing is kept."""
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST:
            raise BeyondLength
    request.scope[BODY_READ] = True
    checksum.check(content)
    if content:
        yield content


def _told(upload: Upload) -> dict[str, str]:
    told = {"Upload-Offset": str(upload.received), "Upload-Expires": tus.expires(upload.expires_at)}
    if upload.attachment_id:
        address = f"{PREFIX}/applications/{upload.application_id}/attachments/{upload.attachment_id}"
        told["Content-Location"] = address
    return told


@asynccontextmanager
async def _work(works: Works, actor: Actor, *, read_only: bool = False) -> AsyncIterator[Work]:
    begun = works.begin(
        actor=actor,
        correlation_id=current_correlation_id(),
        traceparent=current_traceparent(),
        read_only=read_only,
    )
    async with begun as work:
        yield work
