"""The event log live: server-sent events that can be cut anywhere and resumed without a gap or a repeat."""

import time
from collections.abc import AsyncIterator
from typing import Annotated

import structlog
from fastapi import Depends, Header, Query, Request
from fastapi.responses import Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.notifications.api.shown import LAST_POSITION, PREFIX, EntryView, filters
from services.notifications.permissions import PERMISSIONS
from services.notifications.signals import ENTRY_RECORDED
from services.notifications.views import entries as views
from services.notifications.views.entries import Filters
from shared.errors import Unauthenticated, Unavailable
from shared.http import ActorDep, WorksDep, does, service_router
from shared.identity import Actor
from shared.work import Works

log = structlog.get_logger(__name__)

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["event log"])

BATCH = 200
"""Entries held per client at most: the next are read when these are sent, so a slow client waits in the database."""

MOST_STREAMS = 200
HEARTBEAT_SECONDS = 15
STUCK_SECONDS = 30
"""A client that takes nothing for so long is let go; it resumes where it was."""

TOKEN_CHECK_SECONDS = 5.0
RETRY_MILLISECONDS = 2_000

_EXAMPLE = "id: 17\nevent: io.datacity.application.submitted.v1\ndata: {…}\n\n"


class TooManyStreams(Unavailable):
    slug = "too-many-streams"
    message = "As many clients follow the log as this process serves. Try again later, or read pages of /events."


class _Streams:
    """How many streams this process serves."""

    def __init__(self) -> None:
        self.open = 0


_STREAMS = _Streams()


@router.get(
    "/events/stream",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}}}},
    **does("watch_events", transaction=False),
)
async def watch_events(
    request: Request,
    works: WorksDep,
    actor: ActorDep,
    wanted: Annotated[Filters, Depends(filters)],
    after: Annotated[int | None, Query(ge=0, le=LAST_POSITION, description="Begin after this position.")] = None,
    last_event_id: Annotated[
        int | None, Header(ge=0, le=LAST_POSITION, description="As browsers send it to resume; it wins over `after`.")
    ] = None,
) -> EventSourceResponse:
    """Each event as it is recorded: `id` is its position, `event` its type, `data` the entry as JSON.

    Without a position to begin after, it begins with the next event. It ends when the token expires.
    """
    if _STREAMS.open >= MOST_STREAMS:
        raise TooManyStreams
    begin = last_event_id if last_event_id is not None else after
    if begin is None:
        async with works.begin(actor=actor, read_only=True) as work:
            begin = await views.head(work.session)
    return EventSourceResponse(
        _follow(request, works, actor, wanted, begin),
        ping=HEARTBEAT_SECONDS,
        send_timeout=STUCK_SECONDS,
        sep="\n",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _follow(
    request: Request, works: Works, actor: Actor, wanted: Filters, after: int
) -> AsyncIterator[ServerSentEvent]:
    _STREAMS.open += 1
    try:
        # Without data it is no event to a browser, but from here on it knows where to resume.
        yield ServerSentEvent(id=str(after), retry=RETRY_MILLISECONDS, sep="\n")
        checked = time.monotonic()
        while True:
            if time.monotonic() - checked > TOKEN_CHECK_SECONDS:
                if not await _still_signed_in(request):
                    return
                checked = time.monotonic()
            async with works.begin(actor=actor, read_only=True) as work:
                rows, after = await views.following(work.session, wanted, after=after, limit=BATCH)
                entries = [EntryView.of(row, reader=actor) for row in rows]
            for entry in entries:
                shown = entry.model_dump_json()
                yield ServerSentEvent(data=shown, event=entry.type, id=str(entry.position), sep="\n")
            if len(entries) < BATCH:
                await ENTRY_RECORDED.wait()
    except (DBAPIError, PoolTimeout, OSError) as outage:
        # The client comes back by itself, and loses nothing.
        log.warning("stream_ended", error=type(outage).__name__)
    finally:
        _STREAMS.open -= 1


async def _still_signed_in(request: Request) -> bool:
    try:
        await request.app.state.authenticator.authenticate(request.headers.getlist("authorization"))
    except Unauthenticated:
        return False
    except Unavailable:
        return True  # the issuer is away, and the token was good when it came
    return True
