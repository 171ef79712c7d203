"""What a call's rows say about when it takes files, in the domain's terms."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from services.applications.domain import calls
from services.applications.models import Call, DeadlineRule
from shared.clock import Deadline


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A call with all that decides when it takes files."""

    call: Call
    opens: Deadline
    closes: Deadline
    own: dict[UUID, Deadline]

    def deadline_for(self, challenge_ids: Collection[UUID]) -> Deadline:
        return calls.strictest(challenge_ids, closes=self.closes, own=self.own)

    @property
    def last(self) -> Deadline:
        return calls.last(closes=self.closes, own=self.own)

    def phase(self, *, now: datetime) -> calls.Phase:
        return calls.phase(
            status=self.call.status, opens_at=self.opens.instant, last_deadline_at=self.last.instant, now=now
        )

    def require_open(self, *, deadline: Deadline, now: datetime) -> None:
        calls.require_open(opens=self.opens, deadline=deadline, status=self.call.status, now=now)

    def require_not_over(self, *, now: datetime) -> None:
        calls.require_not_over(deadline=self.last, status=self.call.status, now=now)

    @classmethod
    def of(cls, call: Call, rules: Sequence[DeadlineRule]) -> Self:
        return cls(
            call=call,
            opens=opening_of(call),
            closes=next(resolved(rule) for rule in rules if rule.challenge_id is None),
            own={rule.challenge_id: resolved(rule) for rule in rules if rule.challenge_id is not None},
        )


def opening_of(found: Call) -> Deadline:
    return Deadline(
        local=datetime.fromisoformat(found.opens_local),
        zone=found.opens_zone,
        instant=found.opens_at,
        tzdata_version=found.opens_tzdata,
    )


def resolved(rule: DeadlineRule) -> Deadline:
    return Deadline(
        local=datetime.fromisoformat(rule.local),
        zone=rule.zone,
        instant=rule.deadline_at,
        tzdata_version=rule.tzdata_version,
    )
