"""How far jurors agree: Krippendorff's alpha for interval data, and what its value means in a sentence.

Exact, by fractions. Files with one review say nothing of agreement and are left out, as the coefficient's author has it
(K. Krippendorff, *Content Analysis*, 4th ed., 2018, chapter 12); so are its two thresholds, 0.800 and 0.667.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

RELIABLE, TENTATIVE = 0.8, 0.667
DECIMALS = 6


class Grade(StrEnum):
    """How far jurors agree, in a word."""

    NO_PAIRS = "no-pairs"
    ALL_THE_SAME = "all-the-same"
    WELL = "well"
    TENTATIVELY = "tentatively"
    LITTLE = "little"
    BY_CHANCE = "by-chance"


MEANING: Mapping[Grade, str] = {
    Grade.NO_PAIRS: "No file has two reviews, so nothing is known of how far jurors agree.",
    Grade.ALL_THE_SAME: "All scores are the same, so nothing is known of how far jurors agree.",
    Grade.WELL: "Jurors agree well: another jury would probably rank these files much the same.",
    Grade.TENTATIVELY: "Jurors agree enough for tentative conclusions: look at the files near the cut again.",
    Grade.LITTLE: "Jurors agree little: who read a file decides much of its raw mean, so deliberate near the cut.",
    Grade.BY_CHANCE: "Jurors agree no better than chance: the scores alone can't carry a selection.",
}


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """`alpha` is 1 where jurors agree entirely, 0 where as by chance, less where they oppose each other.

    None where it can't be known.
    """

    alpha: float | None
    files: int
    reviews: int
    meaning: str


def agreement_of(points: Mapping[str, Sequence[Fraction]]) -> Agreement:
    """How far the reviews of each file agree, by the scores that each file was given."""
    paired = [list(given) for given in points.values() if len(given) > 1]
    values = [value for given in paired for value in given]
    count = len(values)
    alpha = _alpha(paired, values)
    return Agreement(alpha=alpha, files=len(paired), reviews=count, meaning=MEANING[grade_of(alpha, files=len(paired))])


def _alpha(paired: Sequence[Sequence[Fraction]], values: Sequence[Fraction]) -> float | None:
    expected = _squares(values)
    if not expected:
        return None
    count = len(values)
    observed = sum((_squares(given) / (len(given) - 1) for given in paired), Fraction(0))
    return round(float(1 - Fraction(count - 1) * observed / expected), DECIMALS)


def _squares(values: Sequence[Fraction]) -> Fraction:
    """The sum of the squared differences of all pairs, without going through them."""
    return len(values) * sum((value * value for value in values), Fraction(0)) - sum(values, Fraction(0)) ** 2


def grade_of(alpha: float | None, *, files: int) -> Grade:
    """What a value of alpha over so many files means."""
    if not files:
        return Grade.NO_PAIRS
    if alpha is None:
        return Grade.ALL_THE_SAME
    if alpha >= RELIABLE:
        return Grade.WELL
    if alpha >= TENTATIVE:
        return Grade.TENTATIVELY
    return Grade.LITTLE if alpha > 0 else Grade.BY_CHANCE
