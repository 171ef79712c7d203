"""What a review may become, which revision it is pinned to, and why it may not be changed."""

from collections.abc import Mapping
from enum import StrEnum

from services.selection.domain.criteria import Criterion, check_scores
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


def merged(scores: Mapping[str, int], changes: Mapping[str, int | None]) -> dict[str, int]:
    """The draft's scores with these put over them; None takes one back."""
    both = {**scores, **changes}
    return {key: score for key, score in both.items() if score is not None}


def save_draft(
    state: str, scores: Mapping[str, int], changes: Mapping[str, int | None], *, criteria: tuple[Criterion, ...]
) -> dict[str, int]:
    """The scores of a review that is still being written."""
    if state != ReviewState.ASSIGNED:
        raise ReviewNotOpen(state)
    draft = merged(scores, changes)
    check_scores(draft, criteria, complete=False)
    return draft


def submit(
    state: str, scores: Mapping[str, int], *, criteria: tuple[Criterion, ...], read: int, newest: int
) -> ReviewState:
    """Close the review for good: every criterion scored, on the newest revision."""
    after = step(state, ReviewState.SUBMITTED)
    if read < newest:
        raise NewerRevision(read=read, newest=newest)
    if read > newest:
        raise UnknownRevision(read=read, newest=newest)
    check_scores(scores, criteria, complete=True)
    return after
