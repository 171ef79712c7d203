"""What the local stack remembers, and that nobody else can read it."""

import json
import stat
from pathlib import Path

import pytest

from infra.local.problems import LocalProblem
from infra.local.processes import Identity
from infra.local.state import State


def test_what_is_remembered_is_there_for_the_next_command(tmp_path: Path) -> None:
    state = State(tmp_path / "state.json")

    state.remember_port("kafka", 17001)
    state.remember_process("kafka", Identity(pid=42, started=1.5))
    password = state.secret("selection")

    again = State(tmp_path / "state.json")
    assert again.ports == {"kafka": 17001}
    assert again.processes == {"kafka": Identity(pid=42, started=1.5)}
    assert again.secret("selection") == password


def test_only_its_owner_can_read_the_passwords(tmp_path: Path) -> None:
    State(tmp_path / "state.json").secret("postgres")

    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600


def test_a_change_leaves_no_draft_beside_the_file(tmp_path: Path) -> None:
    State(tmp_path / "state.json").remember_port("kafka", 17001)

    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_an_unreadable_state_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"ports": ')

    with pytest.raises(LocalProblem, match="datacity down --erase"):
        State(tmp_path / "state.json")


def test_a_forgotten_process_is_gone_from_the_file(tmp_path: Path) -> None:
    state = State(tmp_path / "state.json")
    state.remember_process("kafka", Identity(pid=42, started=1.5))

    state.forget_process("kafka")

    assert json.loads((tmp_path / "state.json").read_text())["processes"] == {}
