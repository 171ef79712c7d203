"""What one run of the demonstration knows: the platform, the cast, and the ids that chapters hand on."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from infra.demo.client import Platform
from infra.demo.narrator import Narrator
from infra.demo.people import Cast
from infra.demo.receiver import Receiver

T = TypeVar("T")


class NeverHappened(Exception):
    """Something that must follow did not, within the time one would wait for it."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"waited {seconds:.0f} s for {what}, in vain: look at `datacity status` and the logs")


@dataclass(frozen=True)
class Check:
    """One promise, and whether the run kept it; `found` says what was seen."""

    promise: str
    kept: bool
    found: str


@dataclass
class Story:
    """The run so far."""

    platform: Platform
    cast: Cast
    narrator: Narrator
    receiver: Receiver
    run: str
    call_seconds: int | None
    """How long the call stays open; None for as long as this machine seems to need."""
    patience: float = 60.0
    season: int = 20
    """Seconds that a call stays open unless somebody said otherwise."""
    starts_after: int = 0
    """The log's last position before this run."""
    edition: str = ""
    challenges: dict[str, str] = field(default_factory=dict)
    """partner → challenge id"""
    call: str = ""
    deadline: datetime | None = None
    teams: dict[str, str] = field(default_factory=dict)
    applications: dict[str, str] = field(default_factory=dict)
    """startup → application id"""
    receipts: dict[str, str] = field(default_factory=dict)
    """startup → what it was given when it submitted"""
    not_admitted: set[str] = field(default_factory=set)
    """Ids of applications that the jury never sees: withdrawn, declined at screening."""
    declined: str = ""
    """The startup that screening found not eligible."""
    outcomes: dict[str, str] = field(default_factory=dict)
    """startup → selected, reserved, not_selected"""
    reviews_of: dict[str, int] = field(default_factory=dict)
    """juror → how many reviews were assigned"""
    juries: dict[str, str] = field(default_factory=dict)
    """partner → jury id"""
    matches: dict[str, str] = field(default_factory=dict)
    """partner → startup"""
    projects: dict[str, str] = field(default_factory=dict)
    """startup → project id"""
    experimentation: str = ""
    experimenter: str = ""
    guest_email: str = ""
    mail_repeats_allowed: int = 0
    """Second copies of a mail (same Message-ID) that are forgiven: only where processes are killed on purpose."""

    def startup_of(self, application: str) -> str:
        return next(name for name, its in self.applications.items() if its == application)

    async def until(self, what: str, ask: Callable[[], Awaitable[T | None]], *, more_seconds: float = 0) -> T:
        """What `ask` answers, once it answers something; services learn from each other a moment later.

        `more_seconds` are added to one's patience where it is known that nothing can happen before.
        """
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + self.patience + more_seconds, 0.05
        while True:
            found = await ask()
            if found:
                return found
            if loop.time() > end:
                raise NeverHappened(what, self.patience)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.5)


async def side_by_side(*doing: Coroutine[Any, Any, T], at_once: int = 6) -> list[T]:
    """Many people act at the same time, but not all at once."""
    gate = asyncio.Semaphore(at_once)

    async def one(each: Coroutine[Any, Any, T]) -> T:
        try:
            async with gate:
                return await each
        finally:
            each.close()

    return list(await asyncio.gather(*(one(each) for each in doing)))


def listed(names: list[Any]) -> str:
    """`a, b and c`."""
    words = [str(name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
