"""What the event log makes of a record whose class it need not know."""

import json
from collections.abc import Collection, Mapping
from typing import Any, NoReturn
from uuid import UUID

LARGEST_OPEN = 65_535
"""Bytes of an entry that tiles can hold, as its length is two of them."""

RANKING_PUBLISHED = "io.datacity.ranking.published.v1"
"""Proven also to whoever was ranked there or sat in its jury: it names neither."""
RANKING_FROZEN = "io.datacity.ranking.frozen.v1"
JURY_APPOINTED = "io.datacity.jury.appointed.v1"

KEPT_FROM_JURORS: Mapping[str, frozenset[str]] = {
    "io.datacity.review.submitted.v1": frozenset({"scores"}),
    RANKING_FROZEN: frozenset({"files"}),
}
"""By type, what a juror is not shown in whatever other role: scores that others gave, maybe before its own are in."""

OPEN: Collection[str] = frozenset(
    {
        "io.datacity.edition.announced.v1",
        "io.datacity.challenge.published.v1",
        "io.datacity.call.announced.v1",
        "io.datacity.call.closed.v1",
        "io.datacity.call.files-opened.v1",
        "io.datacity.results.published.v1",
        "io.datacity.results.amended.v1",
        "io.datacity.workshop.scheduled.v1",
        "io.datacity.experimentation.authorised.v1",
        "io.datacity.experimentation.started.v1",
        "io.datacity.experimentation.measured.v1",
        "io.datacity.experimentation.reported.v1",
    }
)
"""What the journal, which anybody may read, says in clear: what the programme tells the public anyway.

All else is sealed in it, types that are not known here included: who applied, who reviews whom, scores and decisions
before they are published.
"""

RECEIPTED: Mapping[str, Collection[str]] = {
    "applicant": frozenset(
        {
            "io.datacity.application.submitted.v1",
            "io.datacity.application.revised.v1",
            "io.datacity.application.withdrawn.v1",
        }
    ),
    "juror": frozenset({"io.datacity.review.submitted.v1"}),
}
"""By role, of which of its own acts a person may have the proof: it says nothing that the person did not say."""


def is_open(type_: str, *, size: int) -> bool:
    """Whether anybody may read an event of this type, if its entry has so many bytes, in the journal."""
    return type_ in OPEN and size <= LARGEST_OPEN


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
