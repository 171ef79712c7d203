"""When a workshop may be scheduled, who gets a seat, and what a stranger can't find out."""

import hashlib
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum

from shared.errors import Conflict, FieldError, Invalid, NotFound

FURTHEST = timedelta(days=5 * 366)
GUESTS_KEPT = timedelta(days=30)
"""From the workshop on: until then staff may have to write to those who came."""


class RegistrationState(StrEnum):
    TAKEN = "taken"
    CANCELLED = "cancelled"


class NoSuchGuest(NotFound):
    message = (
        "There is no guest with this id. Who has an account is forgotten by applications: "
        "POST /api/applications/v1/people/{person_id}/erasure."
    )


class StartsInThePast(Conflict):
    slug = "starts-in-the-past"

    def __init__(self, *, starts_at: datetime, now: datetime) -> None:
        super().__init__(
            f"The workshop would start at {starts_at:%Y-%m-%d %H:%M} UTC and it is {now:%Y-%m-%d %H:%M} UTC. "
            "Choose a later time.",
            starts_at=starts_at,
            now=now,
        )


class StartsTooFarAhead(Conflict):
    slug = "starts-too-far-ahead"

    def __init__(self, *, starts_at: datetime, now: datetime) -> None:
        super().__init__(
            "Workshops are scheduled five years ahead at most. Check the year, or schedule it later.",
            starts_at=starts_at,
            latest=now + FURTHEST,
        )


class WorkshopStarted(Conflict):
    slug = "workshop-started"

    def __init__(self, *, starts_at: datetime, now: datetime) -> None:
        super().__init__(
            f"The workshop started at {starts_at:%Y-%m-%d %H:%M} UTC and it is {now:%Y-%m-%d %H:%M} UTC. "
            "Register for a later one.",
            starts_at=starts_at,
            now=now,
        )


class WorkshopFull(Conflict):
    slug = "workshop-full"
    message = (
        "All seats of this workshop are taken. If you registered before, your seat is kept; "
        "otherwise register for another one."
    )


class ContactMissing(Invalid):
    slug = "contact-missing"

    def __init__(self, missing: list[str]) -> None:
        super().__init__(
            "Without an account, say who comes: name, email and language. Or sign in and send none of them.",
            errors=[
                FieldError(pointer=f"#/{name}", detail="is needed without an account", code="missing")
                for name in missing
            ],
        )


class ContactKnown(Invalid):
    slug = "contact-known"
    message = (
        "You are signed in, so you register yourself: send no name, email or language. Sign out to register a guest."
    )


def check_start(starts_at: datetime, *, now: datetime) -> None:
    if starts_at <= now:
        raise StartsInThePast(starts_at=starts_at, now=now)
    if starts_at > now + FURTHEST:
        raise StartsTooFarAhead(starts_at=starts_at, now=now)


def weekly(first: datetime, *, weeks: int) -> list[datetime]:
    """The same time on the wall for so many weeks; each is resolved to an instant by itself, as clocks may change."""
    return [first + timedelta(weeks=week) for week in range(weeks)]


def check_seat(*, seats: int, taken: int, starts_at: datetime, now: datetime) -> None:
    """Raises unless somebody new could come. Asked before it is known who, so that the answer tells of nobody."""
    if now >= starts_at:
        raise WorkshopStarted(starts_at=starts_at, now=now)
    if taken >= seats:
        raise WorkshopFull


def same_address(email: str) -> str:
    """What all spellings of one e-mail address have in common: a digest, of one length for all and telling nothing."""
    return hashlib.sha256(unicodedata.normalize("NFKC", email).casefold().encode()).hexdigest()


def token_digest(token: str) -> str:
    """What is kept of a cancellation token: enough to recognise it, not to make it."""
    return hashlib.sha256(token.encode()).hexdigest()
