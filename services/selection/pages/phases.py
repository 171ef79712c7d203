"""A jury's round as pages show it: which phase it is, which were, and which come when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.selection.domain.juries import JuryState
from services.selection.domain.phases import ORDER, Phase
from services.selection.models import Jury
from services.selection.rounds import round_of

BY_STATE = {
    JuryState.APPOINTED: Phase.DECLARING,
    JuryState.ASSIGNED: Phase.REVIEWING,
    JuryState.RANKED: Phase.DELIBERATING,
}
"""Where a jury is that nobody gave phases."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A phase: `past`, `present` or `ahead`, and when it opens if a plan says so."""

    phase: Phase
    place: str
    opens: datetime | None


def phase_of(jury: Jury, now: datetime) -> Phase:
    return round_of(jury).present(now) or BY_STATE[JuryState(jury.state)]


def now_in(now: datetime) -> Callable[[Jury], Phase]:
    """For templates that show many juries."""
    return lambda jury: phase_of(jury, now)


def round_shown(jury: Jury, now: datetime) -> list[Step]:
    present = phase_of(jury, now)
    opens = {planned.phase: planned.opens.instant for planned in round_of(jury).ahead(now)}
    return [
        Step(
            phase=phase,
            place="present" if phase == present else "past" if ORDER[phase] < ORDER[present] else "ahead",
            opens=opens.get(phase),
        )
        for phase in Phase
    ]
