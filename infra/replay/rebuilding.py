"""The replay itself: Kafka's records, in order, through the service's own handlers, into an empty database."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.local.problems import LocalProblem
from infra.replay.fingerprints import CANONICAL, Fingerprint, compare, fingerprints
from infra.replay.live import Live, caught_up, connect, look_at
from infra.replay.outcome import Outcome, TableOutcome, Tally
from infra.replay.reading import Read, reading
from shared.database import make_engine, ping
from shared.derived import Derivation
from shared.events import FORGETTABLES, Envelope
from shared.inbox.quarantine import describe
from shared.messaging import Handling, Listener
from shared.messaging import Outcome as Handled
from shared.work import Works

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many records were read, and how many there are."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The service that is replayed: what it hears, how it is called in Kafka, and what of its tables can be rebuilt."""

    service: str
    listener: Listener
    derivation: Derivation
    topic: str
    """Where it publishes; a replay publishes nothing, but its handlers name it."""
    group: str


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
        async with _works(subject, into) as works:
            rebuilding = Rebuilding(subject, works, live, until)
            async for read in reader.in_order(spans):
                await rebuilding.take(read)
                progress("Handling", rebuilding.tally.read, total)
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

    def __init__(self, subject: Subject, works: Works, live: Live | None, until: datetime | None) -> None:
        self.tally = Tally()
        self._handling = Handling(subject.listener, works)
        self._live = live
        self._until = until
        self._committed = {(at.topic, at.partition): end for at, end in live.committed.items()} if live else {}
        self._closed: set[tuple[str, str]] = set()
        self._stuck: set[tuple[str, str]] = set()

    async def take(self, read: Read) -> None:
        self.tally.read += 1
        if self._until is not None and _is_tombstone(read):
            # Whoever was forgotten stays forgotten, also in the past: Kafka may not have compacted them away yet.
            await self._handle(read)
        elif self._is_too_late(read):
            self.tally.later += 1
        elif self._live and (why := self._live.set_aside.get(read.place)):
            self.tally.left_out.note(read, why)
        elif not self._was_heard(read):
            self._note_unheard(read)
        elif read.key in self._stuck:
            self.tally.failed.note(read, "waits behind an earlier event of its key")
        else:
            await self._handle(read)

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

    async def _handle(self, read: Read) -> None:
        if read.envelope is None:
            self._fail(read, str(read.fault))
            return
        try:
            handled = await _attempt(self._handling, read.record, read.envelope)
        except Exception as fault:
            await self._require_database(fault)
            self._fail(read, describe(fault))
            return
        if handled is Handled.DUPLICATE:
            self.tally.duplicates += 1
        else:
            self.tally.handled += 1

    def _fail(self, read: Read, why: str) -> None:
        self._stuck.add(read.key)
        self.tally.failed.note(read, why)

    async def _require_database(self, fault: Exception) -> None:
        try:
            await ping(self._handling.works.engine)
        except Exception as error:
            message = f"Start again: the database that was being rebuilt went away ({type(fault).__name__})."
            raise LocalProblem(message) from error


def _is_tombstone(read: Read) -> bool:
    return read.envelope is not None and read.envelope.value is None and read.envelope.topic in FORGETTABLES


async def _attempt(handling: Handling, record: Any, envelope: Envelope) -> Handled:
    """One record in one transaction, by the code that handles it when it comes from Kafka."""
    return await handling._attempt(record, envelope)


@asynccontextmanager
async def _works(subject: Subject, url: str) -> AsyncIterator[Works]:
    engine = make_engine(url, service=f"{subject.service}-replay", pool_size=2)
    _hurry(engine)
    try:
        yield Works(engine, service=subject.service, topic=subject.topic)
    finally:
        await engine.dispose()


def _hurry(engine: AsyncEngine) -> None:
    """Don't wait for the disk at each commit: what a crash would take is read again, into another empty database."""

    @event.listens_for(engine.sync_engine, "connect")
    def commit_without_waiting(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("SET synchronous_commit = off")
        cursor.close()


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
