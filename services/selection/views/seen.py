"""What a juror reads of files, and no more: from two views of the database, in a role that may read nothing else.

Whether a round is blind is decided in the views themselves (migration `blind`): what a blind juror must not know never
leaves the database, so no page, list, search or order can show it.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Integer, MetaData, String, Table, Uuid, func, or_
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

ROLE = "datacity_selection_juror"

_NOT_OURS = MetaData()
"""The views are no tables: no migration makes them from here."""

CANDIDATES = Table(
    "candidate_for_juror",
    _NOT_OURS,
    Column("application_id", Uuid),
    Column("revision", Integer),
    Column("startup", String),
    Column("title", String),
    Column("summary", String),
)
FILES = Table(
    "file_for_juror",
    _NOT_OURS,
    Column("review_id", Uuid),
    Column("application_id", Uuid),
    Column("revision", Integer),
    Column("startup", String),
    Column("title", String),
    Column("summary", String),
    Column("answers", JSONB),
    Column("attachments", JSONB),
)


@dataclass(frozen=True, kw_only=True)
class SeenFile:
    """One revision, as the juror who reviews it may read it; in a blind round without whose it is."""

    application_id: UUID
    revision: int
    startup: str | None
    title: str
    summary: str
    answers: Mapping[str, str]
    attachments: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class SeenName:
    """What a file is called and is about, as a juror may know it."""

    startup: str | None = None
    title: str | None = None
    summary: str | None = None


@asynccontextmanager
async def as_juror(session: AsyncSession, person_id: UUID) -> AsyncIterator[None]:
    """Within, the database itself refuses all but what this juror may read; a fault undoes the transaction with it."""
    await session.flush()
    me, role = func.set_config("datacity.juror", str(person_id), True), func.set_config("role", ROLE, True)
    await session.exec(select(me, role))
    yield
    await session.exec(select(func.set_config("role", "none", True), func.set_config("datacity.juror", "", True)))


async def file_seen(session: AsyncSession, review_id: UUID, revision: int, *, person_id: UUID) -> SeenFile | None:
    """A revision of the file under review; None if it is not there, erased, or not this juror's."""
    found = await files_seen(session, review_id, [revision], person_id=person_id)
    return found.get(revision)


async def files_seen(
    session: AsyncSession, review_id: UUID, revisions: Sequence[int], *, person_id: UUID
) -> dict[int, SeenFile]:
    """Several revisions of it."""
    query = select(*FILES.c).where(FILES.c.review_id == review_id, FILES.c.revision.in_(revisions))
    async with as_juror(session, person_id):
        rows = (await session.exec(query)).all()
    return {
        row.revision: SeenFile(
            application_id=row.application_id,
            revision=row.revision,
            startup=row.startup,
            title=row.title,
            summary=row.summary,
            answers=row.answers,
            attachments=row.attachments,
        )
        for row in rows
    }


async def names_seen(
    session: AsyncSession, application_ids: Collection[UUID], *, person_id: UUID, search: str | None = None
) -> dict[UUID, SeenName]:
    """What these files are called, by their newest words, as far as this juror may know; `search` looks in that."""
    newest = (
        select(CANDIDATES.c.application_id, CANDIDATES.c.startup, CANDIDATES.c.title, CANDIDATES.c.summary)
        .ext(distinct_on(CANDIDATES.c.application_id))
        .where(CANDIDATES.c.application_id.in_(application_ids))
        .order_by(CANDIDATES.c.application_id, CANDIDATES.c.revision.desc())
        .subquery()
    )
    query = select(newest.c.application_id, newest.c.startup, newest.c.title, newest.c.summary)
    if search is not None:
        query = query.where(
            or_(newest.c.startup.icontains(search, autoescape=True), newest.c.title.icontains(search, autoescape=True))
        )
    async with as_juror(session, person_id):
        rows = (await session.exec(query)).all()
    return {
        application_id: SeenName(startup=startup, title=title, summary=summary)
        for application_id, startup, title, summary in rows
    }
