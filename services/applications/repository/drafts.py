"""Drafts that are being written, and what was saved of them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, delete, text
from sqlmodel import col, select

from services.applications.domain import applications
from services.applications.domain.drafts import Met, Value
from services.applications.domain.versions import Version
from services.applications.models import Application, Call, DraftVersion, TeamMember
from services.applications.repository.people import of_team_with
from services.applications.repository.rules import scheduled
from services.applications.schedules import Schedule
from shared.work import Work

# The last save of each field since a version, once by the pen that asks and once by others.
_SINCE = text(
    """
    SELECT DISTINCT ON (field, own)
        field, own, number, author_id, saved_at, coalesce(aside -> field, changes -> field) AS sent
    FROM (
        SELECT v.*, each.field, v.pen IS NOT DISTINCT FROM :pen AND v.pen IS NOT NULL AS own
        FROM draft_version v, jsonb_object_keys(v.changes) AS each (field)
        WHERE v.application_id = :application_id AND v.number > :base
    ) AS saved
    ORDER BY field, own, number DESC
    """
)

# What these fields said at a version, as far as is known: at the last save before it that is still told apart.
_AT = text(
    """
    SELECT DISTINCT ON (field) field, changes -> field AS value
    FROM draft_version, unnest(CAST(:fields AS text[])) AS field
    WHERE application_id = :application_id AND number <= :base AND changes ? field
    ORDER BY field, number DESC
    """
)


class Writing(NamedTuple):
    """A draft that somebody is about to save, locked, and all that decides whether it may be."""

    application: Application
    role: str
    """Of who saves, in its team."""
    schedule: Schedule


class Since(NamedTuple):
    """What happened to one field since a version."""

    sent: Value
    """What the asking pen saved last, as it sent it; says nothing if it saved nothing."""
    is_own: bool
    other: Met | None


async def writing(work: Work, application_id: UUID, *, by: UUID) -> Writing:
    """In two statements, as this is what everybody does every few seconds; only if that person belongs to its team.

    The call is not held: whether a draft was saved a moment before its call was closed is of no consequence, since
    only what was handed in counts.
    """
    query = (
        select(Application, Call, TeamMember.role)
        .join(Call, col(Call.id) == col(Application.call_id))
        .join(TeamMember, and_(col(TeamMember.team_id) == col(Application.team_id), col(TeamMember.person_id) == by))
        .where(col(Application.id) == application_id)
        .with_for_update(of=Application)
    )
    found = (await work.session.exec(query)).first()
    if found is None:
        raise applications.NoSuchApplication
    application, call, role = found
    return Writing(application, role, await scheduled(work, call, team_id=application.team_id))


async def version_of_draft(work: Work, application_id: UUID, *, by: UUID) -> int:
    """As it is now; only if that person belongs to its team."""
    query = select(Application.version).where(col(Application.id) == application_id, of_team_with(by))
    found = (await work.session.exec(query)).first()
    if found is None:
        raise applications.NoSuchApplication
    return found


async def since(work: Work, application_id: UUID, *, base: int, pen: UUID | None) -> dict[str, Since]:
    """Field → what became of it since this version; fields that nobody saved are left out."""
    asked = {"application_id": application_id, "base": base, "pen": pen}
    found: dict[str, Since] = {}
    for row in await (await work.session.connection()).execute(_SINCE, asked):
        before = found.get(row.field, Since(None, is_own=False, other=None))
        if row.own:
            found[row.field] = before._replace(sent=row.sent, is_own=True)
        else:
            other = Met(by=row.author_id, at=row.saved_at, number=row.number)
            found[row.field] = before._replace(other=other)
    return found


async def fields_at(work: Work, application_id: UUID, *, base: int, fields: Collection[str]) -> dict[str, Value]:
    """What these fields said at that version; what said nothing is left out."""
    asked = {"application_id": application_id, "base": base, "fields": list(fields)}
    return {row.field: row.value for row in await (await work.session.connection()).execute(_AT, asked)}


async def saves_of(work: Work, application_id: UUID, *, until: int | None = None) -> list[Version]:
    """All that is kept of what was saved, oldest first."""
    query = select(DraftVersion).where(col(DraftVersion.application_id) == application_id)
    if until is not None:
        query = query.where(col(DraftVersion.number) <= until)
    return [as_version(row) for row in await work.session.exec(query.order_by(col(DraftVersion.number)))]


async def draft_to_thin(work: Work, *, saved_before: datetime) -> UUID | None:
    """A draft whose saves may be joined by now, locked; nobody else takes it."""
    query = (
        select(Application.id)
        .where(
            col(Application.id).in_(
                select(DraftVersion.application_id).where(
                    ~col(DraftVersion.settled), col(DraftVersion.saved_at) < saved_before
                )
            )
        )
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await work.session.exec(query)).first()


async def keep_thinned(
    work: Work, application_id: UUID, *, kept: Sequence[Version], dropped: Collection[int], settled_before: datetime
) -> None:
    """Put these versions in place of those that were joined to them."""
    mine = col(DraftVersion.application_id) == application_id
    rows = {row.number: row for row in await work.session.exec(select(DraftVersion).where(mine))}
    for version in kept:
        row = rows[version.number]
        row.since, row.changes, row.aside = version.since, dict(version.changes), dict(version.aside)
        row.settled = row.saved_at < settled_before
    if dropped:
        await (await work.session.connection()).execute(
            delete(DraftVersion).where(mine, col(DraftVersion.number).in_(dropped))
        )


def as_version(row: DraftVersion) -> Version:
    return Version(
        number=row.number,
        author_id=row.author_id,
        pen=row.pen,
        since=row.since,
        saved_at=row.saved_at,
        changes=row.changes,
        aside=row.aside,
        restored=row.restored,
    )


def as_row(application_id: UUID, version: Version) -> DraftVersion:
    values: dict[str, Any] = {name: getattr(version, name) for name in version.__dataclass_fields__}
    return DraftVersion(application_id=application_id, **values)
