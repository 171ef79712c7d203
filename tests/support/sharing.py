"""How the halves of a parallel run share the machine: what takes long begins first; what measures time has it alone."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

LONG = (
    "tests/e2e/test_demo.py",
    "tests/e2e/test_full_season.py",
    "tests/chaos/test_chaos.py",
    "tests/e2e/test_forgetting.py",
    "tests/integration/test_backbone_faults.py",
    "tests/contract/test_schemathesis.py",
    "tests/web/test_monitor_pages.py",
    "tests/web/test_monitor_use.py",
)
"""The files that take longest, longest first: begun last, one of them would be waited for while all else is done."""


def in_good_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """Files that take long, then the rest, then those in which something must be alone; in a file as it was."""
    alone = {_file(item) for item in items if item.get_closest_marker("alone")}

    def place(item: pytest.Item) -> int:
        if (file := _file(item)) in alone:
            return len(LONG) + 1
        return LONG.index(file) if file in LONG else len(LONG)

    return sorted(items, key=place)


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


@contextmanager
def turn(room: Path, *, alone: bool) -> Iterator[None]:
    """A test's time on the machine: together with the other workers' tests, or, once these have ended, without them."""
    with (room / "gate").open("a") as gate, (room / "inside").open("a") as inside:
        # Whoever wants to be alone closes the gate first: else the others, one after the other, would never all be out.
        fcntl.flock(gate, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(inside, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(gate, fcntl.LOCK_UN)
        yield
