"""What jurors judge a file by, how much each criterion counts, and which scores may be given."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.errors import FieldError, Invalid

LOWEST, HIGHEST = 0, 10
WHOLE = 100
"""What the weights of a jury add up to."""

PARIS: Mapping[str, int] = {
    "team": 20,
    "rollout": 20,
    "mass_production": 20,
    "fit": 20,
    "data": 20,
}
"""The five criteria of Paris: quality of the team, ability to roll out the experiment, potential to mass-produce,
fit of solution and problem, integration of data."""


class WeightsDoNotAddUp(Invalid):
    slug = "weights-do-not-add-up"

    def __init__(self, total: int) -> None:
        super().__init__(
            f"The weights add up to {total}; make them add up to {WHOLE}.",
            errors=[FieldError(pointer="#/weights", detail=f"must add up to {WHOLE}", code="weights")],
            total=total,
        )


class ScoresNotAcceptable(Invalid):
    slug = "scores-not-acceptable"

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(
            f"Each criterion of the jury takes one whole score from {LOWEST} to {HIGHEST}: "
            "correct what `errors` points at.",
            errors=errors,
        )


@dataclass(frozen=True)
class Criterion:
    """One thing that jurors judge, and its share of the whole."""

    key: str
    weight: int


def criteria_of(weights: Mapping[str, int] | None) -> tuple[Criterion, ...]:
    """The criteria of a jury; Paris's five unless it chose its own. Raises WeightsDoNotAddUp."""
    chosen = PARIS if weights is None else weights
    total = sum(chosen.values())
    if total != WHOLE:
        raise WeightsDoNotAddUp(total)
    return tuple(Criterion(key, weight) for key, weight in chosen.items())


def weighted(scores: Mapping[str, int], criteria: Iterable[Criterion]) -> float:
    """What the scores come to on the scale from 0 to 100; a criterion without one counts as nothing yet."""
    return sum(criterion.weight * scores.get(criterion.key, 0) for criterion in criteria) / HIGHEST


def check_scores(scores: Mapping[str, int], criteria: tuple[Criterion, ...], *, complete: bool) -> None:
    """Raise ScoresNotAcceptable for an unknown criterion, or if `complete`, for one that has no score yet."""
    known = {criterion.key for criterion in criteria}
    errors = [
        FieldError(pointer="#/scores", detail=f"this jury has no criterion {key}", code="unknown_criterion")
        for key in sorted(scores.keys() - known)
    ]
    errors += [
        FieldError(pointer=f"#/scores/{key}", detail=f"must be from {LOWEST} to {HIGHEST}", code="score_range")
        for key, score in sorted(scores.items())
        if not LOWEST <= score <= HIGHEST
    ]
    if complete:
        errors += [
            FieldError(pointer=f"#/scores/{criterion.key}", detail="give it a score", code="missing")
            for criterion in criteria
            if criterion.key not in scores
        ]
    if errors:
        raise ScoresNotAcceptable(errors)
