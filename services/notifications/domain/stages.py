"""The stages of a file on its way through the programme, and by which event each is reached."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

STAGES = ("drafted", "submitted", "screened", "decided", "accompanied", "registered", "running", "reported")

REACHED: Mapping[str, str] = {
    "io.datacity.application.drafted.v1": "drafted",
    "io.datacity.application.submitted.v1": "submitted",
    "io.datacity.application.admitted.v1": "screened",
    "io.datacity.application.declined.v1": "screened",
    "io.datacity.application.selected.v1": "decided",
    "io.datacity.application.reserved.v1": "decided",
    "io.datacity.application.not-selected.v1": "decided",
    "io.datacity.project.opened.v1": "accompanied",
    "io.datacity.experimentation.registered.v1": "registered",
    "io.datacity.experimentation.started.v1": "running",
    "io.datacity.experimentation.reported.v1": "reported",
}

REVIEWS: Mapping[str, str] = {
    "io.datacity.review.assigned.v1": "assigned",
    "io.datacity.review.submitted.v1": "submitted",
    "io.datacity.review.recused.v1": "recused",
    "io.datacity.review.cancelled.v1": "cancelled",
}

QUARTER = 15 * 60
"""Seconds: in whichever zone days are counted later, they begin with one of these."""


class Promised(Protocol):
    """A milestone, as far as being late goes."""

    due_on: date
    approved_at: datetime | None


def quarter_of(instant: datetime) -> datetime:
    """The quarter of an hour in which it was."""
    return instant.replace(minute=instant.minute - instant.minute % 15, second=0, microsecond=0)


def days_late(promised: Promised, *, now: datetime, zone: ZoneInfo) -> int:
    """By how many days it was, or is, late where it was promised; 0 if it is not."""
    until = promised.approved_at or now
    return max(0, (until.astimezone(zone).date() - promised.due_on).days)


def steps() -> Sequence[tuple[str, str]]:
    """Each stage and the next."""
    return list(itertools.pairwise(STAGES))
