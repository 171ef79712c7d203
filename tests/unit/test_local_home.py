"""The stack's directory is private, and erasing it touches nothing that isn't the stack's."""

import stat
from pathlib import Path

from infra.local.home import Home, open_the_way_to


def test_a_new_home_lists_nothing_to_others(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "a" / "home")

    home.create()

    assert not stat.S_IMODE(home.path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO) & ~(stat.S_IXGRP | stat.S_IXOTH)
    assert stat.S_IMODE(home.mail.stat().st_mode) == 0o700


def test_a_directory_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    Home.at(tmp_path).create()

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_erasing_leaves_what_somebody_else_keeps_there(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.create()
    home.state_file.write_text("{}")
    (home.path / "thesis.odt").write_text("irreplaceable")

    home.erase()

    assert [path.name for path in home.path.iterdir()] == ["thesis.odt"]


def test_the_way_is_opened_to_pass_not_to_look(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "inner").mkdir(mode=0o755)

    changed = open_the_way_to(closed / "inner" / "file")

    assert changed[0] == closed
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
