"""How events say what the domain knows."""

from services.applications.models import Call
from shared.clock import Deadline
from shared.events import applications as events


def as_event(deadline: Deadline) -> events.Deadline:
    return events.Deadline(
        local=deadline.local.isoformat(),
        zone=deadline.zone,
        instant=deadline.instant,
        tzdata_version=deadline.tzdata_version,
    )


def of_call(call: Call) -> dict[str, object]:
    """What every event of a call says."""
    return {"call_id": call.id, "edition_id": call.edition_id}
