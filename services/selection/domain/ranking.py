"""How a challenge's files are ranked: a pure function of its inputs, whose digest lets anyone recompute it.

Method `severity-corrected/1` is computed in `severity/`, as it needs more than rules do.

Method `weighted-mean/1`: a review's score is the weighted mean of its scores by criterion, scaled to [0, 100]; a file's
score is the mean over its submitted reviews; equal scores share a rank, and the next rank counts them (1, 1, 3).
Recused and cancelled reviews are no input at all, so stepping back never lowers a score. Neither does abstaining: the
weights of the criteria that a juror did score are taken for the whole, as if the others had got that juror's own mean.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from services.selection.domain.criteria import HIGHEST, LOWEST, Criterion
from shared.errors import Conflict, Forbidden

WEIGHTED_MEAN = "weighted-mean/1"
SEVERITY_CORRECTED = "severity-corrected/1"
METHODS = (SEVERITY_CORRECTED, WEIGHTED_MEAN)

DRAWS = 2000
INTERVAL_PERCENT = 90
COIN_TOSS_PERCENT = 25
"""A file is in the coin toss zone if its place above or below the cut would be wrong more than once in four."""
SEEDS = 2**32

DECIMALS = 6
"""Enough to tell any two different means of fewer than 300 reviews apart."""


class RankingNotReady(Conflict):
    slug = "ranking-not-ready"

    def __init__(self, *, open_reviews: Collection[UUID], unreviewed_files: Collection[UUID]) -> None:
        said = []
        if open_reviews:
            said.append(f"{len(open_reviews)} reviews are still open: wait for them, or let their jurors recuse.")
        if unreviewed_files:
            said.append(f"{len(unreviewed_files)} files have no submitted review: assign and review them.")
        super().__init__(
            "The ranking can't be frozen yet. " + " ".join(said),
            open_reviews=sorted(str(review) for review in open_reviews),
            unreviewed_files=sorted(str(file) for file in unreviewed_files),
        )


class NothingToRank(Conflict):
    slug = "nothing-to-rank"
    message = "No admitted file names this jury's challenge, so there is nothing to rank."


class InConflict(Forbidden):
    slug = "in-conflict"
    message = "You are in conflict with a file of this ranking, so its scores are not for you. Ask a colleague."


class UnknownMethod(ValueError):
    def __init__(self, method: object) -> None:
        super().__init__(f"{method!r} is not a method that this version knows; it knows {' and '.join(METHODS)}")


@dataclass(frozen=True, kw_only=True)
class ScoredReview:
    """A submitted review; who wrote it is a number at most, that means nothing outside of this ranking."""

    review_id: UUID
    application_id: UUID
    revision: int
    scores: Mapping[str, int]
    juror: int | None = None


@dataclass(frozen=True, kw_only=True)
class RankedLine:
    """A file's place. `score` is on the scale from 0 to 100."""

    application_id: UUID
    rank: int
    score: float
    reviews: int


def check_ready(*, files: Collection[UUID], open_reviews: Collection[UUID], reviewed: Collection[UUID]) -> None:
    """Raise unless each eligible file has a submitted review and none is open."""
    if not files:
        raise NothingToRank
    unreviewed = set(files) - set(reviewed)
    if open_reviews or unreviewed:
        raise RankingNotReady(open_reviews=open_reviews, unreviewed_files=unreviewed)


def numbers_of(jurors: Iterable[UUID]) -> dict[UUID, int]:
    """Jurors as they come, numbered from 1: a ranking tells who scored alike, and not who it was."""
    return {juror: number for number, juror in enumerate(dict.fromkeys(jurors), start=1)}


