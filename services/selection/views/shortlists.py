"""The files that a challenge's partner may order, and the orders that were given."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.markets import ordered_by
from services.selection.domain.matching import Preferences
from services.selection.domain.shortlists import NoSuchShortlist
from services.selection.models import Shortlist
from services.selection.views.dossiers import newest_dossiers
from services.selection.views.scope import in_conflict_with


@dataclass(frozen=True)
class ShortlistRow:
    """A shortlist with the files on it that this person may see: as ordered, or else in an order that tells nothing."""

    shortlist: Shortlist
    files: list[tuple[UUID, str | None, str | None]]
    """Application, startup and title; no words once they are erased."""


async def shortlist(session: AsyncSession, challenge_id: UUID, *, person_id: UUID) -> ShortlistRow:
    """Raises NoSuchShortlist."""
    found = (await session.exec(select(Shortlist).where(Shortlist.challenge_id == challenge_id))).one_or_none()
    if found is None:
        raise NoSuchShortlist
    hidden = await in_conflict_with(session, person_id, found.files)
    newest = newest_dossiers()
    rows = await session.exec(
        select(newest.c.application_id, newest.c.startup, newest.c.title).where(
            newest.c.application_id.in_(found.files)
        )
    )
    words = {row[0]: (row[1], row[2]) for row in rows.all()}
    order = found.order or sorted(found.files, key=lambda file: hashlib.sha256(file.bytes).digest())
    return ShortlistRow(
        shortlist=found, files=[(file, *words.get(file, (None, None))) for file in order if file not in hidden]
    )


async def orders_given(session: AsyncSession, edition_id: UUID) -> dict[UUID, list[UUID]]:
    """Challenge → its partner's order, where one was given."""
    query = select(Shortlist).where(Shortlist.edition_id == edition_id, col(Shortlist.order).is_not(None))
    found = (await session.exec(query.order_by(col(Shortlist.challenge_id)))).all()
    return {one.challenge_id: list(one.order) for one in found if one.order}


def orders_with(rankings: Preferences, given: Mapping[UUID, Sequence[UUID]]) -> Preferences:
    """Each challenge's order: its ranking, or what its partner put first and then the ranking."""
    return {challenge: ordered_by(order, given.get(challenge, ())) for challenge, order in rankings.items()}
