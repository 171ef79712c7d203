"""What incubation does by itself, without being asked."""

import asyncio

from sqlmodel import col, select

from services.incubation.domain.data_room import GrantState
from services.incubation.handlers import guests
from services.incubation.handlers.data_room import expire_access
from services.incubation.models import DataGrant
from shared.settings import Settings
from shared.work import Work, Works

PAUSE_SECONDS = 1.0
BATCH = 100
LOOKS_FOR_GUESTS_EVERY_SECONDS = 3600.0


async def expire_due_access(works: Works, settings: Settings) -> None:
    """Tell of each access that its end has come, once. Several workers share the grants by their row locks."""
    del settings
    while True:
        async with works.begin() as work:
            expired = await expire_batch(work)
        if expired < BATCH:
            await asyncio.sleep(PAUSE_SECONDS)


async def expire_batch(work: Work) -> int:
    """Expire what is due and nobody else is at; returns how many."""
    query = (
        select(DataGrant)
        .where(col(DataGrant.state) == GrantState.GRANTED, col(DataGrant.expires_at) <= work.now)
        .order_by(col(DataGrant.expires_at))
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    due = (await work.session.exec(query)).all()
    for grant in due:
        await expire_access(grant, work)
    return len(due)


async def forget_old_guests(works: Works, settings: Settings) -> None:
    """Forget guests some time after their workshop, a few at a time; two workers skip each other's."""
    del settings
    while True:
        async with works.begin() as work:
            forgotten = await guests.forget_old_guests(work, limit=BATCH)
        if forgotten < BATCH:
            await asyncio.sleep(LOOKS_FOR_GUESTS_EVERY_SECONDS)
