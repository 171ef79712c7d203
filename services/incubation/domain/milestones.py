"""What a milestone may become, and when it is late."""

from datetime import date
from enum import StrEnum

from services.incubation.domain.states import NotInThisState, move
from shared.errors import Conflict


class MilestoneState(StrEnum):
    PLANNED = "planned"
    EVIDENCE_SUBMITTED = "evidence-submitted"
    APPROVED = "approved"
    RETURNED = "returned"


ALLOWED = {
    MilestoneState.PLANNED: {MilestoneState.EVIDENCE_SUBMITTED},
    MilestoneState.EVIDENCE_SUBMITTED: {MilestoneState.APPROVED, MilestoneState.RETURNED},
    MilestoneState.RETURNED: {MilestoneState.EVIDENCE_SUBMITTED},
    MilestoneState.APPROVED: set[MilestoneState](),
}


class MilestoneNotInThisState(NotInThisState):
    slug = "milestone-state"
    thing = "The milestone"


class DueInThePast(Conflict):
    slug = "due-in-the-past"

    def __init__(self, *, due_on: date, today: date) -> None:
        super().__init__(
            f"The milestone would be due on {due_on} and today is {today}. Plan it for today or later.",
            due_on=due_on,
            today=today,
        )


class CoachIsMember(Conflict):
    slug = "coach-is-member"
    message = "This person belongs to the project's team and can't judge its milestones. Name somebody else as coach."


def plan(*, due_on: date, today: date) -> MilestoneState:
    if due_on < today:
        raise DueInThePast(due_on=due_on, today=today)
    return MilestoneState.PLANNED


def become(state: str, to: MilestoneState) -> MilestoneState:
    return move(ALLOWED, MilestoneState(state), to, refusal=MilestoneNotInThisState)


def is_late(state: str, *, due_on: date, today: date) -> bool:
    """Computed each time it is asked, as nothing happens to a milestone when its day goes by."""
    return state != MilestoneState.APPROVED and today > due_on
