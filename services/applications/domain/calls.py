"""When a call takes files, by the server's time, and how its refusals say so."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.clock import Deadline, in_words
from shared.errors import Conflict, FieldError, Invalid

SHORTEST = timedelta(days=1)
SHORTEST_COMPRESSED = timedelta(seconds=1)
"""For demonstrations, where a season takes a minute."""

CLOSING_GRACE = timedelta(seconds=30)
"""How long after the last deadline a call is closed: a request that was accepted in time may still wait to be saved."""

CLOSING_GRACE_COMPRESSED = timedelta(seconds=1)


class CallStatus(StrEnum):
    """What has been done with a call; whether it takes files is a matter of time, see Phase."""

    ANNOUNCED = "announced"
    CLOSED = "closed"
    OPENED = "files-opened"


class Phase(StrEnum):
    """Where a call stands at an instant, as everyone may know."""

    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    FILES_OPENED = "files-opened"


class CallTooShort(Invalid):
    slug = "call-too-short"

    def __init__(self, pointer: str) -> None:
        super().__init__(
            "A call must be open for a day at least, so that everyone has a chance. Set a later deadline.",
            errors=[FieldError(pointer=pointer, detail="less than a day after the opening", code="too_short")],
        )


class DeadlineInThePast(Invalid):
    slug = "deadline-in-the-past"

    def __init__(self, pointer: str, *, deadline: Deadline, now: datetime) -> None:
        super().__init__(
            f"This deadline is {in_words(deadline)}, and it is already {now:%Y-%m-%d %H:%M:%S} UTC. Set a later one.",
            errors=[FieldError(pointer=pointer, detail="lies in the past", code="in_the_past")],
            now=now,
        )


class CallNotOpen(Conflict):
    slug = "call-not-open"

    def __init__(self, *, opens: Deadline, now: datetime) -> None:
        super().__init__(
            f"This call opens at {in_words(opens)}; our clock says {now:%Y-%m-%d %H:%M:%S} UTC. "
            "Your draft is kept: hand it in then.",
            opens=facts(opens),
            now=now,
        )


class DeadlinePassed(Conflict):
    slug = "deadline-passed"

    def __init__(self, *, deadline: Deadline, grace: timedelta, now: datetime) -> None:
        seconds = int(grace.total_seconds())
        granted = f", and {seconds} seconds of grace after it are over" if seconds else ""
        super().__init__(
            f"The deadline was {in_words(deadline)}{granted}; our clock said {now:%Y-%m-%d %H:%M:%S} UTC when your "
            "request arrived. What you handed in before stays handed in. Ask the programme team if you were kept from "
            "handing in by a fault of ours.",
            deadline=facts(deadline),
            grace_seconds=seconds,
            now=now,
        )


class CallClosedMeanwhile(Conflict):
    slug = "call-closed"

    def __init__(self) -> None:
        super().__init__(
            "The call was closed while your request was being saved, so nothing changed. "
            "Ask the programme team, quoting the trace_id of this answer."
        )


class CallOver(Conflict):
    slug = "call-over"
    message = "This call is closed: no file changes any more, and nobody gets more time for it."


class CallNotClosed(Conflict):
    slug = "call-not-closed"

    def __init__(self, *, last: datetime, now: datetime) -> None:
        waits = max(5, int((last - now).total_seconds()) + 5)
        super().__init__(
            f"The files stay sealed until the call is closed: its last deadline is {last:%Y-%m-%d %H:%M:%S} UTC and it "
            f"is {now:%Y-%m-%d %H:%M:%S} UTC. Try again once the call's status is closed.",
            retry_after=min(waits, 86_400),
            last_deadline=last,
            now=now,
        )


class FilesAlreadyOpen(Conflict):
    slug = "files-already-open"
    message = "The files of this call were opened before. Read them with GET /applications."


def facts(deadline: Deadline) -> dict[str, object]:
    """A deadline as a refusal states it."""
    return {
        "local": deadline.local.isoformat(),
        "zone": deadline.zone,
        "instant": deadline.instant,
        "tzdata_version": deadline.tzdata_version,
    }


def check_schedule(
    *, opens: Deadline, closes: Deadline, own: Mapping[UUID, Deadline], now: datetime, shortest: timedelta
) -> None:
    """Every deadline must be ahead, and far enough from the opening. Raises CallTooShort, DeadlineInThePast."""
    pointers = {"#/closes_at": closes} | {f"#/challenge_deadlines/{id_}": deadline for id_, deadline in own.items()}
    for pointer, deadline in pointers.items():
        if deadline.has_passed(now):
            raise DeadlineInThePast(pointer, deadline=deadline, now=now)
        if deadline.instant - opens.instant < shortest:
            raise CallTooShort(pointer)


def strictest(challenge_ids: Collection[UUID], *, closes: Deadline, own: Mapping[UUID, Deadline]) -> Deadline:
    """The deadline of an application: the earliest of its challenges', each its own or else the call's."""
    return min((own.get(id_, closes) for id_ in challenge_ids), key=lambda d: d.instant, default=closes)


def last(*, closes: Deadline, own: Mapping[UUID, Deadline]) -> Deadline:
    """The deadline after which nothing of the call can change."""
    return max([closes, *own.values()], key=lambda d: d.instant)


def require_open(*, opens: Deadline, deadline: Deadline, grace: timedelta, status: str, now: datetime) -> None:
    """Return if a file may be handed in at `now`, which is when the server accepted the request.

    Raises CallNotOpen, DeadlinePassed, or CallClosedMeanwhile for a request that was in time but took longer than
    the grace to save.
    """
    if now < opens.instant:
        raise CallNotOpen(opens=opens, now=now)
    require_not_over(deadline=deadline, grace=grace, status=status, now=now)


def require_not_over(*, deadline: Deadline, grace: timedelta, status: str, now: datetime) -> None:
    """Return if a draft may still change, before the opening too. Raises DeadlinePassed, CallClosedMeanwhile."""
    if deadline.has_passed(now - grace):
        raise DeadlinePassed(deadline=deadline, grace=grace, now=now)
    if status != CallStatus.ANNOUNCED:
        raise CallClosedMeanwhile


def phase(*, status: str, opens_at: datetime, last_deadline_at: datetime, now: datetime) -> Phase:
    match CallStatus(status):
        case CallStatus.OPENED:
            return Phase.FILES_OPENED
        case CallStatus.CLOSED:
            return Phase.CLOSED
        case CallStatus.ANNOUNCED:
            if now < opens_at:
                return Phase.ANNOUNCED
            return Phase.OPEN if now <= last_deadline_at else Phase.CLOSING


def open_files(status: str, *, last_deadline_at: datetime, now: datetime) -> CallStatus:
    """Break the seal. Raises CallNotClosed, FilesAlreadyOpen."""
    match CallStatus(status):
        case CallStatus.ANNOUNCED:
            raise CallNotClosed(last=last_deadline_at, now=now)
        case CallStatus.OPENED:
            raise FilesAlreadyOpen
        case CallStatus.CLOSED:
            return CallStatus.OPENED
