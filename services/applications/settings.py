"""What of the settings matters to applications alone."""

from datetime import timedelta

from services.applications.domain import calls
from shared.settings import Settings


def shortest_call(settings: Settings) -> timedelta:
    """How long a call is open at least; demonstrations compress a season into a minute."""
    return calls.SHORTEST_COMPRESSED if settings.compressed_schedule else calls.SHORTEST
