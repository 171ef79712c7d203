"""What applications does without being asked: it closes calls whose last deadline has passed."""

import asyncio
from datetime import timedelta

import structlog

from services.applications.handlers.programme import close_due_call
from services.applications.settings import closing_grace
from shared.settings import Settings
from shared.work import Works

log = structlog.get_logger(__name__)

LOOKS_EVERY_SECONDS = 0.5


async def close_due_calls(works: Works, settings: Settings) -> None:
    """For ever; beside a second worker each call is still closed once, as both lock its row first."""
    grace = closing_grace(settings)
    while True:
        while await close_next(works, grace=grace):
            pass
        await asyncio.sleep(LOOKS_EVERY_SECONDS)


async def close_next(works: Works, *, grace: timedelta) -> bool:
    """Close the call that is longest due, in a work of its own; False if there is none."""
    async with works.begin() as work:
        call = await close_due_call(work, grace=grace)
    if call:
        log.info("call_closed", call_id=str(call.id))
    return call is not None
