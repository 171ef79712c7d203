"""Reads of the event log: by any of an event's traits, the gaps in it, and a file's story."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text, tuple_
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from services.notifications.models import Challenge, Contact, Edition, Entry, File, FileMember

SOURCES = {name: f"/services/{name}" for name in ("applications", "selection", "incubation", "notifications")}
MOST_GAPS = 200
LONGEST_TIMELINE = 5_000
LONGEST_LIST = 100

GAPS = text(
    """
    SELECT source, subject, before, after FROM (
        SELECT source, subject, sequence AS after,
               coalesce(lag(sequence) OVER (PARTITION BY source, subject ORDER BY sequence), 0) AS before
        FROM entry
    ) AS steps
    WHERE after <> before + 1
    ORDER BY source, subject, after LIMIT :limit
    """
)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which events; whatever is None does not matter."""

    file: UUID | None = None
    types: tuple[str, ...] = ()
    service: str | None = None
    subject: str | None = None
    correlation: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def of(self, query: SelectOfScalar[Entry]) -> SelectOfScalar[Entry]:
        """The query, narrowed."""
        if self.file is not None:
            query = query.where(col(Entry.file) == self.file)
        if self.types:
            query = query.where(col(Entry.type).in_(self.types))
        if self.service is not None:
            query = query.where(col(Entry.source) == SOURCES[self.service])
        if self.subject is not None:
            query = query.where(col(Entry.subject) == self.subject)
        if self.correlation is not None:
            query = query.where(col(Entry.correlation_id) == self.correlation)
        if self.actor is not None:
            query = query.where(col(Entry.actor) == self.actor)
        if self.since is not None:
            query = query.where(col(Entry.happened_at) >= self.since)
        if self.until is not None:
            query = query.where(col(Entry.happened_at) < self.until)
        return query


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Two events of one aggregate that stand side by side and should not."""

    source: str
    subject: str
    before: int
    after: int


async def entries(
    session: AsyncSession, filters: Filters, *, after: int | None, limit: int, descending: bool = False
) -> Sequence[Entry]:
    query = filters.of(select(Entry))
    if after is not None:
        query = query.where(col(Entry.position) < after if descending else col(Entry.position) > after)
    order = col(Entry.position).desc() if descending else col(Entry.position)
    return (await session.exec(query.order_by(order).limit(limit))).all()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page of the newest ended: in order of time, if a time was asked for, else of positions."""

    position: int
    happened_at: datetime | None = None


async def newest(
    session: AsyncSession, filters: Filters, *, head: int, before: Place | None, limit: int
) -> Sequence[Entry]:
    """The latest up to a position, or before a place. Each order has an index that begins with it."""
    query = filters.of(select(Entry)).where(col(Entry.position) <= head)
    position, time = col(Entry.position), col(Entry.happened_at)
    if filters.since is None and filters.until is None:
        if before is not None:
            query = query.where(position < before.position)
        return (await session.exec(query.order_by(position.desc()).limit(limit))).all()
    if before is not None:
        query = query.where(tuple_(time, position) < (before.happened_at, before.position))
    return (await session.exec(query.order_by(time.desc(), position.desc()).limit(limit))).all()


async def effects_of(session: AsyncSession, event_id: UUID) -> Sequence[Entry]:
    """What the event led to, in order; the first LONGEST_LIST of it."""
    query = select(Entry).where(Entry.causation_id == str(event_id))
    return (await session.exec(query.order_by(col(Entry.position)).limit(LONGEST_LIST))).all()


async def zone_of(session: AsyncSession, *, file: UUID | None = None) -> str | None:
    """The zone in which to tell times: of the file's edition, else of the edition that was announced last."""
    query = select(Edition.zone)
    if file is not None:
        own = query.join(File, col(File.edition_id) == col(Edition.id)).where(col(File.id) == file)
        if (found := (await session.exec(own)).first()) is not None:
            return found
    return (await session.exec(query.order_by(col(Edition.id).desc()).limit(1))).first()


async def names_of(session: AsyncSession, people: Collection[str]) -> Mapping[str, str]:
    """The names of those whom we can write to, by person id as text. Only for whoever may read them."""
    wanted = [id_ for each in people if (id_ := _uuid(each))]
    if not wanted:
        return {}
    found = await session.exec(select(Contact).where(col(Contact.id).in_(wanted)))
    return {str(contact.id): contact.name for contact in found}


async def members_of(session: AsyncSession, file: UUID) -> list[str]:
    """The team's person ids, as text."""
    found = select(FileMember.person_id).where(FileMember.file_id == file).order_by(col(FileMember.person_id))
    return [str(each) for each in await session.exec(found)]


async def titles_of(session: AsyncSession) -> Mapping[str, Mapping[str, str]]:
    """Each published challenge's title by language, by challenge id as text."""
    return {str(challenge.id): challenge.title for challenge in await session.exec(select(Challenge))}


async def entry(session: AsyncSession, position: int) -> Entry | None:
    return await session.get(Entry, position)


async def of_event(session: AsyncSession, event_id: UUID) -> Entry | None:
    return (await session.exec(select(Entry).where(Entry.event_id == event_id))).first()


async def head(session: AsyncSession) -> int:
    """The last position; all up to it can be read, as positions are committed in order."""
    return (await session.exec(select(func.coalesce(func.max(Entry.position), 0)))).one()


async def following(session: AsyncSession, filters: Filters, *, after: int, limit: int) -> tuple[Sequence[Entry], int]:
    """What came after a position, and up to where has been looked, so that the next look can begin there."""
    looked = await head(session)
    query = filters.of(select(Entry)).where(col(Entry.position) > after, col(Entry.position) <= looked)
    rows = (await session.exec(query.order_by(col(Entry.position)).limit(limit))).all()
    return rows, rows[-1].position if len(rows) == limit else max(after, looked)


async def gaps(session: AsyncSession) -> list[Gap]:
    rows = await (await session.connection()).execute(GAPS, {"limit": MOST_GAPS})
    return [Gap(source=row.source, subject=row.subject, before=row.before, after=row.after) for row in rows]


async def story(session: AsyncSession, file: UUID, *, types: Collection[str] | None = None) -> Sequence[Entry]:
    """A file's events in order, of these types or of all; the first LONGEST_TIMELINE of them."""
    query = select(Entry).where(Entry.file == file)
    if types is not None:
        query = query.where(col(Entry.type).in_(types))
    return (await session.exec(query.order_by(col(Entry.position)).limit(LONGEST_TIMELINE))).all()


async def causes_of(session: AsyncSession, told: Sequence[Entry]) -> Mapping[str, Entry]:
    """The events that caused these, by id as text, wherever in the log they are."""
    wanted = [cause for entry in told if (cause := _uuid(entry.causation_id))]
    if not wanted:
        return {}
    found = await session.exec(select(Entry).where(col(Entry.event_id).in_(wanted)))
    return {str(entry.event_id): entry for entry in found}


async def is_member(session: AsyncSession, file: UUID, person_id: str) -> bool:
    person = _uuid(person_id)
    return person is not None and await session.get(FileMember, (file, person)) is not None


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
