"""How a call's rule log looks to anyone, and how more time for a team looks to staff."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from services.applications import schedules
from services.applications.api.answers.programme import DeadlineView
from services.applications.domain.deadlines import Cause, ExtensionStatus
from services.applications.models import Extension
from services.applications.views.rules import Line
from shared.events.applications import ExtensionReason
from shared.http import View


class OutageView(View):
    """A time in which nobody could reach us."""

    began_at: datetime
    ended_at: datetime


class RuleView(View):
    """One line of a call's rule log."""

    rule: str = Field(description="`opens`, `deadline`, `challenge-deadline` or `team-deadline`.")
    cause: Cause = Field(description="Why it was decided.")
    challenge_id: UUID | None
    at: DeadlineView
    decided_at: datetime
    counts: bool = Field(description="False once a later rule says otherwise of the same.")
    grace_seconds: int | None = Field(description="Of a deadline for everyone: how long after it files are taken.")
    reason: ExtensionReason | None = Field(description="Why a team has a deadline of its own.")
    yours: bool = Field(description="True if the team is yours; whose the others are is not said.")
    application_id: UUID | None = Field(description="If it is yours.")
    outage: OutageView | None

    @classmethod
    def of(cls, line: Line) -> Self:
        return cls.model_validate(
            {
                "rule": line.rule,
                "cause": line.cause,
                "challenge_id": line.challenge_id,
                "at": DeadlineView.of(line.at),
                "decided_at": line.decided_at,
                "counts": line.counts,
                "grace_seconds": None if line.grace is None else int(line.grace.total_seconds()),
                "reason": line.reason,
                "yours": line.application_id is not None,
                "application_id": line.application_id,
                "outage": line.outage,
            }
        )


class RulesView(View):
    """Every rule that decides whether a file is in time, as decided, and the clock that decides."""

    call_id: UUID
    policy: list[str]
    grace_seconds: int
    rules: list[RuleView]
    now: datetime


class ExtensionStandingView(View):
    """Where a wish for more time stands; without its words, as answers to a POST are kept for those who repeat it."""

    id: UUID
    version: int
    call_id: UUID
    application_id: UUID
    status: ExtensionStatus
    reason: ExtensionReason
    until: DeadlineView
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None

    @classmethod
    def of(cls, extension: Extension) -> Self:
        return cls.model_validate(_facts(extension))


class ExtensionView(ExtensionStandingView):
    """A wish for more time, with what happened."""

    words: str

    @classmethod
    def of(cls, extension: Extension) -> Self:
        return cls.model_validate({**_facts(extension), "words": extension.words})


def _facts(extension: Extension) -> dict[str, object]:
    return {
        "id": extension.id,
        "version": extension.version,
        "call_id": extension.call_id,
        "application_id": extension.application_id,
        "status": extension.status,
        "reason": extension.reason,
        "until": DeadlineView.of(schedules.resolved(extension)),
        "asked_by": extension.asked_by,
        "asked_at": extension.created_at,
        "decided_by": extension.decided_by,
        "decided_at": extension.decided_at,
    }
