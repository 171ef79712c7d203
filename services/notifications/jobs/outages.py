"""Keeps hold of what happened outside until the database was told: through outages, and an orderly stop."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from shared.database import ping
from shared.work import Works

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
PING_SECONDS = 5.0
LONGEST_FINISH_SECONDS = 8.0
"""Shorter than what a process is given to stop."""

MOST_TRIES = 5
"""While the database answers; while it is away, tries are not counted."""


async def through_outages(record: Callable[[], Awaitable[None]], works: Works) -> None:
    """Record what the outside took over, however long the database is away.

    To forget it instead would send it again; only the end of this process can make that happen.
    """
    pause, tries = FIRST_PAUSE_SECONDS, 0
    while True:
        try:
            return await record()
        except Exception as fault:
            tries += await _answers(works)
            if tries >= MOST_TRIES:
                raise
            log.warning("outcome_waits_for_database", error=type(fault).__name__)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def to_the_end(doing: Coroutine[Any, Any, None]) -> None:
    """Finish what was begun outside although this process is asked to stop; then stop.

    Cut off between the other side's answer and our record of it, it would be sent a second time.
    """
    task = asyncio.ensure_future(doing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=LONGEST_FINISH_SECONDS)
        if not task.done():
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise


async def _answers(works: Works) -> bool:
    try:
        async with asyncio.timeout(PING_SECONDS):
            await ping(works.engine)
    except Exception:
        return False
    return True
