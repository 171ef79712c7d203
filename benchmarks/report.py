"""Writes the tables of docs/performance.md, and docs/performance.svg, from what was kept; no figure is typed by hand.

    python -m benchmarks.report [--check]

A table stands between `<!-- figures: NAME -->` and `<!-- end -->`; what is around them is written by people.
"""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.chart import chart
from benchmarks.figures import FIGURES, Figure
from benchmarks.record import RECORD, Record, Runs, by_size, load
from benchmarks.summary import Row, Verdict, rows_of, verdicts_of

MARKED = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
WAITS = ("p50_ms", "p95_ms", "p99_ms", "max_ms")
NOTHING = "Not measured yet.\n"


def write(record: Path = RECORD) -> None:
    """Bring the page and the chart beside the record up to date."""
    for path, text in rendered(record).items():
        path.write_text(text)


def rendered(record: Path = RECORD) -> dict[Path, str]:
    """The chart, and the page if there is one, as they should be. Raises KeyError for a marker that no figure has."""
    kept = load(record)
    page = record.with_suffix(".md")
    texts = {record.with_suffix(".svg"): chart(kept)}
    if page.exists():
        filled = MARKED.sub(lambda found: f"{found[1]}\n{tables()[found[2]](kept)}\n{found[3]}", page.read_text())
        texts[page] = filled
    return texts


def tables() -> dict[str, Callable[[Record], str]]:
    """What can stand between markers."""
    each = {name: lambda kept, figure=figure: table(figure, kept) for name, figure in FIGURES.items()}
    return {"targets": targets, "machines": machines, **each}


def targets(kept: Record) -> str:
    """Every target at every size, the verdict by the median."""
    lines = ["| target | events | bound | found | median | met |", "|---|---|---|---|---|---|"]
    for name in FIGURES:
        for size, runs in by_size(kept.get(name, {})):
            lines += [_verdict(verdict, size) for verdict in verdicts_of(runs)]
    return "\n".join(lines) + "\n" if len(lines) > 2 else NOTHING


def _verdict(verdict: Verdict, size: int) -> str:
    sign = "≥" if verdict.at_least else "≤"
    met = f"{'yes' if verdict.met else '**no**'}, {verdict.times_met} of {len(verdict.found)}"
    found = " · ".join(map(number, verdict.found))
    return (
        f"| {verdict.what} | {size:,} | {sign} {number(verdict.bound)} | {found} | {number(verdict.median)} | {met} |"
    )


def machines(kept: Record) -> str:
    """On what, when, by which command."""
    lines = ["| command | runs | from | machine | load | Python | libraries |", "|---|---|---|---|---|---|---|"]
    for name in FIGURES:
        for _, runs in by_size(kept.get(name, {})):
            first = runs[0]
            on, libraries = first["machine"], first["machine"]["libraries"]
            machine = f"{on['cores']} cores ({on['cpu']}), {on['memory_gb']} GB, {on['system']}"
            loads = " · ".join(str(run["machine"]["load_average"]) for run in runs)
            named = ", ".join(f"{library} {version}" for library, version in libraries.items())
            cells = [f"`{first['command']}`", str(len(runs)), first["at"], machine, loads, on["python"], named]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n" if len(lines) > 2 else NOTHING


def table(figure: Figure, kept: Record) -> str:
    """A figure's contenders at each of its sizes."""
    sizes = by_size(kept.get(figure.name, {}))
    if not sizes:
        return NOTHING
    rows = [row for _, runs in sizes for row in rows_of(runs)]
    waits = [wait for wait in WAITS if any(wait in row.details for row in rows)]
    unit = sizes[0][1][0]["unit"]
    columns = ["events", "who", f"{unit}, each run", "ours ÷ it", *(_heading(wait) for wait in waits)]
    columns += ["CPU s per 1,000 events: own · Kafka · PostgreSQL", "WAL bytes per event", "how"]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for _, runs in sizes:
        lines += [_line(row, waits) for row in rows_of(runs)]
    return "\n".join(lines) + "\n\n" + _commands(sizes)


def _line(row: Row, waits: list[str]) -> str:
    name = f"**{row.name}**" if row.is_ours else row.name
    cpu = " · ".join(_cost(row.costs.get(f"{of}_cpu_seconds_per_1000")) for of in ("own", "kafka", "postgresql"))
    cells = [
        f"{row.events:,}",
        name,
        " · ".join(map(number, row.values)),
        "" if row.ratio is None else f"{row.ratio:.2f}",
        *(number(row.details[wait]) if wait in row.details else "" for wait in waits),
        cpu,
        f"{row.costs['wal_bytes_per_event']:,.0f}" if row.costs else "",
        row.note,
    ]
    return "| " + " | ".join(cells) + " |"


def _commands(sizes: list[tuple[int, Runs]]) -> str:
    commands = list(dict.fromkeys(f"`{runs[0]['command']}`" for _, runs in sizes))
    return f"Measured by {', '.join(commands)}.\n"


def _heading(wait: str) -> str:
    return wait.replace("_", " ").replace("max", "slowest")


def _cost(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.3f}"


def number(value: float) -> str:
    """With as many places as mean something."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something is stale")
    given = parser.parse_args()
    if not given.check:
        write()
        return 0
    stale = [path.name for path, text in rendered().items() if not path.exists() or path.read_text() != text]
    if stale:
        print(f"Run `.venv/bin/python -m benchmarks.report`: {', '.join(stale)} is not what was measured.")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
