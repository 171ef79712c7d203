"""What may be asked of a preview, and why it may not."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.selection.domain.criteria import Criterion
from shared.errors import Conflict, FieldError, Invalid


class NotInThisJury(Invalid):
    slug = "not-in-this-jury"

    def __init__(self, strangers: Collection[UUID]) -> None:
        super().__init__(
            "Leave out jurors of this jury only: GET the jury to see who sits in it.",
            errors=[FieldError(pointer="?without_juror", detail="does not judge here", code="not_in_this_jury")],
            jurors=sorted(str(stranger) for stranger in strangers),
        )


class WeightsForOtherCriteria(Invalid):
    slug = "weights-for-other-criteria"

    def __init__(self, wanted: Collection[str]) -> None:
        super().__init__(
            f"Give each criterion of this jury one weight, and no other: {', '.join(wanted)}.",
            errors=[FieldError(pointer="?weight", detail="must be the jury's criteria", code="criteria")],
            criteria=list(wanted),
        )


class NothingReviewed(Conflict):
    slug = "nothing-reviewed"
    message = "No review that counts here is submitted yet, so there is nothing to rank. Wait for the first."


def check_weights(weights: Mapping[str, int], criteria: Sequence[Criterion]) -> None:
    """Raise WeightsForOtherCriteria unless exactly the jury's criteria are weighed."""
    wanted = [criterion.key for criterion in criteria]
    if set(weights) != set(wanted):
        raise WeightsForOtherCriteria(wanted)
