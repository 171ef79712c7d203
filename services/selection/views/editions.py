"""What editions and their challenges are called, and which decisions each edition has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.models import Challenge, Deliberation, Edition, Ranking


@dataclass(frozen=True, kw_only=True)
class EditionDecisions:
    """An edition, how many of its challenges are ranked, and its decisions, the newest first."""

    id: UUID
    title: Mapping[str, str]
    challenges: int
    ranked: int
    decisions: Sequence[Deliberation]


async def zone_of(session: AsyncSession, edition_id: UUID | None) -> str | None:
    """The zone of that edition, or of the newest; None before there is one."""
    query = select(Edition.zone).order_by(col(Edition.id).desc()).limit(1)
    if edition_id is not None:
        query = query.where(Edition.id == edition_id)
    return (await session.exec(query)).one_or_none()


async def with_decisions(session: AsyncSession) -> list[EditionDecisions]:
    """Every edition that has a challenge, the newest first."""
    counted = (
        select(Challenge.edition_id, func.count(), func.count(col(Ranking.id)))
        .outerjoin(Ranking, col(Ranking.challenge_id) == Challenge.id)
        .group_by(col(Challenge.edition_id))
        .order_by(col(Challenge.edition_id).desc())
    )
    titles = {each.id: each.title for each in (await session.exec(select(Edition))).all()}
    found = (await session.exec(select(Deliberation).order_by(col(Deliberation.id).desc()))).all()
    return [
        EditionDecisions(
            id=id_,
            title=titles.get(id_, {}),
            challenges=challenges,
            ranked=ranked,
            decisions=[one for one in found if one.edition_id == id_],
        )
        for id_, challenges, ranked in (await session.exec(counted)).all()
    ]


async def edition_title(session: AsyncSession, edition_id: UUID) -> Mapping[str, str]:
    """By language; empty before it was heard."""
    found = await session.get(Edition, edition_id)
    return found.title if found else {}


async def challenges_of(session: AsyncSession, edition_id: UUID | None = None) -> Sequence[Challenge]:
    """Of one edition, or all."""
    query = select(Challenge).order_by(col(Challenge.id))
    if edition_id is not None:
        query = query.where(Challenge.edition_id == edition_id)
    return (await session.exec(query)).all()
