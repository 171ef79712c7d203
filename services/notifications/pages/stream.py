"""The event log's rows as they come, for a page that is open: the same stream as the API's, for who is signed in."""

from collections.abc import Sequence
from typing import Annotated, cast

from fastapi import Header, Query, Request
from sqlmodel.ext.asyncio.session import AsyncSession
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.notifications import live
from services.notifications.models import Entry
from services.notifications.pages.filtering import Form
from services.notifications.pages.place import PREFIX, zone
from services.notifications.pages.rows import rows_of
from services.notifications.permissions import PERMISSIONS
from shared.errors import BadRequest, Unauthenticated, Unavailable
from shared.http import WorksDep, does
from shared.web import PageDep, Site, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

LAST_POSITION = 2**63 - 1
Position = Annotated[int | None, Query(ge=0, le=LAST_POSITION)]


class UnreadableFilter(BadRequest):
    slug = "unreadable-filter"
    message = "A filter in this address can't be read. Open the event log anew."


@router.get("/{language}/events/stream", **does("watch_events", transaction=False))
async def follow_event_log(
    request: Request,
    page: PageDep,
    works: WorksDep,
    after: Position = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=LAST_POSITION)] = None,
) -> EventSourceResponse:
    """Each row as HTML, so that words and times are made in one place; `id` is the position."""
    form = Form.of(request)
    if form.wrong:
        raise UnreadableFilter
    async with works.begin(actor=page.actor, read_only=True) as work:
        here = page.in_zone(await zone(work.session))

    async def show(session: AsyncSession, entries: Sequence[Entry]) -> list[ServerSentEvent]:
        return [
            ServerSentEvent(data=here.part("row.html", row=row), event="row", id=str(row.position), sep="\n")
            for row in await rows_of(here, entries, session)
        ]

    async def welcome() -> bool:
        return await _still_signed_in(request)

    wanted = form.asked.filters(here.speech.zone)
    begin = last_event_id if last_event_id is not None else after
    return await live.stream(works, page.actor, wanted, after=begin, show=show, welcome=welcome)


async def _still_signed_in(request: Request) -> bool:
    site = cast("Site", request.app.state.site)
    given = request.headers.getlist("authorization")
    try:
        if given:
            return bool(await request.app.state.authenticator.authenticate(given))
        signed_in = await site.who(request)
    except Unauthenticated:
        return False
    except Unavailable:
        return True  # the issuer or the database is away; who listens was welcome when they came
    return signed_in is not None and bool(PERMISSIONS.decide(signed_in.actor, "watch_events"))
