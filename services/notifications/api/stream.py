"""The event log live: server-sent events that can be cut anywhere and resumed without a gap or a repeat."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Header, Query, Request
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.notifications import live
from services.notifications.api.shown import LAST_POSITION, PREFIX, EntryView, filters
from services.notifications.models import Entry
from services.notifications.permissions import PERMISSIONS
from services.notifications.views.entries import Filters
from shared.errors import Unauthenticated, Unavailable
from shared.http import ActorDep, WorksDep, does, service_router

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["event log"])

_EXAMPLE = "id: 17\nevent: io.datacity.application.submitted.v1\ndata: {…}\n\n"


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

    async def show(_: AsyncSession, rows: Sequence[Entry]) -> list[ServerSentEvent]:
        shown = [EntryView.of(row, reader=actor) for row in rows]
        return [
            ServerSentEvent(data=each.model_dump_json(), event=each.type, id=str(each.position), sep="\n")
            for each in shown
        ]

    async def welcome() -> bool:
        return await _still_signed_in(request)

    begin = last_event_id if last_event_id is not None else after
    return await live.stream(works, actor, wanted, after=begin, show=show, welcome=welcome)


async def _still_signed_in(request: Request) -> bool:
    try:
        await request.app.state.authenticator.authenticate(request.headers.getlist("authorization"))
    except Unauthenticated:
        return False
    except Unavailable:
        return True  # the issuer is away, and the token was good when it came
    return True
