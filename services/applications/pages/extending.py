"""More time for one team's file: a member of staff asks for it here, and another decides."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict
from starlette.responses import RedirectResponse, Response

from services.applications import repository
from services.applications.commands import AskExtension, WallTime
from services.applications.domain.applications import NoSuchApplication
from services.applications.handlers import extensions as handlers
from services.applications.models import Extension
from services.applications.pages.deadlines import Said, Typed, show
from services.applications.pages.place import PREFIX
from services.applications.permissions import PERMISSIONS
from services.applications.times import LocalTime
from shared.errors import DomainError
from shared.events.applications import ExtensionReason
from shared.http import LongText, WorkDep, does
from shared.web import FORM, Page, PageDep, filled_in, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

_NUMBER = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _number_in(given: str) -> str:
    """A file's number, also out of the address of its page."""
    found = _NUMBER.search(given)
    return found.group() if found else given


class AskForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    file: Annotated[UUID, BeforeValidator(_number_in)]
    until: LocalTime
    reason: ExtensionReason
    words: LongText


@router.post("/{language}/calls/{call_id}/extensions", **does("extend_deadline", accepts=[FORM]))
async def ask(request: Request, page: PageDep, work: WorkDep, call_id: UUID) -> Response:
    form = await filled_in(request, AskForm)
    if form.model is None:
        return await show(page, work, call_id, typed=Typed(form="ask", filled=form))
    known = await repository.schedule(work, call_id, hold=False)
    told = form.model
    command = AskExtension(
        application_id=told.file,
        until=WallTime(told.until, known.closes.zone),
        reason=told.reason,
        words=told.words,
    )
    try:
        asked = await handlers.ask_extension(command, work)
        if asked.call_id != call_id:
            raise NoSuchApplication
    except NoSuchApplication:
        # Nothing of the wish may be left for what the page reads next.
        await work.session.rollback()
        return await show(page, work, call_id, typed=Typed(form="ask", filled=form, no_such_file=True))
    except DomainError as refusal:
        return await show(page, work, call_id, typed=Typed(form="ask", filled=form, refusal=refusal))
    return _back(page, call_id, said="asked")


@router.post("/{language}/calls/{call_id}/extensions/{extension_id}/approve", **does("extend_deadline", accepts=[FORM]))
async def approve(page: PageDep, work: WorkDep, call_id: UUID, extension_id: UUID) -> Response:
    return await _decide(handlers.approve_extension, page, work, call_id, extension_id, said="approved")


@router.post("/{language}/calls/{call_id}/extensions/{extension_id}/refuse", **does("extend_deadline", accepts=[FORM]))
async def refuse(page: PageDep, work: WorkDep, call_id: UUID, extension_id: UUID) -> Response:
    return await _decide(handlers.refuse_extension, page, work, call_id, extension_id, said="refused")


async def _decide(
    decide: Callable[[UUID, Work], Awaitable[Extension]],
    page: Page,
    work: Work,
    call_id: UUID,
    extension_id: UUID,
    *,
    said: Said,
) -> Response:
    try:
        await decide(extension_id, work)
    except DomainError as refusal:
        await work.session.rollback()
        return await show(page, work, call_id, typed=Typed(form="decide", refusal=refusal))
    return _back(page, call_id, said=said)


def _back(page: Page, call_id: UUID, *, said: Said) -> Response:
    return RedirectResponse(f"{page.root}/calls/{call_id}/deadlines?said={said}", status_code=303)
