"""What the event log makes of a record whose class it need not know."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn
from uuid import UUID

KEPT_FROM_JURORS: Mapping[str, frozenset[str]] = {
    "io.datacity.review.submitted.v1": frozenset({"scores"}),
    "io.datacity.ranking.frozen.v1": frozenset({"files"}),
}
"""By type, what a juror is not shown in whatever other role: scores that others gave, maybe before its own are in."""


def readable(value: bytes | None) -> Any:
    """The value as JSON that the database can hold and search; None if it is none, as the exact bytes are kept too."""
    if not value:
        return None
    try:
        data = json.loads(value, parse_constant=_refuse)
        stored = json.dumps(data, ensure_ascii=False, allow_nan=False)
        stored.encode()
    except (ValueError, RecursionError):
        return None
    # jsonb can't hold this one character, wherever it stands.
    return None if "\\u0000" in stored else data


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def for_juror(data: Any, type_: str) -> Any:
    """What somebody who judges may read of an event."""
    kept = KEPT_FROM_JURORS.get(type_)
    if kept is None or not isinstance(data, dict):
        return data
    return {name: value for name, value in data.items() if name not in kept}


def file_of(key: str, data: Any) -> UUID | None:
    """The application whose story the event belongs to: events of one file are keyed by it and name it."""
    if not isinstance(data, dict) or data.get("application_id") != key:
        return None
    try:
        return UUID(key)
    except ValueError:
        return None


def about(data: Any) -> UUID | None:
    """The event that a mail or a webhook is about."""
    try:
        return UUID(data["about_event_id"])
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
