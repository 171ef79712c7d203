"""The model of `severity-corrected/1`: what is known of files and jurors after the reviews, and draws of it.

    score(file, juror) = level + quality(file) + effect(juror) + rest

Quality, effect and rest are normal around 0, each with a spread that nobody knows. Their ratios are laid on a grid and
weighted by their restricted likelihood and a half-Cauchy prior; at each point Henderson's equations are solved once,
with the files eliminated, so that a thousand files cost as little as their jurors. docs/adr/0014 has the sources.

The same inputs give the same bytes: everything is in the order of ids, chance is NumPy's `RandomState`, whose stream is
frozen for all versions (NEP 19), and what comes out is rounded to six decimals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.selection.domain.criteria import WHOLE

Array = NDArray[np.float64]

RATIOS: Array = 2.0 ** (np.arange(-8, 9) / 2.0)
"""How many times the rest's spread the spread of qualities, or of effects, may be: 1/16 to 16, in steps of √2."""
PRIOR_REVIEWS = 3
"""As if so many reviews had shown that nobody scores finer than whole points: keeps the rest's spread from being 0."""
SOLID = 9
"""Decimals to which a draw is rounded before it is ranked, so that the last bits of a processor decide nothing."""


@dataclass(frozen=True)
class Design:
    """The reviews as numbers: of each file and each juror how many, and the points given."""

    files: tuple[str, ...]
    jurors: tuple[int, ...]
    file_of: NDArray[np.intp]
    juror_of: NDArray[np.intp]
    points: Array
    finest: float
    """The variance of scoring in whole points alone."""


@dataclass(frozen=True)
class Posterior:
    """What is known after the reviews: scores and effects with their errors, and draws of all of it together."""

    score: Array
    score_error: Array
    effect: Array
    effect_error: Array
    shares: Array
    """Of the variance of one review: files, jurors, rest."""
    quality: Array
    """Draws × files: level + quality."""
    effects: Array
    """Draws × jurors."""
    rest: Array
    """Per draw: the rest's standard deviation."""
    spread: Array
    """Per draw: the standard deviation of jurors' effects."""

    @property
    def panel(self) -> Array:
        """Draws × files: the mean that the whole jury would have given."""
        return np.asarray(np.round(self.quality + self.effects.mean(axis=1, keepdims=True), SOLID))


@dataclass(frozen=True)
class _Point:
    """The equations solved at one point of the grid."""

    ratios: tuple[float, float]
    fixed: Array
    quality: Array
    weights: Array
    factor: Array
    inverse: Array
    squares: float
    log_likelihood: float


def design_of(inputs: Mapping[str, Any]) -> Design:
    """The inputs of a ranking in their one order, whichever they came in."""
    weights = {criterion["key"]: criterion["weight"] for criterion in inputs["criteria"]}
    highest = inputs["scale"]["highest"]
    files = tuple(sorted(inputs["files"]))
    reviews = sorted(inputs["reviews"], key=lambda review: str(review["review_id"]))
    jurors = tuple(sorted({review["juror"] for review in reviews}))
    place = {file: number for number, file in enumerate(files)}
    seat = {juror: number for number, juror in enumerate(jurors)}
    return Design(
        files=files,
        jurors=jurors,
        file_of=np.array([place[review["application_id"]] for review in reviews], dtype=np.intp),
        juror_of=np.array([seat[review["juror"]] for review in reviews], dtype=np.intp),
        points=np.array([points_of(review["scores"], weights, highest) for review in reviews], dtype=np.float64),
        finest=sum((weight * 100 / WHOLE / highest) ** 2 for weight in weights.values()) / 12,
    )


def points_of(scores: Mapping[str, int], weights: Mapping[str, int], highest: int) -> float:
    """A review's weighted score in [0, 100], over the criteria that it scored."""
    given = sum(weights[key] * score for key, score in scores.items())
    return given * 100 / (sum(weights[key] for key in scores) * highest)


def known_of(inputs: Mapping[str, Any], design: Design) -> Posterior:
    """What these inputs say, with the draws of their own seed."""
    return posterior(design, seed=inputs["parameters"]["seed"], draws=inputs["parameters"]["draws"])


def posterior(
    design: Design, *, seed: int, draws: int, grid: Sequence[tuple[float, float]] = tuple(product(RATIOS, RATIOS))
) -> Posterior:
    """What the reviews say of files and jurors, and draws of it by this seed."""
    counts = _counts(design)
    solved = [_solved(design, counts, quality, effect) for quality, effect in grid]
    weight = _weights(solved)
    jurors = len(design.jurors)
    panel = np.concatenate([[1.0], np.full(jurors, 1.0 / jurors)])
    degrees = len(design.points) - 1 + PRIOR_REVIEWS
    rest = np.array([point.squares for point in solved]) / (degrees - 2)

    scores = np.array([point.quality + panel @ point.fixed for point in solved])
    score_variances = np.array(
        [
            variance * (point.weights + _quadratic(panel - counts * point.weights[:, None], point.inverse))
            for variance, point in zip(rest, solved, strict=True)
        ]
    )
    # An effect is told as severity against the jury's mean, which the reviews know, and not against all jurors'.
    centre = np.hstack([np.zeros((jurors, 1)), np.eye(jurors) - 1.0 / jurors])
    effects = np.array([centre @ point.fixed for point in solved])
    effect_variances = np.array(
        [variance * _quadratic(centre, point.inverse) for variance, point in zip(rest, solved, strict=True)]
    )
    shares = np.array([[quality**2, effect**2, 1.0] for quality, effect in (point.ratios for point in solved)])
    score, score_error = _mixed(weight, scores, score_variances)
    effect, effect_error = _mixed(weight, effects, effect_variances)
    quality, drawn, spread_of_rest, spread = _draws(
        design, solved, weight, degrees=degrees, draws=draws, random=np.random.RandomState(seed)
    )
    return Posterior(
        score=score,
        score_error=score_error,
        effect=effect,
        effect_error=effect_error,
        shares=weight @ (shares / shares.sum(axis=1, keepdims=True)),
        quality=quality,
        effects=drawn,
        rest=spread_of_rest,
        spread=spread,
    )


