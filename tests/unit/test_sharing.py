"""The halves of a parallel run: what begins first, and that whoever measures time is alone."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.support.sharing import LONG, in_good_order, turn

ROOT = Path(__file__).parents[2]


def item(nodeid: str, *, alone: bool = False) -> Any:
    return SimpleNamespace(nodeid=nodeid, get_closest_marker=lambda _name: alone or None)


def test_what_takes_long_begins_first_and_who_is_alone_comes_last() -> None:
    found = in_good_order(
        [
            item("a.py::is_quick"),
            item("b.py::one", alone=True),
            item("b.py::two"),
            item(f"{LONG[1]}::it"),
            item(f"{LONG[0]}::it"),
            item("c.py::is_quick"),
        ]
    )

    assert [each.nodeid for each in found] == [
        f"{LONG[0]}::it", f"{LONG[1]}::it", "a.py::is_quick", "c.py::is_quick", "b.py::one", "b.py::two",
    ]  # fmt: skip
    assert [file for file in LONG if not (ROOT / file).is_file()] == []


def test_who_is_alone_waits_for_the_others_and_they_for_it(tmp_path: Path) -> None:
    told: list[str] = []
    may_end, is_in = threading.Event(), threading.Event()

    def a_test(name: str, *, alone: bool) -> None:
        with turn(tmp_path, alone=alone):
            told.append(f"{name} begins")
            is_in.set()
            assert may_end.wait(10)
            told.append(f"{name} ends")

    one, other = (threading.Thread(target=a_test, args=(name,), kwargs={"alone": False}) for name in ("one", "other"))
    one.start()
    assert is_in.wait(10)
    measuring = threading.Thread(target=a_test, args=("measuring",), kwargs={"alone": True})
    measuring.start()
    measuring.join(0.05)
    other.start()
    other.join(0.05)
    may_end.set()
    for each in (one, measuring, other):
        each.join(10)

    assert len(told) == 6
    began = told.index("measuring begins")
    assert told[began + 1] == "measuring ends"
    assert told.index("one ends") < began
