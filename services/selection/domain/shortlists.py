"""When a challenge's partner may order the best files by itself, and what an order of them must be."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from shared.errors import Conflict, FieldError, Forbidden, Invalid, NotFound


class NotRankedYet(Conflict):
    slug = "not-ranked-yet"
    message = "This challenge has no frozen ranking yet, so there is nothing to choose from. Freeze its ranking first."


class NoSuchShortlist(NotFound):
    message = "There is no shortlist for this challenge, or none that you may see. Ask the programme team to open it."


class NobodyAbove(Conflict):
    slug = "nobody-above"
    message = "No file of this ranking has that score. Open the shortlist with a lower one."


class OrderAlreadyGiven(Conflict):
    slug = "order-already-given"
    message = "This shortlist is ordered already, so what is on it stays. Its order can still be changed: PUT it anew."


class InConflictWithShortlist(Forbidden):
    slug = "in-conflict"
    message = "You are in conflict with a file of this shortlist, so its order is not yours to give. Ask a colleague."


class NotTheShortlist(Invalid):
    slug = "not-the-shortlist"

    def __init__(self, *, missing: Collection[UUID], unknown: Collection[UUID]) -> None:
        super().__init__(
            "An order names each file of the shortlist once, and no other. Read the shortlist again.",
            errors=[FieldError(pointer="#/application_ids", detail="not the files of the shortlist", code="not_it")],
            missing=sorted(str(file) for file in missing),
            unknown=sorted(str(file) for file in unknown),
        )


def files_above(ranked: Sequence[Mapping[str, Any]], *, lowest_score: float) -> list[UUID]:
    """The ranking's files that reach the score. Raises NobodyAbove."""
    files = [UUID(line["application_id"]) for line in ranked if line["score"] >= lowest_score]
    if not files:
        raise NobodyAbove
    return files


def check_order(given: Sequence[UUID], files: Collection[UUID]) -> None:
    """Raise NotTheShortlist unless it names each file once."""
    missing, unknown = set(files) - set(given), set(given) - set(files)
    if missing or unknown or len(set(given)) != len(given):
        raise NotTheShortlist(missing=missing, unknown=unknown)
