"""`datacity bench`: runs benchmarks, each in a process of its own: none warms up the next."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import record, report
from benchmarks.figures import FIGURES, Figure, sizes_of

ROOT = Path(__file__).resolve().parents[1]


class BenchmarkFailed(Exception):
    """One ended without an answer; what it said is above."""


def main(arguments: Sequence[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    answers: list[dict[str, Any]] = []
    try:
        for name in dict.fromkeys(given.names or FIGURES):
            for size in sizes_of(FIGURES[name], given.events):
                runs = measure(FIGURES[name], size, given)
                answers += runs
                if given.save:
                    record.save(name, size, runs, given.record)
                    report.write(given.record)
    except BenchmarkFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    json.dump(answers, sys.stdout, indent=2)
    print()
    return 0


def measure(figure: Figure, size: int, given: argparse.Namespace) -> list[dict[str, Any]]:
    """As many runs as asked for, one after the other."""
    options = ["--events", str(size)]
    if figure.peers and given.no_peers:
        options.append("--no-peers")
    if figure.debezium and given.debezium:
        options.append("--debezium")
    runs = []
    for number in range(1, given.runs + 1):
        print(f"→ {figure.name}, {size:,} events, run {number} of {given.runs}", file=sys.stderr, flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{figure.name}", *options], cwd=ROOT, stdout=subprocess.PIPE, check=False
        )
        if done.returncode:
            message = f"{figure.name} did not come to an answer; what it said is above."
            raise BenchmarkFailed(message)
        answer = json.loads(done.stdout)
        runs.append({"command": " ".join(["datacity bench", figure.name, *options]), "size": size} | answer)
    return runs


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="datacity bench",
        description="Measure this checkout, each figure beside its reference in the same run. Data on stdout is JSON.",
    )
    made.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which; all if left out: {', '.join(FIGURES)}", type=name
    )
    made.add_argument(
        "--events",
        type=counts,
        metavar="N,N",
        help="sizes to measure at, such as 10000,100000,1000000; each figure's own if left out",
    )
    made.add_argument("--runs", type=count, default=1, help="of each figure at each size (1)")
    made.add_argument("--debezium", action="store_true", help="beside Debezium's outbox router too; takes minutes")
    made.add_argument("--no-peers", action="store_true", help="without faststream-outbox, which is installed apart")
    made.add_argument("--save", action="store_true", help="keep the answers, and write page and chart from them")
    made.add_argument("--record", type=Path, default=record.RECORD, help="where they are kept (docs/performance.json)")
    return made


def name(text: str) -> str:
    if text not in FIGURES:
        message = f"there is no benchmark named {text}; choose among {', '.join(FIGURES)}"
        raise argparse.ArgumentTypeError(message)
    return text


def count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        message = f"{text} is no number of at least 1"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def counts(text: str) -> list[int]:
    return [count(each) for each in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
