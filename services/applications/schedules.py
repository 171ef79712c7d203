"""What a call's rows say about when it takes files: all rules of when are asked of here, by the API and pages alike."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from services.applications.domain import calls
from services.applications.domain.deadlines import Cause, Deadlines, Rule
from services.applications.models import Call, DeadlineRule, Extension
from shared.clock import Deadline


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A call with what of its rule log counts: for everyone, and for the teams whose rules were read with it."""

    call: Call
    deadlines: Deadlines

    @property
    def opens(self) -> Deadline:
        return self.deadlines.opens

    @property
    def closes(self) -> Deadline:
        return self.deadlines.closes

    @property
    def own(self) -> dict[UUID, Deadline]:
        return dict(self.deadlines.own)

    @property
    def last(self) -> Deadline:
        """The last deadline that everyone knows; single teams may have more time."""
        return self.deadlines.last_for(None)

    @property
    def grace(self) -> timedelta:
        return self.deadlines.grace

    def deadline_for(self, challenge_ids: Collection[UUID], *, team_id: UUID | None = None) -> Deadline:
        """The deadline of an application; as everyone knows it, without a team."""
        return self.deadlines.for_application(challenge_ids, team_id)

    def phase(self, *, now: datetime) -> calls.Phase:
        return calls.phase(
            status=self.call.status,
            opens_at=self.opens.instant,
            last_deadline_at=self.call.last_deadline_at,
            now=now,
        )

    def require_open(self, challenge_ids: Collection[UUID], *, team_id: UUID, now: datetime) -> Deadline:
        """The deadline for which it is in time. Raises CallNotOpen, DeadlinePassed, CallClosedMeanwhile."""
        deadline = self.deadline_for(challenge_ids, team_id=team_id)
        calls.require_open(opens=self.opens, deadline=deadline, grace=self.grace, status=self.call.status, now=now)
        return deadline

    def is_over(self, challenge_ids: Collection[UUID], *, team_id: UUID | None, now: datetime) -> bool:
        """Nothing that names these challenges is taken any more."""
        deadline = self.deadline_for(challenge_ids, team_id=team_id)
        return self.call.status != calls.CallStatus.ANNOUNCED or deadline.has_passed(now - self.grace)

    def takes(self, challenge_ids: Collection[UUID], *, team_id: UUID | None, now: datetime) -> bool:
        """Whether this could be handed in now."""
        return self.opens.instant <= now and not self.is_over(challenge_ids, team_id=team_id, now=now)

    def takes_drafts(self, *, team_id: UUID, now: datetime) -> bool:
        """Whether this team may write now: it could still hand something in, now or once the call is open."""
        last = self.deadlines.last_for(team_id)
        return self.call.status == calls.CallStatus.ANNOUNCED and not last.has_passed(now - self.grace)

    def require_not_over(self, *, team_id: UUID, now: datetime) -> None:
        """Return while this team could still hand something in. Raises DeadlinePassed, CallClosedMeanwhile."""
        calls.require_not_over(
            deadline=self.deadlines.last_for(team_id), grace=self.grace, status=self.call.status, now=now
        )

    @classmethod
    def of(cls, call: Call, rows: Sequence[DeadlineRule]) -> Self:
        return cls(call=call, deadlines=Deadlines.of(rule_of(row, call) for row in rows))


def rule_of(row: DeadlineRule, call: Call) -> Rule:
    is_for_all = row.challenge_id is None and row.team_id is None
    return Rule(
        cause=Cause(row.cause),
        deadline=resolved(row),
        challenge_id=row.challenge_id,
        team_id=row.team_id,
        opens=opening_in(row) or (opening_of(call) if is_for_all else None),
        grace=timedelta(seconds=row.grace_seconds),
    )


def opening_of(found: Call) -> Deadline:
    return Deadline(
        local=datetime.fromisoformat(found.opens_local),
        zone=found.opens_zone,
        instant=found.opens_at,
        tzdata_version=found.opens_tzdata,
    )


def opening_in(row: DeadlineRule) -> Deadline | None:
    """The opening that a rule for everyone says."""
    if row.opens_local is None or row.opens_zone is None or row.opens_at is None or row.opens_tzdata is None:
        return None
    return Deadline(
        local=datetime.fromisoformat(row.opens_local),
        zone=row.opens_zone,
        instant=row.opens_at,
        tzdata_version=row.opens_tzdata,
    )


def resolved(row: DeadlineRule | Extension) -> Deadline:
    return Deadline(
        local=datetime.fromisoformat(row.local),
        zone=row.zone,
        instant=row.deadline_at,
        tzdata_version=row.tzdata_version,
    )


def columns_of(deadline: Deadline, *, prefix: str = "") -> dict[str, Any]:
    """A deadline as a row of the log keeps it; with `opens_`, an opening as a call and its rules keep it."""
    return {
        f"{prefix}local": deadline.local.isoformat(),
        f"{prefix}zone": deadline.zone,
        f"{prefix}tzdata" if prefix else "tzdata_version": deadline.tzdata_version,
        f"{prefix}at" if prefix else "deadline_at": deadline.instant,
    }
