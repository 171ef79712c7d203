"""A call's rule log as anyone may read it: all rules, and of one team's only that there is one, but to that team."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from services.applications import repository, schedules
from services.applications.domain.deadlines import Cause
from services.applications.models import Call, DeadlineRule, Outage, TeamMember
from services.applications.schedules import Schedule
from shared.clock import Deadline
from shared.work import Work

OPENS, DEADLINE, OF_CHALLENGE, OF_TEAM = "opens", "deadline", "challenge-deadline", "team-deadline"


@dataclass(kw_only=True)
class Line:
    """One thing that was decided, and whether it still counts."""

    rule: str
    cause: Cause
    at: Deadline
    decided_at: datetime
    counts: bool = True
    challenge_id: UUID | None = None
    application_id: UUID | None = None
    """Said to its team alone: the rule is theirs."""
    reason: str | None = None
    grace: timedelta | None = None
    outage: Outage | None = None


async def rule_log(work: Work, call_id: UUID) -> tuple[Schedule, list[Line]]:
    """What counts for everyone, and how it came to that, oldest first."""
    call = await repository.call_as_it_is(work, call_id)
    rows = await repository.whole_log(work, call_id)
    outages = await _outages(work, {row.outage_id for row in rows if row.outage_id})
    mine = await _mine(work, {row.team_id for row in rows if row.team_id})
    return Schedule.of(call, rows), lines_of(call, rows, outages, mine)


def lines_of(call: Call, rows: Sequence[DeadlineRule], outages: Mapping[UUID, Outage], mine: set[UUID]) -> list[Line]:
    """A rule for everyone says up to two things; what it only repeats is not said again."""
    said: dict[object, Line] = {}
    lines: list[Line] = []

    def say(about: object, line: Line) -> None:
        if before := said.get(about):
            before.counts = False
        said[about] = line
        lines.append(line)

    for row in rows:
        rule = schedules.rule_of(row, call)
        cause, decided_at, outage = rule.cause, row.decided_at, outages.get(row.outage_id) if row.outage_id else None
        if rule.team_id is not None:
            theirs = row.application_id if rule.team_id in mine else None
            say(
                rule.team_id,
                Line(
                    rule=OF_TEAM,
                    cause=cause,
                    at=rule.deadline,
                    decided_at=decided_at,
                    application_id=theirs,
                    reason=row.reason,
                    outage=outage,
                ),
            )
        elif rule.challenge_id is not None:
            line = Line(
                rule=OF_CHALLENGE,
                cause=cause,
                at=rule.deadline,
                decided_at=decided_at,
                challenge_id=rule.challenge_id,
                outage=outage,
            )
            say(rule.challenge_id, line)
        else:
            if rule.opens and (OPENS not in said or said[OPENS].at != rule.opens):
                say(OPENS, Line(rule=OPENS, cause=cause, at=rule.opens, decided_at=decided_at))
            if cause is Cause.RESCHEDULED:
                _end_challenges(said)
            before = said.get(DEADLINE)
            if before is None or (before.at, before.grace) != (rule.deadline, rule.grace):
                line = Line(
                    rule=DEADLINE, cause=cause, at=rule.deadline, decided_at=decided_at, grace=rule.grace, outage=outage
                )
                say(DEADLINE, line)
    return lines


def _end_challenges(said: Mapping[object, Line]) -> None:
    for line in said.values():
        if line.rule == OF_CHALLENGE:
            line.counts = False


async def _outages(work: Work, ids: set[UUID]) -> dict[UUID, Outage]:
    if not ids:
        return {}
    found = await work.session.exec(select(Outage).where(col(Outage.id).in_(ids)))
    return {each.id: each for each in found}


async def _mine(work: Work, team_ids: set[UUID]) -> set[UUID]:
    """Those of the teams that who asks belongs to; whoever has no id of a person belongs to none."""
    try:
        me = UUID(work.actor.person_id)
    except ValueError:
        return set()
    query = select(TeamMember.team_id).where(col(TeamMember.team_id).in_(team_ids), col(TeamMember.person_id) == me)
    return set(await work.session.exec(query)) if team_ids else set()
