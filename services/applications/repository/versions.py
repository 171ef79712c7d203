"""What of a row its caller read."""

from shared.errors import StaleVersion


def require_version(found: int, wanted: int | None) -> None:
    """Raises StaleVersion if the caller read another version; None does not care."""
    if wanted is not None and found != wanted:
        raise StaleVersion