def _counts(design: Design) -> Array:
    """Files × (all, each juror): how many reviews."""
    files, jurors = len(design.files), len(design.jurors)
    counts = np.zeros((files, jurors + 1))
    np.add.at(counts, (design.file_of, design.juror_of + 1), 1.0)
    counts[:, 0] = counts[:, 1:].sum(axis=1)
    return counts


def _solved(design: Design, counts: Array, quality: float, effect: float) -> _Point:
    """Henderson's mixed-model equations with the files eliminated, and the restricted likelihood of these ratios."""
    read = counts[:, 1:].sum(axis=0)
    # Around the mean, so that squares do not swallow small differences.
    middle = design.points.mean()
    points = design.points - middle
    by_file = np.bincount(design.file_of, weights=points, minlength=len(design.files))
    by_juror = np.bincount(design.juror_of, weights=points, minlength=len(design.jurors))
    weights = 1.0 / (counts[:, 0] + quality**-2)
    matrix = np.diag(np.concatenate([[len(points)], read + effect**-2]))
    matrix[0, 1:] = matrix[1:, 0] = read
    matrix = matrix - counts.T @ (weights[:, None] * counts)
    given = np.concatenate([[points.sum()], by_juror])
    factor = np.linalg.cholesky(matrix)
    fixed = np.linalg.solve(matrix, given - counts.T @ (weights * by_file))
    qualities = weights * (by_file - counts @ fixed)
    left = points @ points - fixed @ given - qualities @ by_file
    squares = max(float(left), 0.0) + PRIOR_REVIEWS * design.finest
    determinant = -np.log(weights).sum() + 2 * np.log(np.diag(factor)).sum()
    spreads = 2 * (len(design.files) * np.log(quality) + len(design.jurors) * np.log(effect))
    degrees = len(points) - 1 + PRIOR_REVIEWS
    fixed[0] += middle
    return _Point(
        ratios=(float(quality), float(effect)),
        fixed=fixed,
        quality=qualities,
        weights=weights,
        factor=factor,
        inverse=np.linalg.inv(matrix),
        squares=squares,
        log_likelihood=float(-0.5 * (determinant + spreads) - 0.5 * degrees * np.log(squares)),
    )


def _quadratic(rows: Array, matrix: Array) -> Array:
    """Of each row r: r M rᵀ."""
    return np.asarray(((rows @ matrix) * rows).sum(axis=1))


def _weights(grid: Sequence[_Point]) -> Array:
    """By restricted likelihood, and a half-Cauchy prior on each ratio (on a grid of logarithms: r / (1 + r²))."""
    prior = [sum(np.log(ratio / (1 + ratio**2)) for ratio in point.ratios) for point in grid]
    logs = np.array([point.log_likelihood for point in grid]) + np.array(prior)
    weight = np.exp(logs - logs.max())
    return np.asarray(weight / weight.sum())


def _mixed(weight: Array, means: Array, variances: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of a mixture, column by column."""
    mean = weight @ means
    return mean, np.sqrt(weight @ (variances + (means - mean) ** 2))


def _draws(
    design: Design, grid: Sequence[_Point], weight: Array, *, degrees: int, draws: int, random: np.random.RandomState
) -> tuple[Array, Array, Array, Array]:
    """Level + quality, effects, and the spreads of rest and effects; each point of the grid as often as it weighs."""
    counts = _counts(design)
    chi = random.chisquare(degrees, draws)
    of_fixed = random.standard_normal((draws, len(design.jurors) + 1))
    of_files = random.standard_normal((draws, len(design.files)))
    chosen = np.minimum(np.searchsorted(np.cumsum(weight), (np.arange(draws) + 0.5) / draws), len(grid) - 1)
    quality, effects = np.empty_like(of_files), np.empty((draws, len(design.jurors)))
    rest, spread = np.empty(draws), np.empty(draws)
    middle = design.points.mean()
    by_file = np.bincount(design.file_of, weights=design.points - middle, minlength=len(design.files))
    for number in np.unique(chosen):
        point, rows = grid[number], chosen == number
        rest[rows] = sigma = np.sqrt(point.squares / chi[rows])
        fixed = point.fixed + sigma[:, None] * np.linalg.solve(point.factor.T, of_fixed[rows].T).T
        around = fixed - np.eye(1, fixed.shape[1]) * middle
        effects[rows] = fixed[:, 1:]
        quality[rows] = (
            fixed[:, :1]
            + point.weights * (by_file - around @ counts.T)
            + sigma[:, None] * np.sqrt(point.weights) * of_files[rows]
        )
        spread[rows] = sigma * point.ratios[1]
    return quality, effects, rest, spread
