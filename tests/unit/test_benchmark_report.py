"""The page and the chart of what was measured, made from a record that was planted."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from benchmarks import record, report
from benchmarks.__main__ import main, parser
from benchmarks.chart import chart
from benchmarks.figures import FIGURES, sizes_of
from benchmarks.summary import rows_of, verdicts_of

MACHINE = {
    "cores": 2,
    "cpu": "a CPU",
    "memory_gb": 8,
    "system": "Linux",
    "python": "3.11.7",
    "libraries": {"aiokafka": "0.14.0"},
    "load_average": 0.3,
}
SVG = "{http://www.w3.org/2000/svg}"


def measured(name: str, value: float, **details: float) -> dict[str, Any]:
    costs = {
        "own_cpu_seconds_per_1000": 0.05,
        "kafka_cpu_seconds_per_1000": 0.02,
        "postgresql_cpu_seconds_per_1000": None,
        "wal_bytes_per_event": 1234.5,
    }
    return {"name": name, "value": value, "events": 1000, "seconds": 1.0, "costs": costs} | {
        "note": f"how {name} was run",
        "details": details,
        "beside": "",
    }


def run(figure: str, unit: str, *contenders: dict[str, Any], found: float = 1.0, bound: float = 0.9) -> dict[str, Any]:
    target = {"what": f"{figure}'s target", "found": found, "bound": bound, "at_least": True, "met": found >= bound}
    return {
        "command": f"datacity bench {figure} --events 1000",
        "figure": figure,
        "unit": unit,
        "measured": list(contenders),
        "targets": [target],
        "machine": MACHINE,
        "at": "2026-11-25T10:00:00Z",
    }


def relays(*pairs: tuple[float, float]) -> list[dict[str, Any]]:
    return [
        run("relay", "events/s", measured("ours", mine), measured("aiokafka <plain>", its), found=mine / its)
        for mine, its in pairs
    ]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A record of two figures, with a page that has a place for one of them and for the targets."""
    path = tmp_path / "performance.json"
    record.save("relay", 10_000, relays((100, 200), (300, 300), (900, 1000)), path)
    waits = {"p50_ms": 4.0, "p95_ms": 8.0, "p99_ms": 12.0, "max_ms": 40.0}
    record.save("latency", 4_000, [run("latency", "ms (p50)", measured("ours", 4.0, **waits))], path)
    places = "".join(f"<!-- figures: {name} -->\nold\n<!-- end -->\nkept\n" for name in ("targets", "relay", "writing"))
    path.with_suffix(".md").write_text(f"# A page\n{places}")
    return path


def test_a_ratio_is_the_median_of_the_ratios_within_each_run() -> None:
    ours, its = rows_of(relays((100, 200), (300, 300), (900, 1000)))

    assert (ours.ratio, its.ratio) == (None, 0.9)
    assert its.value == 300  # and not 300 / 300, the ratio of the medians


def test_a_contender_may_name_which_of_ours_it_is_compared_with() -> None:
    one = measured("asyncpg, 1 writer", 50) | {"beside": "ours, 1 writer"}
    rows = rows_of([run("writing", "commits/s", measured("ours, 16", 400), measured("ours, 1 writer", 25), one)])

    assert rows[-1].ratio == 0.5


def test_a_contender_that_was_left_out_of_a_run_is_left_out() -> None:
    runs = relays((100, 200), (100, 200))
    runs[1]["measured"].pop()

    assert [row.name for row in rows_of(runs)] == ["ours"]


def test_a_target_is_met_by_the_median() -> None:
    (verdict,) = verdicts_of(relays((100, 200), (95, 100), (100, 100)))

    assert verdict.met
    assert verdict.times_met == 2


def test_what_is_kept_replaces_the_same_figure_at_the_same_size_only(kept: Path) -> None:
    record.save("relay", 100_000, relays((1, 1)), kept)
    record.save("relay", 10_000, relays((2, 1)), kept)

    found = record.load(kept)
    assert {size: len(runs) for size, runs in found["relay"].items()} == {"10000": 1, "100000": 1}
    assert list(found) == ["relay", "latency"]


