"""Which letters were written and what became of them; never to which address, nor in which words."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from services.notifications.api.shown import PREFIX
from services.notifications.domain.mail import MailState
from services.notifications.permissions import PERMISSIONS
from services.notifications.views import messages as views
from shared.errors import NotFound
from shared.http import Page, PagingDep, View, WorkDep, does, service_router

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["mail"])


class MailUnknown(NotFound):
    message = "There is no mail with this id. List them with GET /api/notifications/v1/mails."


class MailView(View):
    """A letter to a person about an event."""

    id: UUID
    about_event_id: UUID
    template: str
    person_id: UUID
    language: str | None
    state: MailState
    drafted: bool = Field(description="To many at once: it may be stopped for some minutes before it goes.")
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    next_attempt_at: datetime
    problem: str | None


@router.get("/mails", **does("read_mails"))
async def read_mails(
    work: WorkDep,
    paging: PagingDep,
    state: MailState | None = None,
    template: Annotated[str | None, Query(min_length=1, max_length=50)] = None,
    person: UUID | None = None,
    about: Annotated[UUID | None, Query(description="The event that it is about.")] = None,
) -> Page[MailView]:
    after = paging.after(UUID)
    rows = await views.mails(
        work.session,
        state=state,
        template=template,
        person=person,
        about=about,
        after=after[0] if after else None,
        limit=paging.fetch,
    )
    return paging.page(rows, key=lambda mail: (mail.id,), view=MailView.model_validate)


@router.get("/mails/{mail_id}", **does("read_mails"))
async def read_mail(mail_id: UUID, work: WorkDep) -> MailView:
    mail = await views.mail(work.session, mail_id)
    if mail is None:
        raise MailUnknown
    return MailView.model_validate(mail)
