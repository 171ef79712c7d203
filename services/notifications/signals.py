"""Tells waiting loops of this process that something was committed; their poll is the guarantee across processes."""

import asyncio
import contextlib

from sqlalchemy import event
from sqlalchemy.orm import Session

from shared.work import Work

LONGEST_POLL_SECONDS = 0.5


class Signal:
    """Wakes all who wait at that moment."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def send(self) -> None:
        for waiter in self._waiting:
            waiter.set()

    def send_after_commit(self, work: Work) -> None:
        """Send when this work is committed, once for all works of one transaction; never, if it is not."""
        promised: set[Signal] = work.session.info.setdefault("signals", set())
        if self in promised:
            return
        promised.add(self)

        def committed(_: Session) -> None:
            self.send()

        event.listen(work.session.sync_session, "after_commit", committed, once=True)

    async def wait(self, *, at_most: float = LONGEST_POLL_SECONDS) -> None:
        """Until the signal, or for so many seconds."""
        waiter = asyncio.Event()
        self._waiting.add(waiter)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(waiter.wait(), at_most)
        finally:
            self._waiting.discard(waiter)


ENTRY_RECORDED = Signal()
MAIL_QUEUED = Signal()
DELIVERY_QUEUED = Signal()
