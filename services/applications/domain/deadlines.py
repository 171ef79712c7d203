"""Which rules of a call's log count, whom each is for, and how a deadline moves without shutting anyone out.

A log is only ever added to. What is said last of everyone, of a challenge or of a team is what counts for it; whoever
applies has the latest deadline that applies to the application.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.applications.domain import calls
from shared import clock
from shared.clock import Deadline, in_words
from shared.errors import Conflict, FieldError, Forbidden, Invalid, NotFound

API = "api"
"""The part of this service whose heartbeats show that applicants can reach it."""

LONGEST_GRACE = 3600
"""Seconds."""


class Cause(StrEnum):
    """What put a rule into the log."""

    ANNOUNCED = "announced"
    RESCHEDULED = "rescheduled"
    POSTPONED = "postponed"
    EXTENDED = "extended"
    OUTAGE = "outage"
    TZDATA = "tzdata"


class ExtensionStatus(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"


class NotLater(Invalid):
    slug = "deadline-not-later"

    def __init__(self, pointer: str, *, before: Deadline, wanted: Deadline) -> None:
        super().__init__(
            f"The deadline is {in_words(before)} already, and {in_words(wanted)} is not later: nobody's time is made "
            "shorter. Set a later one.",
            errors=[FieldError(pointer=pointer, detail="is not later than what applies now", code="not_later")],
        )


class PassedAlready(Conflict):
    slug = "deadline-passed-already"

    def __init__(self, deadline: Deadline, *, now: datetime) -> None:
        super().__init__(
            f"This deadline was {in_words(deadline)} and has passed: those who held to it would be wronged. A team "
            "that was kept from handing in may get an extension of its own.",
            deadline=calls.facts(deadline),
            now=now,
        )


class NotOffered(Invalid):
    slug = "challenge-not-in-call"

    def __init__(self, strangers: Collection[UUID]) -> None:
        super().__init__(
            "Name challenges of this call only: GET /calls/{call_id} lists them.",
            errors=[
                FieldError(pointer="#/challenge_deadlines", detail=f"{id_} is none of this call's", code="not_in_call")
                for id_ in strangers
            ],
        )


class AlreadyOpen(Conflict):
    slug = "call-open-already"

    def __init__(self, *, opens: Deadline, now: datetime) -> None:
        super().__init__(
            f"This call opened at {in_words(opens)}, and people rely on its dates: they can't be set anew any more. "
            "Its deadlines may still be postponed.",
            opens=calls.facts(opens),
            now=now,
        )


class DecidedAlready(Conflict):
    slug = "extension-decided"

    def __init__(self, status: str) -> None:
        super().__init__(f"This extension was {status} before. Ask for another one if more time is needed.")


class OwnExtension(Forbidden):
    slug = "own-extension"
    message = "Whoever asks for an extension does not decide it. Let another member of staff decide."


class NoSuchExtension(NotFound):
    message = "There is no such extension that you may see. List them with GET /calls/{id}/extensions."


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A line of the log: for everyone, for who names a challenge, or for one team."""

    cause: Cause
    deadline: Deadline
    challenge_id: UUID | None = None
    team_id: UUID | None = None
    opens: Deadline | None = None
    """When the call opens, and how long after a deadline it still takes files: said in rules for everyone alone."""
    grace: timedelta = timedelta(0)

    @property
    def is_for_all(self) -> bool:
        return self.challenge_id is None and self.team_id is None


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """What of a log counts."""

    opens: Deadline
    closes: Deadline
    grace: timedelta = timedelta(0)
    own: Mapping[UUID, Deadline] = field(default_factory=dict)
    """By challenge."""
    personal: Mapping[UUID, Deadline] = field(default_factory=dict)
    """By team."""

    @classmethod
    def of(cls, log: Iterable[Rule]) -> "Deadlines":
        """A schedule that was set anew says all deadlines anew, but for those of teams. Log in order, opening first."""
        opens: Deadline | None = None
        closes: Deadline | None = None
        grace = timedelta(0)
        own: dict[UUID, Deadline] = {}
        personal: dict[UUID, Deadline] = {}
        for rule in log:
            if rule.team_id is not None:
                personal[rule.team_id] = rule.deadline
            elif rule.challenge_id is not None:
                own[rule.challenge_id] = rule.deadline
            else:
                opens, closes, grace = rule.opens or opens, rule.deadline, rule.grace
                if rule.cause is Cause.RESCHEDULED:
                    own.clear()
        if opens is None or closes is None:
            message = "a call without an opening or a deadline for everyone"
            raise ValueError(message)
        return cls(opens=opens, closes=closes, grace=grace, own=own, personal=personal)

    def for_application(self, challenge_ids: Collection[UUID], team_id: UUID | None) -> Deadline:
        """The earliest of its challenges' deadlines, or the team's own if that is later."""
        return self._or_personal(calls.strictest(challenge_ids, closes=self.closes, own=self.own), team_id)

    def last_for(self, team_id: UUID | None) -> Deadline:
        """After it nothing that this team writes could still be handed in, whichever challenges it names."""
        return self._or_personal(calls.last(closes=self.closes, own=self.own), team_id)

    @property
    def over_at(self) -> datetime:
        """After it nobody hands in any more."""
        everyone = [calls.last(closes=self.closes, own=self.own), *self.personal.values()]
        return max(deadline.instant for deadline in everyone) + self.grace

    def _or_personal(self, common: Deadline, team_id: UUID | None) -> Deadline:
        personal = self.personal.get(team_id) if team_id else None
        return max((common, personal), key=lambda each: each.instant) if personal else common


