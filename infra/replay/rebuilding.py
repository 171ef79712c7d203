"""The replay itself: Kafka's records, in order, through the service's own handlers, into an empty database."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

import asyncpg

from infra.local.problems import LocalProblem
from infra.replay.fingerprints import CANONICAL, Fingerprint, compare, fingerprints
from infra.replay.handlers import Handlers, handlers_of
from infra.replay.live import Live, caught_up, connect, look_at
from infra.replay.outcome import Outcome, TableOutcome, Tally
from infra.replay.reading import Read, reading
from infra.replay.subjects import Subject
from shared.events import FORGETTABLES

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many records were read, and how many there are."""


def watch_nothing(doing: str, read: int, total: int) -> None:
    """Progress for whoever does not ask for it."""


async def replay(
    subject: Subject,
    *,
    kafka: str,
    into: str,
    live_url: str | None = None,
    until: datetime | None = None,
    wait_seconds: float = 10.0,
    progress: Progress = watch_nothing,
    database: str | None = None,
) -> Outcome:
    """Rebuild the derived tables in the empty database `into`, and compare them with those at `live_url`.

    With a moment, of the events only those that had happened by then; nothing is compared, as nothing is as it was.
    `database` is how the outcome shall call it, if it stays.
    """
    derived = subject.derivation.derived
    live, in_time = None, None
    async with reading(kafka) as reader:
        if live_url:
            if until is None:
                progress("Waiting until the service has heard what there is", 0, 0)
                spans = await reader.spans(subject.listener.topics)
                in_time = await caught_up(kafka, subject.group, spans, seconds=wait_seconds)
            progress("Looking at the service's database", 0, 0)
            live = await look_at(live_url, () if until else derived, kafka=kafka, group=subject.group)
        # After the look, so that all that the service had handled by then lies before these ends.
        spans = await reader.spans(subject.listener.topics)
        total = sum(span.end - span.begin for span in spans.values())
        begun = time.monotonic()
        async with handlers_of(subject, into) as handlers:
            rebuilding = Rebuilding(handlers, live, until)
            async for read in reader.in_order(spans):
                await rebuilding.take(read)
                progress("Handling", rebuilding.tally.read, total)
            await handlers.finish()
        seconds = time.monotonic() - begun

    progress("Comparing" if live and not until else "Counting", rebuilding.tally.read, total)
    rebuilt = await _settle(into, subject)
    tables = [TableOutcome(each) for each in rebuilt]
    if live and not until:
        tally = rebuilding.tally
        tally.gone = len(live.handled) - tally.handled - tally.failed.count
        tables = [
            TableOutcome(here, there, await asyncio.to_thread(compare, one, live=there, rebuilt=here))
            for one, there, here in zip(derived, live.tables, rebuilt, strict=True)
        ]
    return Outcome(
        service=subject.service,
        until=until,
        events=rebuilding.tally,
        tables=tables,
        seconds=seconds,
        caught_up=in_time,
        database=database,
    )


class Rebuilding:
    """Decides of each record whether the rebuilt tables should show it, and if so, handles it."""

    def __init__(self, handlers: Handlers, live: Live | None, until: datetime | None) -> None:
        self.tally: Tally = handlers.tally
        self._handlers = handlers
        self._live = live
        self._until = until
        self._committed = {(at.topic, at.partition): end for at, end in live.committed.items()} if live else {}
        self._closed: set[tuple[str, str]] = set()

    async def take(self, read: Read) -> None:
        self.tally.read += 1
        if self._until is not None and _is_tombstone(read):
            # Whoever was forgotten stays forgotten, also in the past: Kafka may not have compacted them away yet.
            await self._handlers.take(read)
        elif self._is_too_late(read):
            self.tally.later += 1
        elif self._live and (why := self._live.set_aside.get(read.place)):
            self.tally.left_out.note(read, why)
        elif not self._was_heard(read):
            self._note_unheard(read)
        else:
            await self._handlers.take(read)

    def _is_too_late(self, read: Read) -> bool:
        """A key's first event after the moment ends its story: what was committed later can't have been known."""
        if self._until is None:
            return False
        if read.time > self._until:
            self._closed.add(read.key)
        return read.key in self._closed

    def _was_heard(self, read: Read) -> bool:
        if self._live is None or self._until is not None:
            return True
        return read.envelope is not None and read.envelope.id in self._live.handled

    def _note_unheard(self, read: Read) -> None:
        topic, partition, offset = read.place
        if offset < self._committed.get((topic, partition), 0):
            self.tally.passed_over.note(read, "read by the service's group, and not in its inbox")
        else:
            self.tally.in_flight += 1


def _is_tombstone(read: Read) -> bool:
    return read.envelope is not None and read.envelope.value is None and read.envelope.topic in FORGETTABLES


async def _settle(url: str, subject: Subject) -> list[Fingerprint]:
    """Take away what a relay started here by mistake would publish, and take the fingerprints.

    This commit waits for the disk, and with it all those before.
    """
    connection = await connect(url)
    try:
        await connection.execute("DELETE FROM outbox_pending")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(CANONICAL)
            return await fingerprints(connection, subject.derivation.derived)
    except asyncpg.PostgresError as error:
        message = f"Start again: the database that was rebuilt can't be read ({error})."
        raise LocalProblem(message) from error
    finally:
        await connection.close()
