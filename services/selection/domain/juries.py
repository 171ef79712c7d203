"""What state a jury is in, and what it may still do there."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, FieldError, Invalid


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


class JurorBoundToPartner(Conflict):
    slug = "juror-bound-to-partner"

    def __init__(self, jurors: Collection[UUID], *, partner: str) -> None:
        super().__init__(
            f"These jurors work for {partner}, whose challenge this is, or own a part of it: each file that answers it "
            "would be closed to them. Leave them out; or if that tie does not matter here, waive it first, with a "
            "reason (POST /waivers).",
            jurors=sorted(str(juror) for juror in jurors),
        )


class BiddingOver(Conflict):
    slug = "bidding-over"
    message = (
        "The files of this jury are assigned already, so bids move nothing any more. Read yours with GET /reviews; "
        "recuse from one that you can't judge."
    )


class LimitOfNobody(Invalid):
    slug = "limit-of-nobody"

    def __init__(self, strangers: Collection[UUID]) -> None:
        super().__init__(
            "A limit of their own is for jurors of this jury. Seat them, or leave their limits out.",
            errors=[
                FieldError(pointer=f"#/limits/{juror}", detail="is not in this jury", code="not_seated")
                for juror in sorted(strangers)
            ],
        )


def check_bidding(state: str) -> None:
    """Raise BiddingOver once files are assigned."""
    if state != JuryState.APPOINTED:
        raise BiddingOver


def check_limits(limits: Mapping[UUID, int], jurors: Collection[UUID]) -> None:
    """Raise LimitOfNobody if somebody has a limit and no seat."""
    if strangers := set(limits) - set(jurors):
        raise LimitOfNobody(strangers)


def check_open(state: str) -> None:
    """Raise JuryFrozen once the ranking is frozen."""
    if state not in OPEN:
        raise JuryFrozen


def check_change(*, leaving: Collection[UUID], holding_reviews: Collection[UUID]) -> None:
    """Raise JurorHasReviews if somebody who leaves holds an open or a submitted review."""
    bound = set(leaving) & set(holding_reviews)
    if bound:
        raise JurorHasReviews(bound)
