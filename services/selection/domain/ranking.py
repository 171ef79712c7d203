"""How a challenge's files are ranked: a pure function of its inputs, whose digest lets anyone recompute it.

Method `weighted-mean/1`: a review's score is the sum of weight × score over the criteria, scaled to [0, 100]; a file's
score is the mean over its submitted reviews; equal scores share a rank, and the next rank counts them (1, 1, 3).
Recused and cancelled reviews are no input at all, so stepping back never lowers a score.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from services.selection.domain.criteria import HIGHEST, LOWEST, WHOLE, Criterion
from shared.errors import Conflict, Forbidden

METHOD = "weighted-mean/1"
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
        super().__init__(f"{method!r} is not a method that this version knows; it knows {METHOD}")


@dataclass(frozen=True, kw_only=True)
class ScoredReview:
    """A submitted review, without who wrote it."""

    review_id: UUID
    application_id: UUID
    revision: int
    scores: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class RankedLine:
    """A file's place. `score` is in [0, 100]."""

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


def inputs_of(
    *,
    challenge_id: UUID,
    files: Collection[UUID],
    criteria: Sequence[Criterion],
    reviews: Collection[ScoredReview],
) -> dict[str, Any]:
    """All that the ranking is made of, as plain JSON; who judged is not part of it."""
    return {
        "method": METHOD,
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


def digest_of(inputs: Mapping[str, Any]) -> str:
    """SHA-256 (hexadecimal) of the canonical JSON: keys sorted, no spaces, UTF-8."""
    canonical = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def recompute(inputs: Mapping[str, Any]) -> list[RankedLine]:
    """The ranking that these inputs give, best first; the same for everyone, at any time. Raises UnknownMethod."""
    if inputs["method"] != METHOD:
        raise UnknownMethod(inputs["method"])
    weights = {criterion["key"]: criterion["weight"] for criterion in inputs["criteria"]}
    points: dict[str, list[int]] = {file: [] for file in inputs["files"]}
    for review in inputs["reviews"]:
        points[review["application_id"]].append(sum(weights[key] * score for key, score in review["scores"].items()))
    best = WHOLE * inputs["scale"]["highest"]
    # Fractions, so that equal means are equal and no rounding decides a rank.
    means = {file: Fraction(sum(given) * 100, len(given) * best) for file, given in points.items()}
    # The place of the first with that mean. Sorted once, as each against each takes minutes for some thousand files.
    ranks: dict[Fraction, int] = {}
    for place, mean in enumerate(sorted(means.values(), reverse=True), start=1):
        ranks.setdefault(mean, place)
    lines = [
        RankedLine(
            application_id=UUID(file),
            rank=ranks[mean],
            score=round(float(mean), DECIMALS),
            reviews=len(points[file]),
        )
        for file, mean in means.items()
    ]
    return sorted(lines, key=lambda line: (line.rank, line.application_id))