def require_later(pointer: str, *, before: Deadline, wanted: Deadline, now: datetime) -> None:
    """Raises NotLater, DeadlineInThePast."""
    if wanted.instant <= before.instant:
        raise NotLater(pointer, before=before, wanted=wanted)
    if wanted.has_passed(now):
        raise calls.DeadlineInThePast(pointer, deadline=wanted, now=now)


def require_ahead(opens: Deadline, *, status: str, now: datetime) -> None:
    """Return while a call's dates may be set anew. Raises AlreadyOpen, CallOver."""
    if status != calls.CallStatus.ANNOUNCED:
        raise calls.CallOver
    if now >= opens.instant:
        raise AlreadyOpen(opens=opens, now=now)


def decide_extension(status: str, *, asked_by: str, decider: str, after: ExtensionStatus) -> ExtensionStatus:
    """Raises OwnExtension, DecidedAlready."""
    if asked_by == decider:
        raise OwnExtension
    if status != ExtensionStatus.ASKED:
        raise DecidedAlready(status)
    return after


def after_outage(
    deadline: Deadline, *, opens: Deadline, began: datetime, ended: datetime, window: timedelta, grace: timedelta
) -> Deadline | None:
    """Later by as long as nobody could be reached, in whole minutes, if that was in the last hours before it."""
    began = max(began, opens.instant)
    if ended <= began or ended <= deadline.instant - window or began > deadline.instant + grace:
        return None
    minutes = math.ceil((ended - began) / timedelta(minutes=1))
    return at_instant(deadline.instant + timedelta(minutes=minutes), deadline.zone)


def resolved_anew(deadline: Deadline, *, now: datetime) -> Deadline | None:
    """What today's time zone data make of a deadline that was resolved with others; None if nothing differs.

    People keep the time that they were told on the wall, and the instant that they were shown: whichever is later
    counts. So it moves to a later instant, and never to an earlier one; then only what the wall will show is new. A
    deadline that has passed stays.
    """
    if deadline.has_passed(now):
        return None
    try:
        fresh = clock.resolve_deadline(deadline.local, deadline.zone)
    except clock.UnknownTimeZone:
        return None
    if fresh.instant == deadline.instant:
        return None
    return fresh if fresh.instant > deadline.instant else at_instant(deadline.instant, deadline.zone)


def at_instant(instant: datetime, zone: str) -> Deadline:
    """A deadline at an instant, as clocks on that wall will show it."""
    local = instant.astimezone(clock.zone_named(zone)).replace(tzinfo=None, fold=0)
    return Deadline(local=local, zone=zone, instant=instant, tzdata_version=clock.tzdata_version())
