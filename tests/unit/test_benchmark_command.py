"""`datacity bench` runs each benchmark in a process of its own and keeps its answer; here it is planted, and quick."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import record
from benchmarks.figures import FIGURES, Figure
from tests.unit.test_benchmark_report import measured, run
from tests.unit.test_local_cli import ROOT, datacity


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one benchmark, which answers with what it was asked and fails at 13 events."""
    answer = run("tiny", "events/s", measured("ours", 2.0), measured("theirs", 1.0))
    del answer["command"]
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "tiny.py").write_text(
        f"import json, sys\nasked = sys.argv[1:]\nif '13' in asked: sys.exit(3)\n"
        f"print(json.dumps(json.loads({json.dumps(answer)!r}) | {{'asked': asked}}))\n"
    )
    figure = Figure(name="tiny", title="A planted figure", sizes=(10, 20), most=100, debezium=True)
    monkeypatch.setitem(FIGURES, "tiny", figure)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    return tmp_path


def test_each_size_is_run_as_often_as_asked_and_kept(planted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = planted / "performance.json"

    assert command.main(["tiny", "--runs", "2", "--debezium", "--save", "--record", str(kept)]) == 0

    answers = json.loads(capsys.readouterr().out)
    assert [answer["asked"] for answer in answers] == [
        ["--events", size, "--debezium"] for size in ("10", "10", "20", "20")
    ]
    assert answers[0]["command"] == "datacity bench tiny --events 10 --debezium"
    assert record.load(kept) == {"tiny": {"10": answers[:2], "20": answers[2:]}}
    assert "A planted figure" in kept.with_suffix(".svg").read_text()


def test_an_option_that_a_benchmark_does_not_know_is_not_passed_on(
    planted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["tiny", "--events", "10", "--no-peers"]) == 0

    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["asked"] == ["--events", "10"]


def test_a_benchmark_that_fails_leaves_what_was_kept_before(planted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = planted / "performance.json"

    assert command.main(["tiny", "--events", "10,13", "--save", "--record", str(kept)]) == 1

    told = capsys.readouterr()
    assert told.out == ""
    assert "tiny did not come to an answer" in told.err
    assert list(record.load(kept)["tiny"]) == ["10"]


def test_what_is_logged_while_measuring_stays_out_of_the_answer() -> None:
    script = (
        "import structlog; from benchmarks.measuring import quieten\n"
        "quieten(); structlog.get_logger().info('partitions_assigned'); print('{}')"
    )

    outcome = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)

    assert outcome.stdout == "{}\n"
    assert "partitions_assigned" in outcome.stderr


def test_the_command_line_hands_its_arguments_on(tmp_path: Path) -> None:
    asked, unknown = datacity("bench", "--help", home=tmp_path), datacity("bench", "speed", home=tmp_path)

    assert asked.returncode == 0
    assert "--debezium" in asked.stdout
    assert unknown.returncode == 2
    assert "choose among relay" in unknown.stderr
