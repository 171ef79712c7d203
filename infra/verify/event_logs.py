"""The journal against what each service wrote of itself: none lost, none extra, every byte the same."""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from infra.provision import plain
from infra.verify.databases import COLUMNS, envelope_of, reading
from infra.verify.faults import EventDiffers, EventExtra, EventLost, Fault
from infra.verify.reading import Progress
from shared.events import Envelope
from shared.journal import Opened, framed

Number = tuple[str, str, int]
"""Source, subject and sequence: what an event is known by."""

EVENTS = f"""
    SELECT {COLUMNS}, position IN (SELECT logged_at FROM outbox_pending) AS waits FROM event_log ORDER BY position
"""  # noqa: S608  names of columns
PREFETCH = 2_000


@dataclass
class Told:
    """What the journal's entries say: by number, where, and a digest of the exact bytes."""

    events: dict[Number, tuple[int, bytes]] = field(default_factory=dict)
    sealed: int = 0

    def note(self, entry: int, said: Opened | None, opened: bytes | None) -> None:
        """`opened` is the open form. Of a number that is given twice, the first counts."""
        if said is None or opened is None:
            self.sealed += 1
            return
        number = (said.source, said.subject, said.sequence)
        self.events.setdefault(number, (entry, hashlib.sha256(opened).digest()))


@dataclass(frozen=True)
class Reconciled:
    """One service's event log beside the journal."""

    source: str
    events: int
    under_way: int
    """Written, and not in the journal yet; that is to be expected of what is young or still in the outbox."""
    faults: list[Fault]

    def as_dict(self) -> dict[str, Any]:
        return {"source": self.source, "events": self.events, "under_way": self.under_way, "faults": len(self.faults)}


async def reconcile(
    url: str, told: Told, *, recorded: Collection[str], young: datetime, progress: Progress
) -> Reconciled:
    """Compare; `recorded` are the events that the journal has and has not sealed. Read it after the journal.

    What happened after `young` and is not in the journal is under way. Raises Unreadable.
    """
    found: list[Fault] = []
    sources: set[str] = set()
    seen: set[Number] = set()
    events = under_way = 0
    async with reading(url) as connection:
        total = await connection.fetchval("SELECT count(*) FROM event_log")
        async for row in connection.cursor(EVENTS, prefetch=PREFETCH):
            event = envelope_of(row, topic=row["topic"])
            number = (event.source, event.subject, event.sequence)
            sources.add(event.source)
            seen.add(number)
            events += 1
            if number in told.events:
                found += _compared(event, number, told)
            elif row["waits"] or event.time > young or str(event.id) in recorded:
                under_way += 1
            else:
                found.append(EventLost(*number, str(event.id)))
            if events % PREFETCH == 0:
                progress(f"event log of {event.source}", events, total)
    sources |= _named_by(url)
    extra = [number for number in told.events if number[0] in sources and number not in seen]
    found += [EventExtra(*number, told.events[number][0]) for number in extra]
    return Reconciled(", ".join(sorted(sources)) or "nobody", events, under_way, found)


def grace(now: datetime, seconds: float) -> datetime:
    return now - timedelta(seconds=seconds)


def _compared(event: Envelope, number: Number, told: Told) -> list[Fault]:
    entry, digest = told.events[number]
    return [] if hashlib.sha256(framed(event)).digest() == digest else [EventDiffers(*number, entry)]


def _named_by(url: str) -> set[str]:
    """The service that a database's role is of: one whose event log is empty doesn't say."""
    role = re.fullmatch(r"datacity_(\w+?)(?:_owner)?", urlsplit(plain(url)).username or "")
    return {f"/services/{role[1]}"} if role else set()
