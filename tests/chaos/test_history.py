"""The history says of each write what was meant and how it ended, also after a kill in the middle of a line."""

from pathlib import Path

from tests.chaos.history import History, read


def test_a_write_without_an_end_is_unknown_and_half_a_line_is_none(tmp_path: Path) -> None:
    file = tmp_path / "writer.history"
    with History(file) as history:
        history.meant("a", key="k", chokes=(), oversize=False, refused=False)
        history.acknowledged("a")
        history.meant("b", key="k", chokes=("first",), oversize=True, refused=False)
        history.failed("b", "OSError")
        history.meant("c", key="k", chokes=(), oversize=False, refused=True)
    with file.open("a") as killed:
        killed.write('{"at": 1, "what": "mea')

    a, b, c = read([file])

    assert a.acknowledged_at is not None
    assert a.acknowledged_at >= a.meant_at
    assert (b.acknowledged_at, b.chokes, b.oversize) == (None, frozenset({"first"}), True)
    assert c.refused


def test_a_second_process_goes_on_in_the_file_of_the_first(tmp_path: Path) -> None:
    file = tmp_path / "writer.history"
    for write in ("a", "b"):
        with History(file) as history:
            history.meant(write, key="k", chokes=(), oversize=False, refused=False)

    assert [write.id for write in read([file])] == ["a", "b"]
