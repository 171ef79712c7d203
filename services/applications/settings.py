"""What of the settings matters to applications alone."""

from datetime import timedelta

from services.applications.domain import calls
from shared.settings import Settings


def closing_grace(settings: Settings) -> timedelta:
    """How long after its last deadline a call is closed: long enough for what was accepted in time to be saved."""
    return calls.CLOSING_GRACE_COMPRESSED if settings.compressed_schedule else calls.CLOSING_GRACE


def shortest_call(settings: Settings) -> timedelta:
    """How long a call is open at least; demonstrations compress a season into a minute."""
    return calls.SHORTEST_COMPRESSED if settings.compressed_schedule else calls.SHORTEST
