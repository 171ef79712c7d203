"""What an application's rows say, in the domain's terms."""

from collections.abc import Iterable
from typing import overload
from uuid import UUID

from services.applications.domain.applications import Content
from services.applications.domain.drafts import Value, fields_of
from services.applications.models import Application, Attachment, Revision
from shared.events import forgettable


def of_draft(application: Application, attachments: Iterable[Attachment]) -> Content:
    return Content(
        title=application.title,
        summary=application.summary,
        answers=dict(application.answers),
        challenge_ids=tuple(application.challenge_ids),
        attachment_ids=frozenset(attachment.id for attachment in attachments),
    )


def fields_of_draft(application: Application) -> dict[str, Value]:
    """What the draft says, field by field."""
    return fields_of(of_draft(application, ()))


@overload
def of_revision(revision: Revision) -> Content: ...
@overload
def of_revision(revision: Revision | None) -> Content | None: ...
def of_revision(revision: Revision | None) -> Content | None:
    """What was handed in; None if nothing was."""
    if revision is None:
        return None
    return Content(
        title=revision.title,
        summary=revision.summary,
        answers=dict(revision.answers),
        challenge_ids=tuple(revision.challenge_ids),
        attachment_ids=attachment_ids(revision),
    )


def fields_of_revision(revision: Revision) -> dict[str, Value]:
    """What was handed in, field by field."""
    return fields_of(of_revision(revision))


def attachment_ids(revision: Revision) -> frozenset[UUID]:
    return frozenset(UUID(attachment["attachment_id"]) for attachment in revision.attachments)


def as_forgettable(attachment: Attachment) -> forgettable.Attachment:
    return forgettable.Attachment(
        attachment_id=attachment.id,
        name=attachment.name,
        media_type=attachment.media_type,
        size=attachment.size,
        sha256=attachment.sha256,
    )
