"""What a review may become, which revision it is pinned to, and why it may not be changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from services.selection.domain.criteria import Criterion, check_remarks, check_scores
from shared.errors import Conflict, FieldError, Forbidden, Invalid


class ReviewState(StrEnum):
    ASSIGNED = "assigned"
    SUBMITTED = "submitted"
    RECUSED = "recused"
    CANCELLED = "cancelled"


ALLOWED: Mapping[str, frozenset[ReviewState]] = {
    ReviewState.ASSIGNED: frozenset({ReviewState.SUBMITTED, ReviewState.RECUSED, ReviewState.CANCELLED}),
    # A juror who finds out late about a conflict: the scores stay as they are, and are set aside.
    ReviewState.SUBMITTED: frozenset({ReviewState.RECUSED}),
    ReviewState.RECUSED: frozenset(),
    ReviewState.CANCELLED: frozenset(),
}

LIVE = frozenset({ReviewState.ASSIGNED, ReviewState.SUBMITTED})


class ReviewNotOpen(Conflict):
    slug = "review-not-open"

    def __init__(self, state: str) -> None:
        super().__init__(
            f"This review is {state} and can't be changed any more. Only assigned reviews take scores.",
            state=str(state),
        )


class ReviewNotSubmitted(Conflict):
    slug = "review-not-submitted"

    def __init__(self, state: str) -> None:
        super().__init__(
            f"This review is {state}, and only a submitted one can be revisited. Submit it first.", state=str(state)
        )


class NothingRevisited(Conflict):
    slug = "nothing-revisited"
    message = "These are the scores that you gave already. Change at least one, or leave the review as it is."


class StillJudging(Forbidden):
    slug = "still-judging"
    message = (
        "You have yet to submit a review of a file that this is about, for this challenge or another, so what others "
        "gave it stays hidden from you. Submit your own review first."
    )


class NewerRevision(Conflict):
    slug = "newer-revision"

    def __init__(self, *, read: int, newest: int) -> None:
        super().__init__(
            f"You read revision {read}, and the team has handed in revision {newest} since. "
            "Read the newer one, then submit the review with its number.",
            read=read,
            newest=newest,
        )


class UnknownRevision(Invalid):
    slug = "unknown-revision"

    def __init__(self, *, read: int, newest: int) -> None:
        super().__init__(
            f"There is no revision {read}; the newest is {newest}. Submit the review with the number that you read.",
            errors=[FieldError(pointer="#/revision", detail=f"the newest is {newest}", code="unknown_revision")],
            newest=newest,
        )


def step(state: str, to: ReviewState) -> ReviewState:
    """The next state. Raises ReviewNotOpen if there is no way there."""
    if to not in ALLOWED[state]:
        raise ReviewNotOpen(state)
    return to


@dataclass(frozen=True)
class Judged:
    """What a juror said by criterion; one without a score is in no sum, and never a zero."""

    scores: Mapping[str, int]
    abstained: Collection[str] = ()

    def then(self, scores: Mapping[str, int | None], abstained: Mapping[str, bool]) -> Self:
        """With these put over it: null takes a score back, and a criterion has a score or an abstention, not both."""
        scored = {key for key, score in scores.items() if score is not None}
        without = (set(self.abstained) - scored) | {key for key, yes in abstained.items() if yes}
        without -= {key for key, yes in abstained.items() if not yes}
        both = {**self.scores, **scores}
        return type(self)(
            scores={key: score for key, score in both.items() if score is not None and key not in without},
            abstained=sorted(without),
        )


def revisit(
    state: str,
    before: Judged,
    after: Judged,
    remarks: Mapping[str, str],
    *,
    criteria: tuple[Criterion, ...],
    read: int,
    newest: int,
) -> None:
    """Check scores that a juror gives after the discussion in place of its first ones; the review stays submitted."""
    if state != ReviewState.SUBMITTED:
        raise ReviewNotSubmitted(state)
    if before == after:
        raise NothingRevisited
    check_whole(after, remarks, criteria=criteria, read=read, newest=newest)


def remarked(remarks: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """The remarks by criterion with these put over them; None takes one back."""
    both = {**remarks, **changes}
    return {key: remark for key, remark in both.items() if remark is not None}


def save_draft(
    state: str,
    judged: Judged,
    remarks: Mapping[str, str],
    *,
    criteria: tuple[Criterion, ...],
    read: int | None,
    newest: int,
) -> None:
    """Check what is kept of a review that is still being written. An older revision than the newest may be kept:
    nobody loses words because the team handed in another one meanwhile."""
    if state != ReviewState.ASSIGNED:
        raise ReviewNotOpen(state)
    if read is not None and read > newest:
        raise UnknownRevision(read=read, newest=newest)
    check_scores(judged.scores, criteria, complete=False, abstained=judged.abstained)
    check_remarks(remarks, criteria)


def submit(
    state: str,
    judged: Judged,
    remarks: Mapping[str, str],
    *,
    criteria: tuple[Criterion, ...],
    read: int,
    newest: int,
) -> ReviewState:
    """Close the review for good: each criterion scored or abstained from, on the newest revision."""
    after = step(state, ReviewState.SUBMITTED)
    check_whole(judged, remarks, criteria=criteria, read=read, newest=newest)
    return after


def check_whole(
    judged: Judged, remarks: Mapping[str, str], *, criteria: tuple[Criterion, ...], read: int, newest: int
) -> None:
    """Raise unless it is a judgement of the newest revision, on all criteria."""
    if read < newest:
        raise NewerRevision(read=read, newest=newest)
    if read > newest:
        raise UnknownRevision(read=read, newest=newest)
    check_scores(judged.scores, criteria, complete=True, abstained=judged.abstained)
    check_remarks(remarks, criteria)
