"""A live table of what each component is doing while one waits; plain lines where there is no terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from infra.local.component import Report, Stage

SETTLED = {Stage.READY: ("✔", "green"), Stage.STOPPED: ("■", "dim"), Stage.FAILED: ("✘", "red")}


@dataclass
class Row:
    stage: Stage
    detail: str
    since: float
    spinner: Spinner = field(default_factory=lambda: Spinner("dots"))


class Board:
    """Remembers the last word of each component, and draws it."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.begun = time.monotonic()

    def report(self, component: str, stage: Stage, detail: str) -> None:
        row = self.rows.setdefault(component, Row(stage, detail, time.monotonic()))
        row.stage, row.detail, row.since = stage, detail.partition("\n")[0], time.monotonic()

    def __rich__(self) -> Table:
        table = Table(box=None, show_header=False, pad_edge=False)
        for name, row in self.rows.items():
            sign, style = SETTLED.get(row.stage, (None, "yellow"))
            took = f"{row.since - self.begun:5.1f} s" if sign else f"{time.monotonic() - self.begun:5.1f} s"
            table.add_row(
                Text(sign, style) if sign else row.spinner, name, Text(row.stage, style), took, Text(row.detail, "dim")
            )
        return table


@contextmanager
def watching(doing: str) -> Iterator[Report]:
    """Show what is reported while the block runs, on stderr; `doing` heads it."""
    console = Console(stderr=True, highlight=False)
    board = Board()
    if console.is_terminal:
        with Live(board, console=console, refresh_per_second=10):
            yield board.report
        return

    last: dict[str, Stage] = {}

    def print_changes(component: str, stage: Stage, detail: str) -> None:
        # A download reports every file: without a terminal, its first is enough.
        if last.get(component) is not stage:
            last[component] = stage
            took, first_line = time.monotonic() - board.begun, detail.partition("\n")[0]
            line = f"{doing.lower()} {took:6.1f} s  {component:14} {stage:12} {first_line}"
            console.print(line.rstrip(), soft_wrap=True)

    yield print_changes
