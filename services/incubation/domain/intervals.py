"""How sure a mean is: Student's interval, in plain Python."""

import math
from functools import lru_cache

CONFIDENCE = 0.95
_STEPS = 200
_TINY = 1e-300


def half_width(*, standard_deviation: float, measurements: int) -> float:
    """How far the true mean may be from the measured one, with 95 % confidence.

    It takes measurements as independent and roughly normal, and two of them at least.
    """
    return t_quantile(measurements - 1) * standard_deviation / math.sqrt(measurements)


@lru_cache(maxsize=1024)
def t_quantile(freedom: int) -> float:
    """The t that a two-sided interval of 95 % takes, by bisection of its distribution function."""
    low, high = 0.0, 16.0  # the largest, of one degree of freedom, is 12.7
    for _ in range(80):
        middle = (low + high) / 2
        if _outside(middle, freedom) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _outside(t: float, freedom: int) -> float:
    """The chance that |T| exceeds t: the regularised incomplete beta function I_x(f/2, 1/2) with x = f / (f + t²)."""
    x, a, b = freedom / (freedom + t * t), freedom / 2, 0.5
    if x in {0.0, 1.0}:
        return x
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    # The continued fraction converges quickly on one side of the mean only; symmetry gives the other.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's evaluation of the continued fraction of the incomplete beta function."""
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, _STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            result *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return result


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
