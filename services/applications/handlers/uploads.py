"""A file comes in piece by piece: each is kept before it is answered, and the last one makes it an attachment."""

from uuid import UUID

from services.applications import repository
from services.applications.commands import AttachFile, BeginUpload, TakePiece
from services.applications.domain import attachments, uploads
from services.applications.handlers.applications import attachable
from services.applications.handlers.attachments import accepted_for, attach_file
from services.applications.models import Upload, UploadPiece
from services.applications.permissions import person_id
from shared.work import Work


async def begin_upload(command: BeginUpload, work: Work) -> Upload:
    """Make room for a file of this length."""
    uploads.require_length(command.length)
    application, schedule = await attachable(command.application_id, "attach_file", work)
    accepted_for(command.field, await repository.form_in_force(work, schedule.call))
    attachments.require_room(
        await repository.draft_attachments(work, application.id),
        kept=await repository.attachments_kept(work, application.id),
    )
    if await repository.open_uploads(work, application.id) >= uploads.MOST_OPEN:
        raise uploads.TooManyUploads

    upload = Upload(
        application_id=application.id,
        begun_by=person_id(work.actor),
        name=command.name,
        field_id=command.field,
        length=command.length,
        created_at=work.now,
        expires_at=work.now + uploads.OPEN_FOR,
    )
    work.session.add(upload)
    return upload


async def take_piece(command: TakePiece, work: Work) -> Upload:
    """Keep some bytes that came in; with the last of them the file is looked into, and attached or refused."""
    await attachable(command.application_id, "attach_file", work)
    upload = await repository.upload(work, command.application_id, command.upload_id)
    after = uploads.received_after(
        received=upload.received, offset=command.offset, size=len(command.content), length=upload.length
    )
    if after < upload.length and command.content:
        work.session.add(UploadPiece(upload_id=upload.id, first=command.offset, content=command.content))
    if after == upload.length and upload.attachment_id is None:
        content = await repository.bytes_received(work, upload.id) + command.content
        attachment = await attach_file(
            AttachFile(application_id=upload.application_id, field=upload.field_id, name=upload.name, content=content),
            work,
        )
        upload.attachment_id = attachment.id
        await repository.drop_pieces(work, upload.id)
    upload.received = after
    return upload


async def end_upload(application_id: UUID, upload_id: UUID, work: Work) -> None:
    """Forget what came in so far; a file that was attached stays."""
    await attachable(application_id, "attach_file", work)
    await work.session.delete(await repository.upload(work, application_id, upload_id))


async def forget_old_uploads(work: Work, *, limit: int) -> int:
    """Forget uploads that nobody finished in time, and what is known of those that were; returns how many."""
    return await repository.drop_old_uploads(work, limit=limit)
