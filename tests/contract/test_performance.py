"""The performance page and its chart are what was kept of the measurements, and every run kept is whole."""

import pytest

from benchmarks import record, report
from benchmarks.figures import FIGURES

KEPT = [(name, size, runs) for name, sizes in record.load().items() for size, runs in record.by_size(sizes)]


def test_page_and_chart_are_what_was_measured() -> None:
    for path, text in report.rendered().items():
        assert path.read_text() == text, f"run `.venv/bin/python -m benchmarks.report`: {path.name} is stale"


@pytest.mark.parametrize(("name", "size", "runs"), KEPT, ids=[f"{name}-{size}" for name, size, _ in KEPT])
def test_what_was_kept_says_how_and_where_it_was_measured(name: str, size: int, runs: record.Runs) -> None:
    assert name in FIGURES
    assert runs
    for run in runs:
        assert run["command"].startswith(f"datacity bench {name} --events {size}")
        assert run["size"] == size
        assert {"cores", "cpu", "python", "libraries"} <= set(run["machine"])
        assert run["measured"][0]["name"].startswith("ours")
        assert all(each["value"] > 0 for each in run["measured"])
