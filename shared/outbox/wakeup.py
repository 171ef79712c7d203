"""The signal that something was committed, within one process; between processes the relay's poll is the guarantee."""

import asyncio
import contextlib


class Wakeup:
    """Set after a commit, awaited by the relay. No `pg_notify`: inside a transaction it would serialise commits."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def signal(self) -> None:
        self._event.set()

    async def wait(self, *, at_most: float) -> bool:
        """True if signalled within `at_most` seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), at_most)
        woken = self._event.is_set()
        self._event.clear()
        return woken