def test_the_page_gets_its_tables_and_keeps_its_words(kept: Path) -> None:
    report.write(kept)

    page = kept.with_suffix(".md").read_text()
    assert "old" not in page
    assert page.count("kept\n") == 3
    assert "| relay's target | 10,000 | ≥ 0.9 | 0.5 · 1 · 0.9 | 0.9 | yes, 2 of 3 |" in page
    assert "| 1,000 | **ours** | 100 · 300 · 900 |  | 0.050 · 0.020 · – | 1,234 | how ours was run |" in page
    assert "| 1,000 | aiokafka <plain> | 200 · 300 · 1,000 | 0.90 |" in page
    assert "Not measured yet." in page


def test_writing_the_page_twice_changes_nothing(kept: Path) -> None:
    report.write(kept)
    once = kept.with_suffix(".md").read_text()

    report.write(kept)

    assert kept.with_suffix(".md").read_text() == once


def test_a_place_for_a_figure_that_does_not_exist_is_refused(kept: Path) -> None:
    kept.with_suffix(".md").write_text("<!-- figures: speed -->\n<!-- end -->\n")

    with pytest.raises(KeyError, match="speed"):
        report.write(kept)


def test_the_chart_draws_bars_to_scale_and_names_them(kept: Path) -> None:
    drawn = ET.fromstring(chart(record.load(kept)))

    texts = ["".join(text.itertext()) for text in drawn.iter(f"{SVG}text")]
    bars = [float(bar.get("width", "")) for bar in drawn.iter(f"{SVG}rect") if bar.get("height") == "11"]
    assert {"ours", "aiokafka <plain>", "10,000 events", "events/s, more is better", "ms, less is better"} <= set(texts)
    assert {FIGURES["relay"].title, FIGURES["latency"].title} <= set(texts)
    assert bars[:2] == [500, 500]  # the relay's medians are alike
    assert [round(width / bars[-1], 2) for width in bars[2:]] == [0.33, 0.67, 1]  # 4, 8 and 12 ms


def test_the_chart_loads_nothing_and_stays_on_its_ground(kept: Path) -> None:
    text = chart(record.load(kept))
    drawn = ET.fromstring(text)

    assert "prefers-color-scheme: dark" in text
    assert not [loading for loading in ("href", "src=", "url(", "@import", "@font-face") if loading in text]
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    width, height = float(drawn.get("width", "")), float(drawn.get("height", ""))
    for part in drawn.iter(f"{SVG}rect"):
        assert float(part.get("x", 0)) + float(part.get("width", 0)) <= width
        assert float(part.get("y", 0)) + float(part.get("height", 0)) <= height


def test_with_nothing_kept_there_is_still_a_page_and_a_chart(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("<!-- figures: targets -->\n<!-- end -->\n<!-- figures: machines -->\n<!-- end -->\n")

    report.write(tmp_path / "performance.json")

    assert page.read_text().count("Not measured yet.") == 2
    ET.fromstring((tmp_path / "performance.svg").read_text())


def test_every_figure_has_a_benchmark_and_a_place_on_the_page() -> None:
    page = report.RECORD.with_suffix(".md").read_text()
    helpers = Path(report.__file__).parent

    for name in FIGURES:
        assert (helpers / f"{name}.py").is_file()
        assert f"<!-- figures: {name} -->" in page


def test_sizes_above_what_a_figure_can_bear_become_its_largest() -> None:
    assert sizes_of(FIGURES["latency"], [1_000, 10_000, 100_000]) == [1_000, 4_000]
    assert sizes_of(FIGURES["relay"], None) == [10_000, 100_000, 1_000_000]


@pytest.mark.parametrize("arguments", [["speed"], ["--events", "0"], ["--events", "10,x"], ["--runs", "-1"]])
def test_what_can_not_be_measured_is_refused_at_once(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert arguments[-1].split(",")[-1] in capsys.readouterr().err


def test_sizes_are_given_in_a_list() -> None:
    given = parser().parse_args(["relay", "--events", "10000,1000000", "--runs", "3"])

    assert (given.events, given.runs, given.save) == ([10_000, 1_000_000], 3, False)


def test_a_record_is_plain_json(kept: Path) -> None:
    assert json.loads(kept.read_text()) == record.load(kept)
