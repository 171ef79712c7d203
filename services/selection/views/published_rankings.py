"""Rankings whose results are published, for whom they concern: the event that says so, and nothing of their content."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, column, exists, func, or_, select, table, true
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.models import Candidate, Ranking, TeamMember
from services.selection.views.scope import sits_in
from shared.events.selection import RankingPublished

LOG = table("event_log", column("event_id"), column("type"), column("subject"), column("happened_at"), column("value"))


@dataclass(frozen=True, kw_only=True)
class ToldRanking:
    """The event of a published ranking, as it was told."""

    id: UUID
    type: str
    subject: str
    time: datetime
    value: bytes

    @property
    def facts(self) -> RankingPublished:
        return RankingPublished.from_bytes(self.value)


def stands_in(person_id: UUID) -> ColumnElement[bool]:
    """For a WHERE: a file of this person's team is ranked there."""
    of_team = (
        exists()
        .where(col(TeamMember.team_id) == Candidate.team_id, col(TeamMember.person_id) == person_id)
        .correlate_except(TeamMember)
    )
    line = func.jsonb_build_array(func.jsonb_build_object("application_id", cast(col(Candidate.id), String)))
    return (
        exists()
        .where(or_(col(Candidate.lead_id) == person_id, of_team), col(Ranking.files).op("@>")(line))
        .correlate_except(Candidate)
    )


async def published_rankings(
    session: AsyncSession,
    person_id: UUID,
    *,
    all_of_them: bool,
    as_ranked: bool,
    as_juror: bool,
    after: UUID | None,
    limit: int,
) -> Sequence[ToldRanking]:
    """By the ranking's id: all, or those in which this person's file stands, or in whose jury this person sits."""
    concerns: list[ColumnElement[bool]] = [true()] if all_of_them else []
    if as_ranked:
        concerns.append(stands_in(person_id))
    if as_juror:
        concerns.append(sits_in(col(Ranking.jury_id), person_id))
    # Told in the transaction that published the results: nothing else need be asked.
    query = (
        select(LOG)
        .join(Ranking, LOG.c.subject == cast(col(Ranking.id), String))
        .where(LOG.c.type == RankingPublished.TYPE)
        .where(or_(*concerns))
        .order_by(col(Ranking.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(Ranking.id) > after)
    return [
        ToldRanking(id=row.event_id, type=row.type, subject=row.subject, time=row.happened_at, value=row.value)
        for row in await (await session.connection()).execute(query)
    ]
