"""What several runs of a figure at one size come to: the median of each, and every run's own value."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks.record import Runs


@dataclass(frozen=True)
class Row:
    """One contender, over all runs."""

    name: str
    events: int
    values: list[float]
    ratio: float | None
    """Of ours to it, the median of those within each run; None for ours."""
    details: dict[str, float]
    costs: dict[str, float | None]
    note: str

    @property
    def value(self) -> float:
        return statistics.median(self.values)

    @property
    def is_ours(self) -> bool:
        return self.name.startswith("ours")


@dataclass(frozen=True)
class Verdict:
    """A target over all runs."""

    what: str
    found: list[float]
    bound: float
    at_least: bool

    @property
    def median(self) -> float:
        return statistics.median(self.found)

    @property
    def met(self) -> bool:
        return self.median >= self.bound if self.at_least else self.median <= self.bound

    @property
    def times_met(self) -> int:
        return sum(found >= self.bound if self.at_least else found <= self.bound for found in self.found)


def rows_of(runs: Runs) -> list[Row]:
    """A row for each contender that every run has, as the first run orders them."""
    by_name = [{each["name"]: each for each in run["measured"]} for run in runs]
    names = [each["name"] for each in runs[0]["measured"] if all(each["name"] in found for found in by_name)]
    return [_row([found[name] for found in by_name], [_ours(found, name) for found in by_name]) for name in names]


def verdicts_of(runs: Runs) -> list[Verdict]:
    """Each target that every run has."""
    found = []
    for target in runs[0]["targets"]:
        same = [each for run in runs for each in run["targets"] if each["what"] == target["what"]]
        if len(same) == len(runs):
            values = [each["found"] for each in same]
            found.append(Verdict(target["what"], values, target["bound"], target["at_least"]))
    return found


def _row(each: list[dict[str, Any]], ours: list[dict[str, Any]]) -> Row:
    first = each[0]
    is_ours = first["name"].startswith("ours")
    ratios = [mine["value"] / its["value"] for mine, its in zip(ours, each, strict=True) if its["value"]]
    return Row(
        name=first["name"],
        events=first["events"],
        values=[its["value"] for its in each],
        ratio=None if is_ours or not ratios else statistics.median(ratios),
        details=_medians(its["details"] for its in each),
        costs=_medians(its["costs"] or {} for its in each),
        note=first["note"],
    )


def _ours(found: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    return found.get(found[name].get("beside") or "") or next(iter(found.values()))


def _medians(each: Iterable[dict[str, Any]]) -> dict[str, Any]:
    gathered = list(each)
    medians: dict[str, Any] = {}
    for key in gathered[0]:
        values = [found[key] for found in gathered if found.get(key) is not None]
        medians[key] = statistics.median(values) if values else None
    return medians
