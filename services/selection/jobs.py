"""What selection does without being asked: it tells of phases that a date has opened."""

import asyncio

import structlog

from services.selection.handlers.phases import tell_due_phases
from shared.settings import Settings
from shared.work import Works

log = structlog.get_logger(__name__)

LOOKS_EVERY_SECONDS = 1.0


async def open_due_phases(works: Works, settings: Settings) -> None:
    """For ever; beside a second worker each opening is still told once, as both lock the jury and skip what is held."""
    del settings
    while True:
        while await open_next(works):
            pass
        await asyncio.sleep(LOOKS_EVERY_SECONDS)


async def open_next(works: Works) -> bool:
    """Tell of the jury that is longest due, in a work of its own; False if there is none."""
    async with works.begin() as work:
        jury_id = await tell_due_phases(work)
    if jury_id:
        log.info("jury_phases_opened", jury_id=str(jury_id))
    return jury_id is not None
