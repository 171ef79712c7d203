"""A service's own handlers at work in a replay: a batch of records per transaction, one by one where a batch fails."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.local.problems import LocalProblem
from infra.replay.outcome import Tally
from infra.replay.reading import Read
from infra.replay.subjects import Subject
from shared.database import make_engine, ping
from shared.events import Envelope
from shared.inbox.quarantine import describe
from shared.messaging import Handling, Outcome
from shared.work import Works

BATCH = 200


class Handlers:
    """Handles what it is given, in that order, and tallies it; `finish` when nothing more comes."""

    def __init__(self, subject: Subject, engine: AsyncEngine) -> None:
        self.tally = Tally()
        self._engine = engine
        self._handling = Handling(subject.listener, Works(engine, service=subject.service, topic=subject.topic))
        self._waiting: list[Read] = []
        self._stuck: set[tuple[str, str]] = set()

    async def take(self, read: Read) -> None:
        self._waiting.append(read)
        if len(self._waiting) >= BATCH:
            await self.finish()

    async def finish(self) -> None:
        reads, self._waiting = self._waiting, []
        if not reads:
            return
        try:
            outcomes = await self._handle_together(reads)
        except Exception:
            # All of it was undone. One after the other, those that are good count, and who fails is known.
            for read in reads:
                await self._handle_alone(read)
        else:
            for outcome in outcomes:
                self._count(outcome)

    async def _handle_together(self, reads: Sequence[Read]) -> list[Outcome]:
        """In one transaction: a session on a connection that is in one already leaves it open when it commits."""
        async with self._engine.connect() as connection, connection.begin():
            self._handling.works.engine = cast("AsyncEngine", connection)
            try:
                return [await self._handling.attempt(_sound(read, self._stuck)) for read in reads]
            finally:
                self._handling.works.engine = self._engine

    async def _handle_alone(self, read: Read) -> None:
        if read.key in self._stuck:
            self.tally.failed.note(read, "waits behind an earlier event of its key")
            return
        try:
            outcome = await self._handling.attempt(_sound(read, self._stuck))
        except Exception as fault:
            await self._require_database(fault)
            self._stuck.add(read.key)
            self.tally.failed.note(read, describe(fault))
        else:
            self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        if outcome is Outcome.DUPLICATE:
            self.tally.duplicates += 1
        else:
            self.tally.handled += 1

    async def _require_database(self, fault: Exception) -> None:
        try:
            await ping(self._engine)
        except Exception as error:
            message = f"Start again: the database that was being rebuilt went away ({type(fault).__name__})."
            raise LocalProblem(message) from error


class BehindFailed(Exception):
    """An earlier event of its key failed."""


def _sound(read: Read, stuck: set[tuple[str, str]]) -> Envelope:
    """Raises what is wrong with the record before any handler sees it."""
    if read.key in stuck:
        raise BehindFailed
    if read.envelope is None:
        raise read.fault or ValueError
    return read.envelope


@asynccontextmanager
async def handlers_of(subject: Subject, url: str) -> AsyncIterator[Handlers]:
    engine = make_engine(url, service=f"{subject.service}-replay", pool_size=2)
    _hurry(engine)
    try:
        yield Handlers(subject, engine)
    finally:
        await engine.dispose()


def _hurry(engine: AsyncEngine) -> None:
    """Don't wait for the disk at each commit: what a crash would take is read again, into another empty database."""

    @event.listens_for(engine.sync_engine, "connect")
    def commit_without_waiting(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("SET synchronous_commit = off")
        cursor.close()
