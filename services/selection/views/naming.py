"""What people are called in minutes, and who is named there: jurors, and whoever of the staff decided something."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import exists, text
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.models import Approval, Deliberation, Jury, NameInMinutes, Ranking, Review, Seat
from shared.events.erasures import PersonErased

# What is forgotten leaves no row behind; that it was, the event tells.
FORGOTTEN = text("SELECT subject FROM event_log WHERE type = :type AND subject = ANY(:subjects)")

WHO = frozenset(
    {
        "approver_id",
        "changed_by",
        "frozen_by",
        "judged_and_left",
        "juror_id",
        "jurors",
        "made_by",
        "ordered_by",
        "proposed_by",
        "published_by",
    }
)
"""Where the facts of minutes have a person, or several."""


@dataclass(frozen=True, kw_only=True)
class InMinutes:
    """Somebody whom minutes of an edition name, and how; by its id alone where there is no name."""

    person_id: UUID
    juror: bool
    """Sits in a jury, or judged; else of the staff, and decided something."""
    name: str | None
    version: int
    """0 without a name."""
    forgotten: bool


async def people_in_minutes(session: AsyncSession, edition_id: UUID) -> Sequence[InMinutes]:
    """In the order of their ids."""
    jurors, deciders = await _jurors(session, edition_id), await _deciders(session, edition_id)
    people = sorted(jurors | deciders)
    rows = {row.id: row for row in await _rows(session, people)}
    gone = await forgotten(session, people)
    return [
        InMinutes(
            person_id=person,
            juror=person in jurors,
            name=rows[person].name if person in rows else None,
            version=rows[person].version if person in rows else 0,
            forgotten=person in gone,
        )
        for person in people
    ]


async def name_of(session: AsyncSession, person_id: UUID) -> NameInMinutes | None:
    return next(iter(await _rows(session, [person_id])), None)


async def names_in_minutes(session: AsyncSession, people: Collection[UUID]) -> Mapping[UUID, str]:
    """Of those who have one; an empty name is of somebody who was forgotten."""
    gone = dict.fromkeys(await forgotten(session, people), "")
    return {row.id: row.name for row in await _rows(session, people)} | gone


def people_in(facts: Any) -> Iterator[UUID]:
    """Whoever stands in the facts of minutes, at whatever depth."""
    if isinstance(facts, list):
        for each in facts:
            yield from people_in(each)
    elif isinstance(facts, dict):
        for key, value in facts.items():
            if key in WHO:
                yield from _ids(value if isinstance(value, list) else [value])
            else:
                yield from people_in(value)


async def acted_here(session: AsyncSession, person_id: UUID) -> bool:
    """Whether some minutes name this person, or would."""
    acted = or_(
        exists().where(col(Seat.juror_id) == person_id),
        exists().where(col(Review.juror_id) == person_id),
        exists().where(col(Approval.approver_id) == person_id),
        exists().where(col(Ranking.frozen_by) == str(person_id)),
        exists().where(
            or_(col(Deliberation.proposed_by) == str(person_id), col(Deliberation.published_by) == str(person_id))
        ),
    )
    return (await session.exec(select(acted))).one()


async def forgotten(session: AsyncSession, people: Collection[UUID]) -> frozenset[UUID]:
    asked = {"type": PersonErased.TYPE, "subjects": [str(person) for person in people]}
    rows = await (await session.connection()).execute(FORGOTTEN, asked)
    return frozenset(UUID(subject) for (subject,) in rows)


async def _rows(session: AsyncSession, people: Collection[UUID]) -> Sequence[NameInMinutes]:
    query = select(NameInMinutes).where(col(NameInMinutes.id).in_(people))
    return (await session.exec(query.execution_options(populate_existing=True))).all()


async def _jurors(session: AsyncSession, edition_id: UUID) -> set[UUID]:
    """Who sits, and who judged."""
    juries = select(Jury.id).where(Jury.edition_id == edition_id)
    seated = await session.exec(select(Seat.juror_id).where(col(Seat.jury_id).in_(juries)))
    judged = await session.exec(select(Review.juror_id).where(col(Review.jury_id).in_(juries)).distinct())
    return {*seated.all(), *judged.all()}


async def _deciders(session: AsyncSession, edition_id: UUID) -> set[UUID]:
    """Who froze a ranking, proposed, approved or published."""
    froze = await session.exec(select(Ranking.frozen_by).where(Ranking.edition_id == edition_id))
    drafts = (await session.exec(select(Deliberation).where(Deliberation.edition_id == edition_id))).all()
    approved = await session.exec(
        select(Approval.approver_id).where(col(Approval.deliberation_id).in_([draft.id for draft in drafts]))
    )
    named = (*froze.all(), *(name for draft in drafts for name in (draft.proposed_by, draft.published_by)))
    return {*approved.all(), *_ids(named)}


def _ids(names: Iterable[str | None]) -> Iterator[UUID]:
    """Without services, which act under names of their own."""
    for name in names:
        try:
            yield UUID(name or "")
        except ValueError:
            continue
