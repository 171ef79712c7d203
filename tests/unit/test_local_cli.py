"""The command line: data on stdout, what to do on stderr, and an exit code that scripts can rely on."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import datacity

ROOT = Path(__file__).parents[2]


def test_help_names_every_command_and_the_exit_codes(tmp_path: Path) -> None:
    outcome = datacity("--help", home=tmp_path)

    assert outcome.returncode == 0
    for command in (
        "up",
        "down",
        "start",
        "stop",
        "status",
        "doctor",
        "serve",
        "migrate",
        "token",
        "events",
        "demo",
        "quarantine",
        "outbox",
    ):
        assert f" {command} " in outcome.stdout
    assert "Exit codes" in outcome.stdout


def test_help_does_not_load_what_only_some_commands_need(tmp_path: Path) -> None:
    script = (
        "import sys; from infra.cli import application; "
        "print([n for n in ('aiokafka', 'asyncpg', 'sqlalchemy', 'uvicorn', 'starlette', 'httpx') if n in sys.modules])"
    )

    outcome = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)

    assert outcome.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("token", "--role", "staff"), "Run `datacity up` first"),
        (("events", "tail"), "Set DATACITY_KAFKA, or start the local stack"),
        (("migrate", "selection"), "Set DATACITY_MIGRATION_URL, or start the local stack"),
        (("start", "selection"), "Run `datacity up` first"),
        (("stop", "everything"), "Name one of kafka, postgres"),
        (("serve", "parking"), "Name one of applications"),
        (("serve", "selection"), "Set these variables"),
        (("provision",), "Set DATACITY_ADMIN_URL"),
        (("topics",), "Set DATACITY_KAFKA"),
        (("quarantine", "list", "selection"), "Set DATACITY_ORIGIN, or start the local stack"),
        (("quarantine", "list", "parking"), "Name one of applications"),
        (("outbox", "parked", "selection"), "Set DATACITY_ORIGIN, or start the local stack"),
        (("dev", "issuer"), "Use a real OIDC issuer"),
    ],
)
def test_the_first_line_of_a_failure_says_what_to_do(tmp_path: Path, arguments: tuple[str, ...], advice: str) -> None:
    outcome = datacity(*arguments, home=tmp_path / "home")

    assert outcome.returncode == 1
    assert outcome.stdout == ""
    assert outcome.stderr.startswith(advice)
    assert "Traceback" not in outcome.stderr


def test_a_command_that_is_not_understood_exits_with_2(tmp_path: Path) -> None:
    assert datacity("launch", home=tmp_path).returncode == 2
    assert datacity("stop", home=tmp_path).returncode == 2
    assert datacity("quarantine", "release", "selection", home=tmp_path).returncode == 2
    assert datacity("quarantine", "release", "selection", "5", "--key", "k", home=tmp_path).returncode == 2
    assert datacity("quarantine", "discard", "selection", "5", "--reason", "because", home=tmp_path).returncode == 2


def test_the_status_of_a_stack_that_is_down_is_data_and_an_exit_code(tmp_path: Path) -> None:
    outcome = datacity("status", "--json", home=tmp_path / "home")

    assert outcome.returncode == 1
    assert '"stage": "stopped"' in outcome.stdout
    assert not (tmp_path / "home").exists()


def test_erasing_asks_first(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{}")

    outcome = datacity("down", "--erase", home=tmp_path)

    assert outcome.returncode == 130
    assert (tmp_path / "state.json").exists()


def test_erasing_works_on_a_state_that_can_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")

    assert datacity("down", "--erase", "--yes", home=tmp_path).returncode == 0
    assert not (tmp_path / "state.json").exists()


def test_a_database_that_is_away_is_an_answer(tmp_path: Path) -> None:
    outcome = datacity(
        "migrate",
        "selection",
        home=tmp_path,
        DATACITY_MIGRATION_URL="postgresql+asyncpg://nobody:nothing@127.0.0.1:9/nowhere",
    )

    assert outcome.returncode == 1
    assert outcome.stderr.startswith("Check the database's URL")
