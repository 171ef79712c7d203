"""What applications does without being asked: it keeps deadlines fair, closes calls, and forgets what is not kept."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import structlog

from services.applications.handlers import drafts, erasure, invitations, likenesses, outages, resolving, uploads
from services.applications.handlers.programme import close_due_call
from services.applications.settings import beats_every, closing_grace, outage_threshold, outage_window
from shared.settings import Settings
from shared.work import Works

log = structlog.get_logger(__name__)

LOOKS_EVERY_SECONDS = 0.5
LOOKS_FOR_TIMES_EVERY_SECONDS = 3600.0
LOOKS_FOR_HOLDS_EVERY_SECONDS = 20.0
LOOKS_FOR_OLD_FILES_EVERY_SECONDS = 3600.0
LOOKS_FOR_SAVES_EVERY_SECONDS = 60.0
LOOKS_FOR_INVITATIONS_EVERY_SECONDS = 60.0
LOOKS_FOR_OPENED_CALLS_EVERY_SECONDS = 10.0
FILES_AT_ONCE = 20

Step = Callable[[Works], Awaitable[bool]]
"""Does one thing that is due; False if there was none, or nothing more."""


async def note_being_alive(works: Works, settings: Settings) -> None:
    """For ever, in each process that serves applicants: what is missing between two notes was an outage."""
    threshold, window = outage_threshold(settings), outage_window(settings)
    while threshold:
        async with works.begin() as work:
            outage = await outages.note_alive(work, threshold=threshold, window=window)
        if outage:
            log.warning("outage_ended", began_at=outage.began_at.isoformat(), ended_at=outage.ended_at.isoformat())
        await asyncio.sleep(beats_every(settings).total_seconds())


async def for_ever(step: Step, works: Works, *, every: float) -> None:
    """Do what is due, one thing after the other, each in a work of its own, then look again after a while.

    Beside a second worker each is still done once: both lock first what they take, or skip what the other has.
    """
    while True:
        while await step(works):
            pass
        await asyncio.sleep(every)


async def resolve_times_anew(works: Works, settings: Settings) -> None:
    """Time zone data change with a release of ours, so what was resolved with others is looked at."""
    del settings
    await for_ever(resolve_next, works, every=LOOKS_FOR_TIMES_EVERY_SECONDS)


async def resolve_next(works: Works) -> bool:
    """Resolve the times of one call anew, in a work of its own; False if there is none."""
    async with works.begin() as work:
        call = await resolving.resolve_next_call(work)
    if call:
        log.info("call_resolved", call_id=str(call.id), tzdata_version=call.resolved_with)
    return call is not None


async def close_due_calls(works: Works, settings: Settings) -> None:
    """Close calls whose last deadline and grace have passed."""
    await for_ever(partial(close_next, grace=closing_grace(settings)), works, every=LOOKS_EVERY_SECONDS)


async def close_next(works: Works, *, grace: timedelta) -> bool:
    """Close the call that is longest due, in a work of its own; False if there is none."""
    async with works.begin() as work:
        call = await close_due_call(work, grace=grace)
    if call:
        log.info("call_closed", call_id=str(call.id))
    return call is not None


async def finish_forgetting(works: Works, settings: Settings) -> None:
    """Forget those whom an obligation kept until now."""
    del settings
    await for_ever(finish_next, works, every=LOOKS_FOR_HOLDS_EVERY_SECONDS)


async def finish_next(works: Works) -> bool:
    """Forget the one who has waited longest, in a work of its own; False if there is none."""
    async with works.begin() as work:
        person_id = await erasure.finish_forgetting(work)
    if person_id:
        log.info("person_forgotten_after_hold", person_id=str(person_id))
    return person_id is not None


async def forget_old_files(works: Works, settings: Settings) -> None:
    """Forget files whose time is over."""
    del settings
    await for_ever(forget_some_files, works, every=LOOKS_FOR_OLD_FILES_EVERY_SECONDS)


async def forget_some_files(works: Works) -> bool:
    """A few at a time; False if there were no more."""
    async with works.begin() as work:
        return await erasure.forget_old_files(work, limit=FILES_AT_ONCE) == FILES_AT_ONCE


async def expire_invitations(works: Works, settings: Settings) -> None:
    """End invitations that nobody answered."""
    del settings
    await for_ever(expire_next, works, every=LOOKS_FOR_INVITATIONS_EVERY_SECONDS)


async def expire_next(works: Works) -> bool:
    """End one invitation, in a work of its own; False if none is due."""
    async with works.begin() as work:
        return await invitations.expire_invitation(work) is not None


async def forget_old_uploads(works: Works, settings: Settings) -> None:
    """Forget uploads that nobody finished in time."""
    del settings
    await for_ever(forget_some_uploads, works, every=LOOKS_FOR_OLD_FILES_EVERY_SECONDS)


async def forget_some_uploads(works: Works) -> bool:
    """A few at a time; False if there were no more."""
    async with works.begin() as work:
        return await uploads.forget_old_uploads(work, limit=FILES_AT_ONCE) == FILES_AT_ONCE


async def compare_opened_files(works: Works, settings: Settings) -> None:
    """Compare the files of calls that were opened."""
    del settings
    await for_ever(compare_next, works, every=LOOKS_FOR_OPENED_CALLS_EVERY_SECONDS)


async def compare_next(works: Works) -> bool:
    """Compare the files of one call, in a work of its own; False if there is none."""
    async with works.begin() as work:
        call_id = await likenesses.compare_files(work)
    if call_id:
        log.info("files_compared", call_id=str(call_id))
    return call_id is not None


async def thin_old_versions(works: Works, settings: Settings) -> None:
    """Join the saves of drafts that nobody begins with any more."""
    del settings
    await for_ever(thin_next, works, every=LOOKS_FOR_SAVES_EVERY_SECONDS)


async def thin_next(works: Works) -> bool:
    """Thin the versions of one draft, in a work of its own; False if there is none."""
    async with works.begin() as work:
        return await drafts.thin_versions(work) is not None
