"""What state a jury is in, and what it may still do there."""

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict


class JuryState(StrEnum):
    APPOINTED = "appointed"
    """Jurors see whom the jury will judge, to declare conflicts."""
    ASSIGNED = "assigned"
    """Each juror sees only the files that are assigned."""
    RANKED = "ranked"
    """The ranking is frozen: nothing that it was made from changes any more."""


class Blind(StrEnum):
    """Who doesn't know whom. No applicant ever knows who reviewed, so there is no less than that."""

    APPLICANTS = "applicants"
    """Jurors see whose file they read."""
    BOTH = "both"
    """Nor do jurors know whose file they read, nor which of them said what of it."""


OPEN = frozenset({JuryState.APPOINTED, JuryState.ASSIGNED})


class JuryFrozen(Conflict):
    slug = "jury-frozen"

    def __init__(self, ranking_id: UUID | None = None) -> None:
        super().__init__(
            "This jury's ranking is frozen, so its jurors, reviews and order can't change any more. "
            "Read the ranking instead.",
            ranking_id=ranking_id,
        )


class JurorHasReviews(Conflict):
    slug = "juror-has-reviews"

    def __init__(self, jurors: Collection[UUID]) -> None:
        super().__init__(
            "These jurors still hold reviews. Leave them in the jury, or ask them to recuse from each file first.",
            jurors=sorted(str(juror) for juror in jurors),
        )


def check_open(state: str) -> None:
    """Raise JuryFrozen once the ranking is frozen."""
    if state not in OPEN:
        raise JuryFrozen


def check_change(*, leaving: Collection[UUID], holding_reviews: Collection[UUID]) -> None:
    """Raise JurorHasReviews if somebody who leaves holds an open or a submitted review."""
    bound = set(leaving) & set(holding_reviews)
    if bound:
        raise JurorHasReviews(bound)
