"""What the measurements of an indicator say, beside what it was before, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.incubation.domain.intervals import half_width


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The measurements of one indicator: how many, and what they come to."""

    measurements: int = 0
    mean: float | None = None
    standard_deviation: float | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The measurements of one indicator beside its baseline; None where there are too few to say."""

    indicator: str
    unit: str
    direction: str
    baseline: float
    measurements: int
    mean: float | None
    standard_deviation: float | None
    change: float | None
    change_interval: tuple[float, float] | None
    """Where the true change lies, with 95 % confidence."""
    effect_size: float | None
    """The change in standard deviations of the measurements."""


def find(indicator: Mapping[str, str], *, baseline: float, summary: Summary) -> Finding:
    """Set what was measured of an indicator beside its baseline; the baseline is taken as exact."""
    change = None if summary.mean is None else summary.mean - baseline
    spread = summary.standard_deviation
    interval = None
    if change is not None and spread is not None:
        around = half_width(standard_deviation=spread, measurements=summary.measurements)
        interval = (change - around, change + around)
    return Finding(
        indicator=indicator["name"],
        unit=indicator["unit"],
        direction=indicator["direction"],
        baseline=baseline,
        measurements=summary.measurements,
        mean=summary.mean,
        standard_deviation=spread,
        change=change,
        change_interval=interval,
        effect_size=change / spread if change is not None and spread else None,
    )
