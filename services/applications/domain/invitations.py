"""Whom a team may invite, until when, and what may become of an invitation."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from shared.errors import Conflict, NotFound

OPEN_FOR = timedelta(days=14)
MOST_OPEN = 20
MOST_MADE = 40
"""Of one team, ever: nobody's address book is written to from here."""


class State(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"


class NoSuchInvitation(NotFound):
    message = "There is no such invitation. Use the whole address that you were sent, or ask the team for a new one."


class InvitationOver(Conflict):
    slug = "invitation-over"

    def __init__(self, state: State) -> None:
        super().__init__(
            f"This invitation is {state}: it works once, and for some days only. Ask the team for a new one.",
            state=state,
        )


class AlreadyInvited(Conflict):
    slug = "already-invited"
    message = "The team has an open invitation to this address already. Revoke that one first to send another."


class TooManyInvitations(Conflict):
    slug = "too-many-invitations"
    message = (
        f"A team has {MOST_OPEN} open invitations at most, and makes {MOST_MADE} in all. "
        "Revoke one that nobody needs, or let people register and add them: POST /teams/{id}/members."
    )


def digest(code: str) -> bytes:
    """What is kept of a code. It is random and long enough that nobody finds it by trying."""
    return hashlib.sha256(code.encode()).digest()


def require_room(*, open_now: int, made: int) -> None:
    if open_now >= MOST_OPEN or made >= MOST_MADE:
        raise TooManyInvitations


def require_open(state: str, *, expires_at: datetime, now: datetime) -> None:
    """Raises InvitationOver."""
    if state != State.OPEN:
        raise InvitationOver(State(state))
    if now > expires_at:
        raise InvitationOver(State.EXPIRED)