def inputs_of(
    *,
    challenge_id: UUID,
    files: Collection[UUID],
    criteria: Sequence[Criterion],
    reviews: Collection[ScoredReview],
) -> dict[str, Any]:
    """All that `weighted-mean/1` is made of, as plain JSON; who judged is not part of it."""
    return {
        "method": WEIGHTED_MEAN,
        "challenge_id": str(challenge_id),
        "scale": {"lowest": LOWEST, "highest": HIGHEST},
        "criteria": [{"key": criterion.key, "weight": criterion.weight} for criterion in criteria],
        "files": sorted(str(file) for file in files),
        "reviews": [
            {
                "review_id": str(review.review_id),
                "application_id": str(review.application_id),
                "revision": review.revision,
                "scores": dict(sorted(review.scores.items())),
            }
            for review in sorted(reviews, key=lambda review: review.review_id)
        ],
    }


def severity_inputs_of(
    *,
    challenge_id: UUID,
    files: Collection[UUID],
    criteria: Sequence[Criterion],
    reviews: Collection[ScoredReview],
    places: int,
) -> dict[str, Any]:
    """All that `severity-corrected/1` is made of: besides, which reviews are one juror's, the cut, and the seed.

    The seed follows from the rest, so that nobody can try one after another until the ranking pleases.
    """
    plain = inputs_of(challenge_id=challenge_id, files=files, criteria=criteria, reviews=reviews)
    juror_of = {str(review.review_id): review.juror for review in reviews}
    inputs = {
        **plain,
        "method": SEVERITY_CORRECTED,
        "reviews": [{**review, "juror": juror_of[review["review_id"]]} for review in plain["reviews"]],
        "parameters": {
            "places": places,
            "draws": DRAWS,
            "interval_percent": INTERVAL_PERCENT,
            "coin_toss_percent": COIN_TOSS_PERCENT,
        },
    }
    seed = int(digest_of(inputs), 16) % SEEDS
    return {**inputs, "parameters": {**inputs["parameters"], "seed": seed}}


def digest_of(inputs: Mapping[str, Any]) -> str:
    """SHA-256 (hexadecimal) of the canonical JSON: keys sorted, no spaces, UTF-8."""
    return hashlib.sha256(canonical(inputs).encode()).hexdigest()


def canonical(value: Mapping[str, Any]) -> str:
    """JSON in one way only: keys sorted, no spaces, letters as they are."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def recompute(inputs: Mapping[str, Any]) -> list[RankedLine]:
    """The weighted means of these inputs, best first; the same for everyone, at any time. Raises UnknownMethod."""
    if inputs["method"] != WEIGHTED_MEAN:
        raise UnknownMethod(inputs["method"])
    points = points_of(inputs)
    # Fractions, so that equal means are equal and no rounding decides a rank.
    means = {file: sum(given, Fraction(0)) / len(given) for file, given in points.items()}
    return placed(means, reviews={file: len(given) for file, given in points.items()})


def points_of(inputs: Mapping[str, Any]) -> dict[str, list[Fraction]]:
    """Of each file the weighted scores that its reviews gave, in [0, 100]."""
    weights = {criterion["key"]: criterion["weight"] for criterion in inputs["criteria"]}
    highest = inputs["scale"]["highest"]
    points: dict[str, list[Fraction]] = {file: [] for file in inputs["files"]}
    for review in inputs["reviews"]:
        given = sum(weights[key] * score for key, score in review["scores"].items())
        best = highest * sum(weights[key] for key in review["scores"])
        points[review["application_id"]].append(Fraction(given * 100, best))
    return points


def placed(scores: Mapping[str, Fraction], *, reviews: Mapping[str, int]) -> list[RankedLine]:
    """Each file with its place, best first; equal scores share one, and the next counts them."""
    # The place of the first with that score. Sorted once, as each against each takes minutes for some thousand files.
    ranks: dict[Fraction, int] = {}
    for place, score in enumerate(sorted(scores.values(), reverse=True), start=1):
        ranks.setdefault(score, place)
    lines = [
        RankedLine(
            application_id=UUID(file),
            rank=ranks[score],
            score=round(float(score), DECIMALS),
            reviews=reviews[file],
        )
        for file, score in scores.items()
    ]
    return sorted(lines, key=lambda line: (line.rank, line.application_id))
