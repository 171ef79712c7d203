"""A team adds files to its draft, and removes them; those that answer a field of the form are named in its answer."""

from uuid import UUID

from services.applications import repository, sniffing
from services.applications.commands import AttachFile, RemoveFile
from services.applications.domain import attachments
from services.applications.domain.attachments import Sort
from services.applications.domain.forms import Form, Kind
from services.applications.handlers.applications import attachable
from services.applications.handlers.drafts import keep_answer
from services.applications.models import Application, Attachment, AttachmentContent, Call
from shared.events import applications as events
from shared.work import Work

PITCH_DECK = "pitch-deck"
ANSWER = "answer"


async def attach_file(command: AttachFile, work: Work) -> Attachment:
    """Add a file to the draft, once its content is found to be what it should be."""
    application, schedule = await attachable(command.application_id, "attach_file", work)
    accepted = accepted_for(command.field, await repository.form_in_force(work, schedule.call))
    attachments.require_room(
        await repository.draft_attachments(work, application.id),
        kept=await repository.attachments_kept(work, application.id),
    )
    found = await sniffing.check(command.content, accepted=accepted)

    attachment = Attachment(
        application_id=application.id,
        kind=PITCH_DECK if command.field is None else ANSWER,
        field_id=command.field,
        name=attachments.safe_name(command.name, found.media_type),
        media_type=found.media_type,
        size=len(command.content),
        pages=found.pages,
        sha256=found.sha256,
        created_at=work.now,
    )
    work.session.add(attachment)
    await work.session.flush()
    work.session.add(AttachmentContent(id=attachment.id, content=command.content))
    if command.field is not None:
        await _name_in_answer(application, schedule.call, command.field, work, add=attachment.id)

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
    application, schedule = await attachable(command.application_id, "attach_file", work)
    attachment = await repository.draft_attachment(work, application.id, command.attachment_id)
    repository.require_version(attachment.version, command.version)

    if await repository.is_in_a_revision(work, application.id, attachment.id):
        attachment.removed_at = work.now
    else:
        await work.session.delete(attachment)
    if attachment.field_id is not None:
        await _name_in_answer(application, schedule.call, attachment.field_id, work, remove=attachment.id)

    work.publish(events.AttachmentRemoved(application_id=application.id, attachment_id=attachment.id))


def accepted_for(field: str | None, form: Form | None) -> set[Sort]:
    """What a file may be: what the form's field accepts, or a PDF as pitch deck. Raises NoSuchFileField."""
    if field is None:
        return {Sort.PDF}
    asked = form.field(field) if form else None
    if asked is None or asked.kind is not Kind.FILE:
        raise attachments.NoSuchFileField
    return set(asked.accepts)


async def _name_in_answer(
    application: Application,
    call: Call,
    field: str,
    work: Work,
    *,
    add: UUID | None = None,
    remove: UUID | None = None,
) -> None:
    named = [each.strip() for each in application.answers.get(field, "").split(",") if each.strip()]
    left = [each for each in named if each != str(remove)] + ([str(add)] if add else [])
    await keep_answer(application, call, field, ",".join(left), work)
