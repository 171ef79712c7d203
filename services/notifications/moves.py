"""How each event that moves deadlines of a call is told to its files: the whole table."""

from collections.abc import Mapping
from typing import Any

from services.notifications.commands import TellOfMove
from shared.events import Envelope
from shared.events import applications as a

MOVES = a.CallRescheduled | a.DeadlinePostponed | a.CallExtendedAfterOutage | a.CallResolvedAnew
CAUSES: Mapping[str, str] = {
    a.CallRescheduled.TYPE: "rescheduled",
    a.DeadlinePostponed.TYPE: "postponed",
    a.CallExtendedAfterOutage.TYPE: "outage",
    a.CallResolvedAnew.TYPE: "tzdata",
}
"""Why, in a word. One team that was given more time is told by a letter of its own: that event names its file."""


def move_of(event: MOVES, cause: Envelope) -> TellOfMove:
    """A common deadline is that of the challenges without one of their own; None where it stays as it is."""
    facts = event.model_dump(mode="json")
    common: dict[str, Any] = {
        "edition_id": facts["edition_id"],
        "deadline": facts["deadline"],
        "challenge_deadlines": facts.get("challenge_deadlines", {}),
        **{name: facts[name] for name in ("opens_at", "began_at", "ended_at") if name in facts},
    }
    if isinstance(event, a.DeadlinePostponed) and event.challenge_id:
        common |= {"deadline": None, "challenge_deadlines": {str(event.challenge_id): facts["deadline"]}}
    moved = common["deadline"] or common["challenge_deadlines"] or common.get("opens_at")
    own: dict[str, Any] = facts.get("application_deadlines", {})
    return TellOfMove(
        event_id=cause.id,
        call_id=event.call_id,
        moved_at=cause.time,
        cause=CAUSES[event.TYPE],
        common=common if moved else None,
        own=own,
    )
