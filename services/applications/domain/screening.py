"""When a person may decide on a file, what that person must have seen, and when teams may be told."""

from collections.abc import Collection, Sequence
from enum import StrEnum

from services.applications.domain import eligibility
from services.applications.domain.applications import Status, WrongStatus
from services.applications.domain.calls import CallStatus
from services.applications.domain.eligibility import RuleFinding
from shared.errors import Conflict, FieldError, Invalid


class Outcome(StrEnum):
    ADMITTED = "admitted"
    DECLINED = "declined"


class AlreadyScreened(Conflict):
    slug = "already-screened"

    def __init__(self, outcome: str) -> None:
        super().__init__(
            f"This file is {outcome} already, by who signed it. Read it again to see where it stands.", outcome=outcome
        )


class FindingsChanged(Conflict):
    slug = "findings-changed"

    def __init__(self, digest: str) -> None:
        super().__init__(
            "What the rules find of this file is not what you saw: the team answered a request meanwhile. "
            "Read the findings again, then decide.",
            findings_digest=digest,
        )


class ReasonWanted(Invalid):
    slug = "reason-wanted"

    def __init__(self, failing: Collection[str]) -> None:
        super().__init__(
            f"Rules of this call fail for this file: {', '.join(failing)}. Say why it is admitted all the same.",
            errors=[FieldError(pointer="#/because", detail="is needed to set a failing rule aside", code="missing")],
            failing=list(failing),
        )


class FilesNotOpen(Conflict):
    slug = "files-not-open"
    message = "The files of this call are not opened yet, so nothing was screened. Open them first."


class AlreadyTold(Conflict):
    slug = "screening-already-published"
    message = "The teams of this call were told before. Who is screened since then is told at once."


class NotAllScreened(Conflict):
    slug = "not-all-screened"

    def __init__(self, unscreened: int) -> None:
        super().__init__(
            f"{unscreened} files of this call are not decided on yet. Admit or decline each, so that all teams are "
            "told together.",
            unscreened=unscreened,
        )


def require_undecided(status: str, *, screened: str | None) -> None:
    """Raises AlreadyScreened, WrongStatus."""
    if screened is not None:
        raise AlreadyScreened(screened)
    if status != Status.SUBMITTED:
        raise WrongStatus(status, Status.ADMITTED)


def require_seen(found: Sequence[RuleFinding], *, seen: str | None) -> None:
    """Raises FindingsChanged if who decides saw other findings; None says nothing of what was seen."""
    digest = eligibility.digest(found)
    if seen is not None and seen != digest:
        raise FindingsChanged(digest)


def require_answered_for(found: Sequence[RuleFinding], *, seen: str | None, because: str | None) -> list[str]:
    """The failing rules that are set aside, which takes a reason. Raises FindingsChanged, ReasonWanted."""
    require_seen(found, seen=seen)
    failing = eligibility.failing(found)
    if failing and not because:
        raise ReasonWanted(failing)
    return failing


def require_publishable(*, status: str, told: bool, unscreened: int) -> None:
    """Raises FilesNotOpen, AlreadyTold, NotAllScreened."""
    if status != CallStatus.OPENED:
        raise FilesNotOpen
    if told:
        raise AlreadyTold
    if unscreened:
        raise NotAllScreened(unscreened)
