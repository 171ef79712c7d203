"""A call's rule log: read in one query by whoever hands in, and added to by whoever holds the call."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from services.applications import schedules
from services.applications.domain.deadlines import Rule
from services.applications.models import Call, DeadlineRule
from services.applications.repository.programme import call, call_as_it_is, call_held
from services.applications.schedules import Schedule
from shared.work import Work


async def rules_of(work: Work, call_id: UUID, *, team_ids: Collection[UUID] = ()) -> list[DeadlineRule]:
    """The rules for everyone and for challenges, and those for these teams, in the order of the log."""
    query = select(DeadlineRule).where(col(DeadlineRule.call_id) == call_id)
    whose = col(DeadlineRule.team_id).is_(None)
    query = query.where(or_(whose, col(DeadlineRule.team_id).in_(team_ids)) if team_ids else whose)
    return await _in_order(work, query)


async def whole_log(work: Work, call_id: UUID) -> list[DeadlineRule]:
    """All rules, those for single teams included."""
    return await _in_order(work, select(DeadlineRule).where(col(DeadlineRule.call_id) == call_id))


async def schedule(work: Work, call_id: UUID, *, hold: bool, team_id: UUID | None = None) -> Schedule:
    """A call's schedule; with `hold` the call can't be closed before this work is saved."""
    found = await call_held(work, call_id) if hold else await call_as_it_is(work, call_id)
    return await scheduled(work, found, team_id=team_id)


async def scheduled(
    work: Work, found: Call, *, team_id: UUID | None = None, team_ids: Collection[UUID] = ()
) -> Schedule:
    """With the rules of these teams, or of this one."""
    return Schedule.of(found, await rules_of(work, found.id, team_ids=[team_id] if team_id else team_ids))


async def rule_log(work: Work, call_id: UUID) -> "RuleLog":
    """To be added to: waits for those who are handing in, and they for it."""
    found = await call(work, call_id)
    return RuleLog(found, await whole_log(work, call_id))


async def _in_order(work: Work, query: SelectOfScalar[DeadlineRule]) -> list[DeadlineRule]:
    order = col(DeadlineRule.number), col(DeadlineRule.challenge_id).nulls_first(), col(DeadlineRule.id)
    return list(await work.session.exec(query.order_by(*order)))


@dataclass
class RuleLog:
    """A locked call's whole log, to be added to; the call's row follows what counts."""

    call: Call
    rows: list[DeadlineRule]

    @property
    def schedule(self) -> Schedule:
        return Schedule.of(self.call, self.rows)

    @property
    def applications(self) -> dict[UUID, UUID]:
        """Team → the application for which it has a deadline of its own."""
        return {row.team_id: row.application_id for row in self.rows if row.team_id and row.application_id}

    def add(
        self,
        rule: Rule,
        work: Work,
        *,
        application_id: UUID | None = None,
        reason: str | None = None,
        outage_id: UUID | None = None,
    ) -> DeadlineRule:
        row = DeadlineRule(
            call_id=self.call.id,
            number=max((each.number for each in self.rows), default=0) + 1,
            cause=rule.cause,
            challenge_id=rule.challenge_id,
            team_id=rule.team_id,
            application_id=application_id,
            reason=reason,
            outage_id=outage_id,
            grace_seconds=int(rule.grace.total_seconds()),
            decided_at=work.now,
            **schedules.columns_of(rule.deadline),
            **(schedules.columns_of(rule.opens, prefix="opens_") if rule.opens else {}),
        )
        self.rows.append(row)
        work.session.add(row)
        self._follow()
        return row

    def _follow(self) -> None:
        counts = self.schedule.deadlines
        for name, value in schedules.columns_of(counts.opens, prefix="opens_").items():
            setattr(self.call, name, value)
        self.call.last_deadline_at = counts.over_at
