"""Reading a moment from the command line."""

from datetime import UTC, datetime

from infra.local.problems import LocalProblem


def moment_of(text: str) -> datetime:
    """Raises LocalProblem for a wall time: its zone would be anybody's guess."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"Give the moment as 2026-11-25T10:00:00Z: {text} is none."
        raise LocalProblem(message) from error
    if moment.tzinfo is None:
        message = f"Give the moment with its offset, such as 2026-11-25T10:00:00Z or …T11:00:00+01:00: {text} has none."
        raise LocalProblem(message)
    return moment.astimezone(UTC)
