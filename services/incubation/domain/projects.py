"""Until when a project may still change, and why not after."""

from datetime import datetime
from enum import StrEnum

from shared.errors import Conflict


class End(StrEnum):
    """Why a project ended before its programme did."""

    WITHDRAWN = "withdrawn"


class ProjectEnded(Conflict):
    slug = "project-ended"

    def __init__(self, *, ended_at: datetime, because: str) -> None:
        super().__init__(
            f"The project ended at {ended_at:%Y-%m-%d %H:%M:%S} UTC ({because}), so nothing of it changes any more. "
            "What it did can still be read.",
            ended_at=ended_at,
            because=because,
        )


def require_going_on(*, ended_at: datetime | None, because: str | None) -> None:
    """Raises ProjectEnded."""
    if ended_at is not None:
        raise ProjectEnded(ended_at=ended_at, because=because or "")
