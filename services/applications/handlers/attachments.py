"""A team adds files to its draft, and removes them."""

from services.applications import decks, repository
from services.applications.commands import AttachFile, RemoveFile
from services.applications.domain import attachments
from services.applications.handlers.applications import attachable
from services.applications.models import Attachment, AttachmentContent
from shared.events import applications as events
from shared.work import Work


async def attach_file(command: AttachFile, work: Work) -> Attachment:
    """Add a file to the draft, once its content is found to be what it should be."""
    application, _ = await attachable(command.application_id, "attach_file", work)
    attachments.require_room(
        await repository.draft_attachments(work, application.id),
        kept=await repository.attachments_kept(work, application.id),
    )
    deck = await decks.check(command.content)

    attachment = Attachment(
        application_id=application.id,
        kind=command.kind,
        name=attachments.safe_name(command.name),
        media_type=deck.media_type,
        size=len(command.content),
        pages=deck.pages,
        sha256=deck.sha256,
        created_at=work.now,
    )
    work.session.add(attachment)
    await work.session.flush()
    work.session.add(AttachmentContent(id=attachment.id, content=command.content))

    work.publish(
        events.AttachmentAdded(
            application_id=application.id,
            attachment_id=attachment.id,
            media_type=attachment.media_type,
            size=attachment.size,
        )
    )
    return attachment


async def remove_file(command: RemoveFile, work: Work) -> None:
    """Take a file out of the draft; a revision that was handed in with it keeps it."""
    application, _ = await attachable(command.application_id, "attach_file", work)
    attachment = await repository.draft_attachment(work, application.id, command.attachment_id)
    repository.require_version(attachment.version, command.version)

    if await repository.is_in_a_revision(work, application.id, attachment.id):
        attachment.removed_at = work.now
    else:
        await work.session.delete(attachment)

    work.publish(events.AttachmentRemoved(application_id=application.id, attachment_id=attachment.id))
