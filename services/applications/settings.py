"""What of the settings matters to applications alone."""

from datetime import timedelta

from services.applications.domain import calls
from shared.settings import Settings


def closing_grace(settings: Settings) -> timedelta:
    """How long after its last deadline a call is closed: long enough for what was accepted in time to be saved."""
    return calls.CLOSING_GRACE_COMPRESSED if settings.compressed_schedule else calls.CLOSING_GRACE


def beats_every(settings: Settings) -> timedelta:
    """How often an API notes that it is alive: more often than a call waits with closing."""
    return timedelta(seconds=0.5 if settings.compressed_schedule else 5)


def outage_threshold(settings: Settings) -> timedelta:
    """How long the API may be silent without that being an outage; nothing for never."""
    return timedelta(seconds=settings.outage_threshold_seconds)


def outage_window(settings: Settings) -> timedelta:
    return timedelta(hours=settings.outage_window_hours)


def shortest_call(settings: Settings) -> timedelta:
    """How long a call is open at least; demonstrations compress a season into a minute."""
    return calls.SHORTEST_COMPRESSED if settings.compressed_schedule else calls.SHORTEST
