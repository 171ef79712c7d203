"""Seals the event log into the journal, a moment behind it; whoever records an event never waits for that."""

import asyncio
import time

import structlog
from prometheus_client import Gauge

from services.notifications import tree
from services.notifications.handlers import sealing
from services.notifications.signals import ENTRY_RECORDED
from shared.settings import Settings
from shared.tlog.keys import SigningKey
from shared.work import Works

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 1.0
"""Between two checkpoints, so that each is worth its signature. The promise is 5 s behind at most."""

SIZE = Gauge("datacity_journal_size", "Entries that the journal's last checkpoint is over", ["service"])
CAUGHT_UP = Gauge(
    "datacity_journal_caught_up_timestamp_seconds",
    "When this process last found every recorded event under a checkpoint",
    ["service"],
)


def keys_of(settings: Settings) -> list[SigningKey]:
    """The keys that sign checkpoints, the current one first; none if the journal is not to be sealed here.

    Raises MalformedKey, UnknownKeyType, DifferentNames.
    """
    given = settings.journal_keys.get_secret_value().split() if settings.journal_keys else []
    keys = [SigningKey.parse(skey) for skey in given]
    if len({key.name for key in keys}) > 1:
        raise DifferentNames
    return keys


class DifferentNames(ValueError):
    """The log has one name, for ever."""

    def __init__(self) -> None:
        super().__init__("All keys in DATACITY_JOURNAL_KEYS must bear the same name: it is the journal's own.")


async def seal_journal(works: Works, settings: Settings) -> None:
    """Seal whatever was recorded, again and again, until cancelled; safe beside another one of its kind."""
    keys = keys_of(settings)
    if not keys:
        log.warning("journal_not_sealed", reason="DATACITY_JOURNAL_KEYS is not set")
        await asyncio.Event().wait()  # until cancelled: there is nothing to do
    async with works.begin() as work:
        await sealing.announce(keys, work)
    while True:
        while await _seal(works, keys) == sealing.BATCH:
            pass
        await asyncio.sleep(PAUSE_SECONDS)
        await ENTRY_RECORDED.wait()


async def _seal(works: Works, keys: list[SigningKey]) -> int:
    async with works.begin() as work:
        sealed = await sealing.seal(keys, work)
        latest = await tree.latest(work.session)
    SIZE.labels(works.service).set(latest.size if latest else 0)
    if sealed < sealing.BATCH:
        CAUGHT_UP.labels(works.service).set(time.time())
    return sealed
