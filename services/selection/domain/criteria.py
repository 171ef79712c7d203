"""What jurors judge a file by, how much each criterion counts, and which scores may be given."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from services.selection.domain.rubrics import Rubric, paris
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
            f"Each criterion of the jury takes one whole score from {LOWEST} to {HIGHEST}, or an abstention: "
            "correct what `errors` points at.",
            errors=errors,
        )


class RubricOfNoCriterion(Invalid):
    slug = "rubric-of-no-criterion"

    def __init__(self, keys: Collection[str]) -> None:
        super().__init__(
            "A rubric describes a criterion that has no weight. Leave it out, or give it one.",
            errors=[
                FieldError(
                    pointer=f"#/rubric/{key}", detail="this jury has no such criterion", code="unknown_criterion"
                )
                for key in sorted(keys)
            ],
        )


@dataclass(frozen=True)
class Criterion:
    """One thing that jurors judge, and its share of the whole."""

    key: str
    weight: int
    rubric: Rubric = field(default_factory=Rubric)


def criteria_of(weights: Mapping[str, int] | None, rubric: Mapping[str, Rubric] | None = None) -> tuple[Criterion, ...]:
    """The criteria of a jury; Paris's five unless it chose its own, and in Paris's words unless it brought others.

    Raises WeightsDoNotAddUp or RubricOfNoCriterion.
    """
    chosen = PARIS if weights is None else weights
    total = sum(chosen.values())
    if total != WHOLE:
        raise WeightsDoNotAddUp(total)
    if strangers := (rubric or {}).keys() - chosen.keys():
        raise RubricOfNoCriterion(strangers)
    described = {**paris(), **(rubric or {})}
    return tuple(Criterion(key, weight, described.get(key, Rubric())) for key, weight in chosen.items())


def weighted(scores: Mapping[str, int], criteria: Iterable[Criterion]) -> float:
    """What the scores come to on the scale from 0 to 100, over the criteria that have one; 0 while none has."""
    scored = [criterion for criterion in criteria if criterion.key in scores]
    given = sum(criterion.weight * scores[criterion.key] for criterion in scored)
    return given * 100 / (HIGHEST * sum(criterion.weight for criterion in scored)) if scored else 0.0


def check_scores(
    scores: Mapping[str, int],
    criteria: tuple[Criterion, ...],
    *,
    complete: bool,
    abstained: Collection[str] = (),
) -> None:
    """Raise ScoresNotAcceptable for an unknown criterion, or if `complete`, for one without score and abstention."""
    known = {criterion.key for criterion in criteria}
    errors = [
        FieldError(pointer="#/scores", detail=f"this jury has no criterion {key}", code="unknown_criterion")
        for key in sorted({*scores, *abstained} - known)
    ]
    errors += [
        FieldError(pointer=f"#/scores/{key}", detail=f"must be from {LOWEST} to {HIGHEST}", code="score_range")
        for key, score in sorted(scores.items())
        if not LOWEST <= score <= HIGHEST
    ]
    if complete:
        errors += [
            FieldError(pointer=f"#/scores/{criterion.key}", detail="give it a score, or abstain", code="missing")
            for criterion in criteria
            if criterion.key not in {*scores, *abstained}
        ]
        if not scores and not errors:
            errors = [FieldError(pointer="#/scores", detail="abstain on the whole file instead", code="no_score")]
    if errors:
        raise ScoresNotAcceptable(errors)


def check_remarks(remarks: Mapping[str, str], criteria: tuple[Criterion, ...]) -> None:
    """Raise ScoresNotAcceptable for a remark on a criterion that the jury has not."""
    if strangers := remarks.keys() - {criterion.key for criterion in criteria}:
        raise ScoresNotAcceptable(
            [
                FieldError(pointer="#/remarks", detail=f"this jury has no criterion {key}", code="unknown_criterion")
                for key in sorted(strangers)
            ]
        )
