"""What goes when a person is forgotten, what stays, and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from services.applications.domain.applications import ALLOWED, Status
from shared.errors import Conflict, Invalid, NotFound

FILES_KEPT = timedelta(days=5 * 365)
"""From when a file was begun; then it is forgotten by itself."""

LONGEST_HOLD = timedelta(days=10 * 366)
"""Ten years, as accounts must be kept (law 9-88, article 22)."""


class Ground(StrEnum):
    """What obliges us to keep something although its person asked to be forgotten."""

    ACCOUNTING = "accounting"
    DISPUTE = "dispute"


class Part(StrEnum):
    CONTACT = "contact"
    FILES = "files"


KEPT_UNDER: Mapping[Ground, frozenset[Part]] = {
    # Who was paid, or granted something; not what they had written in order to get it.
    Ground.ACCOUNTING: frozenset({Part.CONTACT}),
    Ground.DISPUTE: frozenset({Part.CONTACT, Part.FILES}),
}


class NoSuchPerson(NotFound):
    message = (
        "There is no person with this id here. If it is a guest of a workshop, incubation forgets it: "
        "POST /api/incubation/v1/guests/{person_id}/erasure."
    )


class NoSuchHold(NotFound):
    message = "This person has no hold with this id. GET /people/{person_id}/holds lists them."


class PersonWasForgotten(Conflict):
    slug = "person-was-forgotten"
    message = (
        "This person asked to be forgotten, and was: the id is not used again. To take part once more, sign in with "
        "a new account."
    )


class HoldOver(Conflict):
    slug = "hold-over"
    message = "This hold was lifted already. Nothing is left to do."


class HoldTooLong(Invalid):
    slug = "hold-too-long"
    message = "A hold ends in the future, and within ten years: `until` is when the obligation ends."


@dataclass(frozen=True, kw_only=True)
class File:
    """An application of a team to which the person belongs."""

    application_id: UUID
    team_id: UUID
    status: str
    others: tuple[UUID, ...]
    """The team's other members who are not forgotten, longest-standing first."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What forgetting one person means for everything that it took part in."""

    contact: bool
    """Whether the person itself is forgotten now, everywhere."""
    files: tuple[UUID, ...]
    """Files that nobody else wrote: they are forgotten with the person."""
    withdrawn: tuple[UUID, ...]
    """Those of them that were still in the running."""
    shared: tuple[UUID, ...]
    """Files that the rest of the team goes on with."""
    kept: tuple[tuple[Part, Ground], ...]
    """What an obligation keeps, and which."""


def plan(files: Sequence[File], grounds: Collection[Ground]) -> Plan:
    """A file goes with its last person. What an obligation keeps stays until that ends; the rest goes now."""
    kept = [(part, ground) for ground in sorted(set(grounds)) for part in sorted(KEPT_UNDER[ground])]
    held = {part for part, _ in kept}
    own = [] if Part.FILES in held else [file for file in files if not file.others]
    return Plan(
        contact=Part.CONTACT not in held,
        files=tuple(file.application_id for file in own),
        withdrawn=tuple(file.application_id for file in own if may_be_withdrawn(file.status)),
        shared=tuple(file.application_id for file in files if file.others),
        kept=tuple(kept),
    )


def may_be_withdrawn(status: str) -> bool:
    """Whether forgetting its people takes it out of the running; a project that has begun is ended by its people."""
    return status != Status.SELECTED and Status.WITHDRAWN in ALLOWED[Status(status)]


def successor(others: Sequence[UUID]) -> UUID | None:
    """Who leads a team from now on; None if nobody is left."""
    return others[0] if others else None
