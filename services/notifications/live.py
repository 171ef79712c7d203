"""The event log as it grows, for whoever shows it live: server-sent events that can be cut anywhere and resumed."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel.ext.asyncio.session import AsyncSession
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.notifications.models import Entry
from services.notifications.signals import ENTRY_RECORDED
from services.notifications.views import entries as views
from services.notifications.views.entries import Filters
from shared.errors import Unavailable
from shared.identity import Actor
from shared.work import Works

log = structlog.get_logger(__name__)

BATCH = 200
"""Entries held per client at most: the next are read when these are sent, so a slow client waits in the database."""

MOST_STREAMS = 200
HEARTBEAT_SECONDS = 15
STUCK_SECONDS = 30
"""A client that takes nothing for so long is let go; it resumes where it was."""

TOKEN_CHECK_SECONDS = 5.0
RETRY_MILLISECONDS = 2_000

Show = Callable[[AsyncSession, Sequence[Entry]], Awaitable[list[ServerSentEvent]]]
"""How a batch of entries is told, in the transaction that read them."""

Welcome = Callable[[], Awaitable[bool]]
"""Whether the client may still listen."""


class TooManyStreams(Unavailable):
    slug = "too-many-streams"
    message = "As many clients follow the log as this process serves. Try again later, or read pages of /events."


class _Streams:
    """How many streams this process serves."""

    def __init__(self) -> None:
        self.open = 0


_STREAMS = _Streams()


async def stream(
    works: Works, actor: Actor, wanted: Filters, *, after: int | None, show: Show, welcome: Welcome
) -> EventSourceResponse:
    """What comes after a position; without one, what comes from now on. Raises TooManyStreams."""
    if _STREAMS.open >= MOST_STREAMS:
        raise TooManyStreams
    if after is None:
        async with works.begin(actor=actor, read_only=True) as work:
            after = await views.head(work.session)
    return EventSourceResponse(
        _follow(works, actor, wanted, after, show, welcome),
        ping=HEARTBEAT_SECONDS,
        send_timeout=STUCK_SECONDS,
        sep="\n",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _follow(
    works: Works, actor: Actor, wanted: Filters, after: int, show: Show, welcome: Welcome
) -> AsyncIterator[ServerSentEvent]:
    _STREAMS.open += 1
    try:
        # Without data it is no event to a browser, but from here on it knows where to resume.
        yield ServerSentEvent(id=str(after), retry=RETRY_MILLISECONDS, sep="\n")
        checked = time.monotonic()
        while True:
            if time.monotonic() - checked > TOKEN_CHECK_SECONDS:
                if not await welcome():
                    return
                checked = time.monotonic()
            async with works.begin(actor=actor, read_only=True) as work:
                rows, after = await views.following(work.session, wanted, after=after, limit=BATCH)
                told = await show(work.session, rows)
            for each in told:
                yield each
            if len(rows) < BATCH:
                await ENTRY_RECORDED.wait()
    except (DBAPIError, PoolTimeout, OSError) as outage:
        # The client comes back by itself, and loses nothing.
        log.warning("stream_ended", error=type(outage).__name__)
    finally:
        _STREAMS.open -= 1
