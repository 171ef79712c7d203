"""Who may read a partner's data, until when, and what is missing."""

import json
from datetime import datetime, timedelta
from enum import StrEnum

from services.incubation.domain.states import NotInThisState, move
from shared.errors import Conflict, FieldError, Forbidden, Invalid

LARGEST_CONTENT = 2**20
"""Bytes of data kept here; what is larger is offered by its address."""

LONGEST_ACCESS = timedelta(days=366)


class GrantState(StrEnum):
    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    REVOKED = "revoked"
    EXPIRED = "expired"


ALLOWED = {
    GrantState.REQUESTED: {GrantState.GRANTED, GrantState.REFUSED},
    GrantState.GRANTED: {GrantState.REVOKED, GrantState.EXPIRED},
    GrantState.REFUSED: set[GrantState](),
    GrantState.REVOKED: set[GrantState](),
    GrantState.EXPIRED: set[GrantState](),
}

LIVE = (GrantState.REQUESTED, GrantState.GRANTED)
"""While a grant is in one of these, its project can't ask for the same dataset again."""


class GrantNotInThisState(NotInThisState):
    slug = "access-state"
    thing = "The access"


class ExpiryNotAcceptable(Conflict):
    slug = "expiry-not-acceptable"

    def __init__(self, *, expires_at: datetime, now: datetime) -> None:
        super().__init__(
            f"Access has to end after now ({now:%Y-%m-%d %H:%M:%S} UTC) and within {LONGEST_ACCESS.days} days. "
            "Name another end; it can be asked for again afterwards.",
            expires_at=expires_at,
            now=now,
            latest=now + LONGEST_ACCESS,
        )


class AnotherChallenge(Conflict):
    slug = "another-challenge"
    message = (
        "This dataset belongs to another challenge than the project's. Ask for one of the project's own challenge."
    )


class AccessAlreadyAsked(Conflict):
    slug = "access-already-asked"

    def __init__(self, *, grant_id: object, state: str) -> None:
        super().__init__(
            f"The project has asked for this dataset already, and its access is {state}. Follow that one instead.",
            grant_id=grant_id,
            state=state,
        )


class AccessNotOpen(Forbidden):
    slug = "access-not-open"

    def __init__(self, *, state: str) -> None:
        super().__init__(
            f"The access is {state}, so the data can't be read. Only granted access opens it: "
            "ask the dataset's owner, or ask for access again.",
            state=state,
        )


class AccessExpired(Forbidden):
    slug = "access-expired"

    def __init__(self, *, expires_at: datetime, now: datetime) -> None:
        super().__init__(
            f"The access ended at {expires_at:%Y-%m-%d %H:%M:%S} UTC and it is {now:%Y-%m-%d %H:%M:%S} UTC. "
            "Ask for access again.",
            expires_at=expires_at,
            now=now,
        )


class LicenceNotAccepted(Forbidden):
    slug = "licence-not-accepted"

    def __init__(self, *, licence: str) -> None:
        super().__init__(
            "You have not accepted the dataset's licence yet; each member does so before reading. "
            "Read the licence, then accept it with POST …/accept.",
            licence=licence,
        )


class NotOneSource(Invalid):
    slug = "not-one-source"
    message = "Give the data itself as `content`, or where it is as `url`: one of them, not both."


class ContentNotAcceptable(Invalid):
    slug = "content-not-acceptable"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The content {why}. Correct it, or offer the data by its https address instead.",
            errors=[FieldError(pointer="#/content/text", detail=why, code="content")],
        )


def state_at(state: str, *, expires_at: datetime | None, now: datetime) -> GrantState:
    """What the grant is at this instant: it expires by itself, whether or not anybody has noted it yet."""
    if state == GrantState.GRANTED and expires_at is not None and now >= expires_at:
        return GrantState.EXPIRED
    return GrantState(state)


def become(state: str, to: GrantState, *, expires_at: datetime | None, now: datetime) -> GrantState:
    return move(ALLOWED, state_at(state, expires_at=expires_at, now=now), to, refusal=GrantNotInThisState)


def expire(state: str, *, expires_at: datetime | None, now: datetime) -> GrantState:
    """Note that the end has come. Raises if it has not, or if it was noted before."""
    if GrantState(state) is GrantState.GRANTED and expires_at is not None and now < expires_at:
        raise GrantNotInThisState(state=state, needs=[f"past {expires_at.isoformat()}"])
    return move(ALLOWED, GrantState(state), GrantState.EXPIRED, refusal=GrantNotInThisState)


def check_expiry(expires_at: datetime, *, now: datetime) -> None:
    if not now < expires_at <= now + LONGEST_ACCESS:
        raise ExpiryNotAcceptable(expires_at=expires_at, now=now)


def check_open(state: str, *, expires_at: datetime | None, now: datetime) -> None:
    """Raises unless the access is granted and its end has not come."""
    current = state_at(state, expires_at=expires_at, now=now)
    if current is GrantState.EXPIRED and expires_at is not None:
        raise AccessExpired(expires_at=expires_at, now=now)
    if current is not GrantState.GRANTED:
        raise AccessNotOpen(state=current)


def check_content(media_type: str, content: bytes) -> None:
    """Raises unless the bytes are few, and text of the kind they say they are."""
    if not content.strip():
        raise ContentNotAcceptable("is empty")
    if len(content) > LARGEST_CONTENT:
        raise ContentNotAcceptable(f"has {len(content)} bytes, and at most {LARGEST_CONTENT} are kept here")
    if any(byte < 0x20 and byte not in b"\t\n\r" for byte in content):
        raise ContentNotAcceptable("holds control characters, so it is not plain text")
    if media_type == "application/json":
        try:
            json.loads(content)
        except (ValueError, RecursionError):
            raise ContentNotAcceptable("is not JSON, or is nested too deep") from None
