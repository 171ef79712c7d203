"""What an experimentation promises before it starts, what it may become, and what its measurements say."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from services.incubation.domain.states import NotInThisState, move
from shared.errors import Conflict, FieldError, Invalid

LONGEST = timedelta(days=3 * 366)


class ExperimentationState(StrEnum):
    REGISTERED = "registered"
    AUTHORISED = "authorised"
    REFUSED = "refused"
    RUNNING = "running"
    REPORTED = "reported"


ALLOWED = {
    ExperimentationState.REGISTERED: {ExperimentationState.AUTHORISED, ExperimentationState.REFUSED},
    ExperimentationState.AUTHORISED: {ExperimentationState.RUNNING},
    ExperimentationState.RUNNING: {ExperimentationState.REPORTED},
    ExperimentationState.REFUSED: set[ExperimentationState](),
    ExperimentationState.REPORTED: set[ExperimentationState](),
}

PUBLIC = (ExperimentationState.AUTHORISED, ExperimentationState.RUNNING, ExperimentationState.REPORTED)
"""What residents can read: all that the city allowed, whatever came out of it."""

Outcome = Literal["confirmed", "refuted", "inconclusive", "stopped"]
STOPPED: Outcome = "stopped"
NEEDS_MEASUREMENTS = {"confirmed", "refuted"}


class ExperimentationNotInThisState(NotInThisState):
    slug = "experimentation-state"
    thing = "The experimentation"


class ProtocolNotCoherent(Invalid):
    slug = "protocol-not-coherent"

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(
            "The protocol contradicts itself, and can't be changed once registered. Correct what `errors` points at.",
            errors=errors,
        )


class StartsInThePast(Conflict):
    slug = "starts-in-the-past"

    def __init__(self, *, starts_on: date, today: date) -> None:
        super().__init__(
            f"The experimentation would start on {starts_on} and today is {today}: a protocol is registered before. "
            "Choose today or a later day.",
            starts_on=starts_on,
            today=today,
        )


class NotYet(Conflict):
    slug = "not-yet"

    def __init__(self, *, starts_on: date, today: date) -> None:
        super().__init__(
            f"The protocol starts on {starts_on} and today is {today}. Come back then.",
            starts_on=starts_on,
            today=today,
        )


class TooLate(Conflict):
    slug = "too-late"

    def __init__(self, *, ends_on: date, today: date) -> None:
        super().__init__(
            f"The protocol ended on {ends_on} and today is {today}. Register another experimentation.",
            ends_on=ends_on,
            today=today,
        )


class UnknownIndicator(Invalid):
    slug = "unknown-indicator"

    def __init__(self, *, indicators: list[str]) -> None:
        super().__init__(
            f"The protocol has no such indicator. It measures: {', '.join(indicators)}.",
            errors=[FieldError(pointer="#/indicator", detail="is not in the protocol", code="indicator")],
            indicators=indicators,
        )


class MeasuredOutsideTheTrial(Conflict):
    slug = "measured-outside-the-trial"

    def __init__(self, *, measured_at: datetime, started_at: datetime, now: datetime) -> None:
        super().__init__(
            f"It was measured at {measured_at.isoformat()}, which is not between the start "
            f"({started_at.isoformat()}) and now ({now.isoformat()}). Check the clock that measured it.",
            measured_at=measured_at,
            started_at=started_at,
            now=now,
        )


class AlreadyMeasured(Conflict):
    slug = "already-measured"
    message = (
        "This indicator has a value for this instant already, and values are never replaced. Name another instant."
    )


class NotMeasured(Conflict):
    slug = "not-measured"

    def __init__(self, *, indicators: list[str]) -> None:
        super().__init__(
            f"Nothing was measured of: {', '.join(indicators)}. Record it, or report the outcome as inconclusive.",
            indicators=indicators,
        )


class StillRunning(Conflict):
    slug = "still-running"

    def __init__(self, *, ends_on: date, today: date) -> None:
        super().__init__(
            f"The protocol runs until {ends_on} and today is {today}. Report then, or report it as stopped now.",
            ends_on=ends_on,
            today=today,
        )


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What is locked: its canonical text is kept, digested and shown, so that anybody can check it."""

    project_id: UUID
    hypothesis: str
    indicators: Sequence[Mapping[str, str]]
    baseline: Mapping[str, float]
    place: str
    starts_on: date
    ends_on: date
    stop_rule: str

    def canonical(self) -> str:
        """JSON with sorted keys and no spaces, in Unicode."""
        content: dict[str, Any] = {
            "project_id": str(self.project_id),
            "hypothesis": self.hypothesis,
            "indicators": [dict(indicator) for indicator in self.indicators],
            "baseline": {name: float(value) for name, value in self.baseline.items()},
            "place": self.place,
            "starts_on": self.starts_on.isoformat(),
            "ends_on": self.ends_on.isoformat(),
            "stop_rule": self.stop_rule,
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(canonical: str) -> str:
    """SHA-256, in hexadecimal, of the canonical text in UTF-8."""
    return hashlib.sha256(canonical.encode()).hexdigest()


def check_protocol(protocol: Protocol, *, today: date) -> None:
    """Raises ProtocolNotCoherent with everything that is wrong, or StartsInThePast."""
    names = [indicator["name"] for indicator in protocol.indicators]
    errors = [
        FieldError(pointer=f"#/indicators/{place}/name", detail="is named twice", code="duplicate")
        for place, name in enumerate(names)
        if name in names[:place]
    ]
    if missing := [name for name in names if name not in protocol.baseline]:
        errors.append(FieldError(pointer="#/baseline", detail=f"lacks {', '.join(missing)}", code="missing"))
    if set(protocol.baseline) - set(names):
        errors.append(FieldError(pointer="#/baseline", detail="has values of no indicator", code="unknown"))
    if protocol.ends_on < protocol.starts_on:
        errors.append(FieldError(pointer="#/ends_on", detail="is before starts_on", code="order"))
    elif protocol.ends_on - protocol.starts_on > LONGEST:
        errors.append(FieldError(pointer="#/ends_on", detail="is more than three years after starts_on", code="length"))
    if errors:
        raise ProtocolNotCoherent(errors)
    if protocol.starts_on < today:
        raise StartsInThePast(starts_on=protocol.starts_on, today=today)


def become(state: str, to: ExperimentationState) -> ExperimentationState:
    return move(ALLOWED, ExperimentationState(state), to, refusal=ExperimentationNotInThisState)


def start(state: str, *, starts_on: date, ends_on: date, today: date, compressed: bool) -> ExperimentationState:
    running = become(state, ExperimentationState.RUNNING)
    if today < starts_on and not compressed:
        raise NotYet(starts_on=starts_on, today=today)
    if today > ends_on:
        raise TooLate(ends_on=ends_on, today=today)
    return running


def check_running(state: str) -> None:
    if state != ExperimentationState.RUNNING:
        raise ExperimentationNotInThisState(state=state, needs=[ExperimentationState.RUNNING])


def unit_of(indicator: str, *, indicators: Sequence[Mapping[str, str]]) -> str:
    """Raises UnknownIndicator for one that the protocol does not name."""
    for known in indicators:
        if known["name"] == indicator:
            return known["unit"]
    raise UnknownIndicator(indicators=[known["name"] for known in indicators])


def check_instant(measured_at: datetime, *, started_at: datetime, now: datetime) -> None:
    if not started_at <= measured_at <= now:
        raise MeasuredOutsideTheTrial(measured_at=measured_at, started_at=started_at, now=now)


def report(
    state: str,
    *,
    outcome: str,
    ends_on: date,
    today: date,
    indicators: Sequence[str],
    means: Mapping[str, float],
    compressed: bool,
) -> ExperimentationState:
    """Say what came out, good or bad. Before the last day it can only be that it was stopped."""
    reported = become(state, ExperimentationState.REPORTED)
    if today < ends_on and outcome != STOPPED and not compressed:
        raise StillRunning(ends_on=ends_on, today=today)
    missing = [name for name in indicators if name not in means]
    if missing and outcome in NEEDS_MEASUREMENTS:
        raise NotMeasured(indicators=missing)
    return reported
