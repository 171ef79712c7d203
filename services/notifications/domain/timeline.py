"""A file's story: its events in order, what each led to, and how much of it its own applicant reads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

SHOWN_TO_APPLICANT: Mapping[str, tuple[str, ...]] = {
    "io.datacity.application.drafted.v1": ("call_id",),
    "io.datacity.application.attachment-added.v1": ("attachment_id", "media_type", "size"),
    "io.datacity.application.attachment-removed.v1": ("attachment_id",),
    "io.datacity.application.submitted.v1": ("revision", "dossier_digest", "submitted_at", "deadline", "challenge_ids"),
    "io.datacity.application.revised.v1": ("revision", "dossier_digest", "revised_at", "deadline", "challenge_ids"),
    "io.datacity.application.withdrawn.v1": ("withdrawn_at",),
    "io.datacity.application.lead-passed.v1": (),
    "io.datacity.extension.approved.v1": ("deadline",),
    # Not that a person decided in screening, but that the team was told.
    "io.datacity.application.screening-told.v1": ("admitted", "reasons", "revision"),
    "io.datacity.information.requested.v1": ("request_id", "field_names", "until"),
    "io.datacity.information.supplied.v1": ("request_id", "revision", "supplied_at"),
    "io.datacity.information.request-ended.v1": ("request_id",),
    "io.datacity.application.selected.v1": ("challenge_id", "partner"),
    "io.datacity.application.reserved.v1": (),
    "io.datacity.application.not-selected.v1": (),
    "io.datacity.project.opened.v1": ("project_id", "challenge_id", "partner"),
    "io.datacity.project.ended.v1": ("project_id", "reason", "ended_at"),
    "io.datacity.project.coach-assigned.v1": ("project_id",),
    "io.datacity.milestone.planned.v1": ("milestone_id", "kind", "due_on"),
    "io.datacity.milestone.evidence-submitted.v1": ("milestone_id", "kind", "attempt"),
    "io.datacity.milestone.approved.v1": ("milestone_id", "kind", "approved_at"),
    "io.datacity.milestone.returned.v1": ("milestone_id", "kind"),
    "io.datacity.data-access.requested.v1": ("grant_id", "dataset_id", "partner"),
    "io.datacity.data-access.granted.v1": ("grant_id", "dataset_id", "partner", "expires_at"),
    "io.datacity.data-access.refused.v1": ("grant_id", "dataset_id", "partner"),
    "io.datacity.data-access.revoked.v1": ("grant_id", "dataset_id", "partner"),
    "io.datacity.data-access.expired.v1": ("grant_id", "dataset_id", "partner"),
    "io.datacity.experimentation.registered.v1": (
        "experimentation_id", "protocol_digest", "place", "starts_on", "ends_on", "indicators",
    ),
    "io.datacity.experimentation.authorised.v1": ("experimentation_id",),
    "io.datacity.experimentation.refused.v1": ("experimentation_id",),
    "io.datacity.experimentation.started.v1": ("experimentation_id", "started_at"),
    "io.datacity.experimentation.measured.v1": ("experimentation_id", "indicator", "value", "unit", "measured_at"),
    "io.datacity.experimentation.reported.v1": ("experimentation_id", "outcome", "means", "baselines"),
}  # fmt: skip
"""What an applicant sees of the own file: these types and of each these fields. Whatever is not listed is not shown.

Nothing of the jury is: not that a review was asked for, not when, not by whom, and no position that would count them.
"""


class Told(Protocol):
    """An entry of the event log, as far as a timeline needs it."""

    position: int
    event_id: UUID
    type: str
    happened_at: datetime
    causation_id: str | None
    data: Any


Entry = TypeVar("Entry", bound=Told)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One event of the story with what came before it."""

    entry: Any
    caused_by_type: str | None
    seconds_after_cause: float | None
    seconds_since_previous: float | None


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    """By time, and never an effect before its cause, even if the clocks of two services disagree.

    The log's own order won't do: after a pause, one topic may be read ahead of another.
    """
    by_id = {str(entry.event_id): entry for entry in entries}
    places: dict[str, tuple[datetime, int]] = {}
    for entry in entries:
        chain: dict[str, Entry] = {}
        at: Entry | None = entry
        while at is not None and str(at.event_id) not in places and str(at.event_id) not in chain:
            chain[str(at.event_id)] = at
            at = by_id.get(at.causation_id or "")
        before = places.get(str(at.event_id)) if at is not None else None
        for id_, each in reversed(chain.items()):
            place = (each.happened_at, 0)
            if before is not None and before[0] >= each.happened_at:
                place = (before[0], before[1] + 1)
            places[id_] = before = place
    return sorted(entries, key=lambda each: (places[str(each.event_id)], each.position))


def tell(entries: Sequence[Told], *, causes: Mapping[str, Told]) -> Iterator[Line]:
    """The story line by line. `causes` holds the events, of any file, that caused some of these."""
    previous: Told | None = None
    for entry in entries:
        cause = causes.get(entry.causation_id or "")
        yield Line(
            entry=entry,
            caused_by_type=cause.type if cause else None,
            seconds_after_cause=_seconds(cause, entry),
            seconds_since_previous=_seconds(previous, entry),
        )
        previous = entry


def _seconds(earlier: Told | None, later: Told) -> float | None:
    return round((later.happened_at - earlier.happened_at).total_seconds(), 3) if earlier else None


def for_applicant(data: Any, type_: str) -> dict[str, Any]:
    """The facts of an event that its file's applicant may read."""
    facts = data if isinstance(data, dict) else {}
    return {name: facts[name] for name in SHOWN_TO_APPLICANT[type_] if name in facts}
