"""Juries whose files have a true quality and whose jurors a true severity, and how well a ranking found them."""

import itertools
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.selection.domain.criteria import criteria_of
from services.selection.domain.ranking import ScoredReview, severity_inputs_of
from services.selection.severity.model import Array

CRITERIA = criteria_of(None)


@dataclass(frozen=True)
class Simulated:
    """What the reviews told, and what was true; files are in the order of their ids."""

    inputs: dict[str, Any]
    quality: Array
    places: int


def simulated(
    seed: int,
    *,
    files: int = 20,
    jurors: int = 8,
    reviews: int = 3,
    places: int = 5,
    spread: float = 10.0,
    severity: float = 8.0,
    rest: float = 6.0,
) -> Simulated:
    """Each file is read by so many jurors, evenly spread, in whole points by criterion as people give them."""
    random = np.random.RandomState(seed)
    quality = 60 + spread * random.standard_normal(files)
    severities = severity * random.standard_normal(jurors)
    loads = np.zeros(jurors)
    given = []
    numbers = itertools.count(1)
    for file in range(files):
        for juror in np.lexsort((random.standard_normal(jurors), loads))[:reviews]:
            loads[juror] += 1
            # A review's spread is that of the mean of its criteria.
            points = quality[file] - severities[juror] + rest * random.standard_normal()
            each = points + 5 * random.standard_normal(len(CRITERIA))
            given.append(
                ScoredReview(
                    review_id=UUID(int=next(numbers)),
                    application_id=UUID(int=file),
                    revision=1,
                    scores={
                        criterion.key: int(np.clip(round(one / 10), 0, 10))
                        for criterion, one in zip(CRITERIA, each, strict=True)
                    },
                    juror=int(juror) + 1,
                )
            )
    inputs = severity_inputs_of(
        challenge_id=UUID(int=1),
        files=[UUID(int=file) for file in range(files)],
        criteria=CRITERIA,
        reviews=given,
        places=places,
    )
    return Simulated(inputs=inputs, quality=quality, places=places)


def concordance(one: Array, other: Array) -> float:
    """Kendall's tau."""
    agree = np.sign(one[:, None] - one) * np.sign(other[:, None] - other)
    return float(agree.sum() / (len(one) * (len(one) - 1)))


def missed(found: Array, true: Array, places: int) -> int:
    """How many of the truly best are not among those taken."""
    return len(_best(true, places) - _best(found, places))


def _best(values: Array, places: int) -> set[int]:
    order: NDArray[np.intp] = np.argsort(-values, kind="stable")
    return set(order[:places].tolist())
