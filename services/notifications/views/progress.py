"""Reads of how the programme goes on: from its counts, which are few however long the log is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.domain.stages import steps
from services.notifications.models import Milestone, Tally

MOST_DAYS = 90
MOST_MILESTONES = 2_000

PER_DAY = text(
    """
    SELECT width_bucket(quarter, CAST(:begins AS timestamptz[])) AS nth, challenge_id, sum(count) AS total
    FROM tally WHERE what = :what AND quarter >= (CAST(:begins AS timestamptz[]))[1]
    GROUP BY nth, challenge_id
    """
)

# The only text put in is our own stages.
BETWEEN = text(
    "SELECT "  # noqa: S608
    + ", ".join(
        f"percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST(extract(epoch FROM {after} - {before}) AS float8))"
        f" FILTER (WHERE {after} >= {before}) AS {before}_median,"
        f" count(*) FILTER (WHERE {after} >= {before}) AS {before}_files"
        for before, after in steps()
    )
    + " FROM progress"
)


@dataclass(frozen=True, kw_only=True)
class Between:
    """How long files took from a stage to the next: the median, and of how many."""

    before: str
    after: str
    files: int
    median_seconds: float | None


async def per_day(session: AsyncSession, what: str, *, zone: ZoneInfo) -> Mapping[date, Mapping[UUID, int]]:
    """Counts by day and challenge, the last MOST_DAYS that there are.

    Where days begin is found out here and not by PostgreSQL, whose time zones are as old as the machine it runs on.
    """
    newest: Any = select(func.max(Tally.quarter)).where(Tally.what == what)
    last = (await session.exec(newest)).one()
    if last is None:
        return {}
    days = [last.astimezone(zone).date() - timedelta(days=number) for number in reversed(range(MOST_DAYS))]
    begins = [datetime.combine(day, time(), tzinfo=zone).astimezone(UTC) for day in days]
    found: dict[date, dict[UUID, int]] = defaultdict(dict)
    for row in await (await session.connection()).execute(PER_DAY, {"what": what, "begins": begins}):
        found[days[row.nth - 1]][row.challenge_id] = int(row.total)
    return found


async def reviews(session: AsyncSession) -> Mapping[UUID, Mapping[str, int]]:
    """By challenge, how many reviews were assigned, submitted, recused, cancelled."""
    total: Any = func.sum(col(Tally.count))
    query = select(Tally.challenge_id, Tally.what, total).where(col(Tally.what).startswith("reviews-"))
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    for challenge_id, what, count in await session.exec(query.group_by(col(Tally.challenge_id), col(Tally.what))):
        found[challenge_id][what.removeprefix("reviews-")] = int(count)
    return found


async def between_stages(session: AsyncSession) -> list[Between]:
    row = (await (await session.connection()).execute(BETWEEN)).one()
    return [
        Between(
            before=before,
            after=after,
            files=getattr(row, f"{before}_files"),
            median_seconds=getattr(row, f"{before}_median"),
        )
        for before, after in steps()
    ]


async def milestones(session: AsyncSession) -> Sequence[Milestone]:
    """Those promised for the latest days first."""
    query = select(Milestone).order_by(col(Milestone.due_on).desc()).limit(MOST_MILESTONES)
    return (await session.exec(query)).all()
