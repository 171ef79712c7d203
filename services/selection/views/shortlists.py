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
from services.selection.models import Candidate, Challenge, Ranking, Shortlist
from services.selection.views.dossiers import newest_dossiers
from services.selection.views.scope import blind_to, in_conflict_with


@dataclass(frozen=True)
class ShortlistRow:
    """A shortlist with the files on it that this person may see: as ordered, or else in an order that tells nothing."""

    shortlist: Shortlist
    files: list[tuple[UUID, str | None, str | None]]
    """Application, startup and title; no words once they are erased, or to who judges the file blind."""


@dataclass(frozen=True, kw_only=True)
class OfChallenge:
    """A challenge, whether its ranking is frozen, and its shortlist if it was opened."""

    challenge: Challenge
    ranked: bool
    shortlist: Shortlist | None


async def shortlist(session: AsyncSession, challenge_id: UUID, *, person_id: UUID) -> ShortlistRow:
    """Raises NoSuchShortlist."""
    found = (await session.exec(select(Shortlist).where(Shortlist.challenge_id == challenge_id))).one_or_none()
    if found is None:
        raise NoSuchShortlist
    hidden = await in_conflict_with(session, person_id, found.files)
    newest = newest_dossiers()
    rows = await session.exec(
        select(newest.c.application_id, newest.c.startup, newest.c.title)
        .join(Candidate, col(Candidate.id) == newest.c.application_id)
        .where(newest.c.application_id.in_(found.files), ~blind_to(person_id))
    )
    words = {row[0]: (row[1], row[2]) for row in rows.all()}
    order = found.order or sorted(found.files, key=lambda file: hashlib.sha256(file.bytes).digest())
    return ShortlistRow(
        shortlist=found, files=[(file, *words.get(file, (None, None))) for file in order if file not in hidden]
    )


async def shortlists(session: AsyncSession, *, partner: str | None = None) -> list[OfChallenge]:
    """Of all challenges, the newest edition's first; of a partner those of its own that have a shortlist."""
    query = (
        select(Challenge, Ranking.id, Shortlist)
        .outerjoin(Ranking, col(Ranking.challenge_id) == Challenge.id)
        .outerjoin(Shortlist, col(Shortlist.challenge_id) == Challenge.id)
        .order_by(col(Challenge.edition_id).desc(), col(Challenge.id))
    )
    if partner is not None:
        query = query.where(Challenge.partner == partner, col(Shortlist.id).is_not(None))
    return [
        OfChallenge(challenge=challenge, ranked=ranking is not None, shortlist=found)
        for challenge, ranking, found in (await session.exec(query)).all()
    ]


async def orders_given(session: AsyncSession, edition_id: UUID) -> dict[UUID, list[UUID]]:
    """Challenge → its partner's order, where one was given."""
    query = select(Shortlist).where(Shortlist.edition_id == edition_id, col(Shortlist.order).is_not(None))
    found = (await session.exec(query.order_by(col(Shortlist.challenge_id)))).all()
    return {one.challenge_id: list(one.order) for one in found if one.order}


def orders_with(rankings: Preferences, given: Mapping[UUID, Sequence[UUID]]) -> Preferences:
    """Each challenge's order: its ranking, or what its partner put first and then the ranking."""
    return {challenge: ordered_by(order, given.get(challenge, ())) for challenge, order in rankings.items()}
