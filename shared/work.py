"""A unit of work: one request or one message, one transaction, and the events that tell of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock, tracing
from shared.database import new_id
from shared.database.successive import SuccessiveSession
from shared.errors import StaleVersion
from shared.events import Envelope, Event, Forgettable
from shared.identity import Actor
from shared.logging import current_traceparent
from shared.outbox import Outgoing, Wakeup, write_all


@dataclass(kw_only=True)
class Work:
    """What a handler is given. It adds to the session and publishes; the edge commits, or rolls back."""

    session: AsyncSession
    now: datetime
    actor: Actor
    source: str
    topic: str
    correlation_id: str
    cause: Envelope | None = None
    traceparent: str | None = None
    _outgoing: list[tuple[bool, Outgoing]] = field(default_factory=list, repr=False)

    def publish(self, event: Event) -> None:
        """Tell what happened: written to the event log and the outbox when this work commits, else never."""
        self._queue(self.topic, event.TYPE, event.subject, event.key, event.to_bytes(), is_event=True)

    def remember(self, record: Forgettable) -> None:
        """Send a person or a dossier to its compacted topic."""
        self._queue(record.TOPIC, record.TYPE, record.key, record.key, record.to_bytes(), is_event=False)

    def forget(self, record: type[Forgettable], *, key: str) -> None:
        """Send a tombstone: everyone who holds a copy erases it."""
        self._queue(record.TOPIC, record.TYPE, key, key, None, is_event=False)

    @property
    def told(self) -> list[Outgoing]:
        """The events that were published and are not yet written, in order."""
        return [outgoing for is_event, outgoing in self._outgoing if is_event]

    @property
    def has_news(self) -> bool:
        return bool(self._outgoing)

    async def flush(self) -> None:
        """Write state, then events, into the transaction. Raises StaleVersion if another change came first."""
        try:
            await self.session.flush()
        except StaleDataError as stale:
            raise StaleVersion from stale
        await write_all(self.session, self._outgoing)
        self._outgoing.clear()

    def _queue(self, topic: str, type_: str, subject: str, key: str, value: bytes | None, *, is_event: bool) -> None:
        outgoing = Outgoing(
            id=new_id(),
            topic=topic,
            source=self.source,
            type=type_,
            subject=subject,
            key=key,
            time=self.now,
            correlation_id=self.correlation_id,
            causation_id=str(self.cause.id) if self.cause else None,
            actor=self.actor.name,
            traceparent=self.traceparent,
            value=value,
        )
        self._outgoing.append((is_event, outgoing))


class Together:
    """Units of work one after the other in one transaction. Each is given to its handler before the next is begun."""

    def __init__(self, works: "Works", session: SuccessiveSession) -> None:
        self.session = session
        self._works = works
        self._outgoing: list[tuple[bool, Outgoing]] = []
        self._last: Work | None = None

    def next(self, cause: Envelope, *, traceparent: str | None = None) -> Work:
        """The work of one event, on the common session; what it publishes is written with all others' at the end."""
        self.session.begin_next()
        self._last = self._works.work_on(self.session, cause=cause, traceparent=traceparent)
        self._last._outgoing = self._outgoing
        return self._last

    @property
    def has_news(self) -> bool:
        return bool(self._outgoing)

    async def flush(self) -> None:
        """Write what all of them changed, then all that they published, in order."""
        if self._last is not None:
            await self._last.flush()


class Works:
    """Opens units of work on one service's database; made once, in the service's `main`."""

    def __init__(self, engine: AsyncEngine, *, service: str, topic: str, wakeup: Wakeup | None = None) -> None:
        self.engine = engine
        self.service = service
        self.topic = topic
        self.source = f"/services/{service}"
        self.wakeup = wakeup or Wakeup()

    @asynccontextmanager
    async def begin(
        self,
        *,
        actor: Actor | None = None,
        correlation_id: str | None = None,
        cause: Envelope | None = None,
        traceparent: str | None = None,
        now: datetime | None = None,
        read_only: bool = False,
    ) -> AsyncIterator[Work]:
        """Commit at the end, or undo everything if anything was raised; `read_only` always undoes.

        Without an actor the service itself acts. An event's work carries on its correlation and its trace; without
        either it belongs to the trace that is current, or begins one.
        """
        given = traceparent or (cause.traceparent if cause else None) or current_traceparent()
        trace = tracing.working(self.service, given)
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            work = self.work_on(
                session,
                actor=actor,
                correlation_id=correlation_id,
                cause=cause,
                traceparent=trace.traceparent,
                now=now,
            )
            yield work
            if read_only:
                await session.rollback()
                return
            news = work.has_news
            await work.flush()
            await session.commit()
        if news:
            trace.end()
            self.wakeup.signal()

    @asynccontextmanager
    async def together(self) -> AsyncIterator[Together]:
        """Several units of work that commit as one at the end, or of which nothing remains."""
        async with SuccessiveSession(self.engine, expire_on_commit=False) as session:
            together = Together(self, session)
            yield together
            news = together.has_news
            await together.flush()
            await session.commit()
        if news:
            self.wakeup.signal()

    def work_on(
        self,
        session: AsyncSession,
        *,
        actor: Actor | None = None,
        correlation_id: str | None = None,
        cause: Envelope | None = None,
        traceparent: str | None = None,
        now: datetime | None = None,
    ) -> Work:
        """A unit of work on a session that somebody else commits."""
        return Work(
            session=session,
            now=now or clock.now(),
            actor=actor or Actor.system(self.service),
            source=self.source,
            topic=self.topic,
            correlation_id=correlation_id or (cause.correlation_id if cause else str(new_id())),
            cause=cause,
            traceparent=traceparent or (cause.traceparent if cause else None),
        )
