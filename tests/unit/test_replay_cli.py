"""The replay's command line: what is wrong is said before anything is opened."""

from pathlib import Path

import pytest

from infra.cli.moments import moment_of
from infra.local.problems import LocalProblem
from tests.support.commands import datacity

NOWHERE = {"DATACITY_KAFKA": "127.0.0.1:1"}


@pytest.mark.parametrize(
    ("arguments", "environment", "advice"),
    [
        (("replay", "parking"), {}, "Name one of applications"),
        (("replay", "selection"), {}, "Set DATACITY_KAFKA, or start the local stack"),
        (("replay", "selection"), NOWHERE, "Set DATACITY_DATABASE_URL, or start the local stack"),
        (("replay", "selection", "--no-compare"), NOWHERE, "Name an empty database with --database-url"),
        (("replay", "selection", "--until", "2026-11-25T10:00:00"), NOWHERE, "Give the moment with its offset"),
        (("replay", "selection", "--until", "yesterday"), NOWHERE, "Give the moment as 2026-11-25T10:00:00Z"),
        (
            ("replay", "selection", "--print", "jury"),
            NOWHERE,
            "Name one of call_form, candidate, challenge, dossier, edition, name_print, team_member",
        ),
        (("offsets", "parking"), {}, "Name one of applications"),
        (("offsets", "selection"), {}, "Set DATACITY_KAFKA, or start the local stack"),
        (("offsets", "selection", "--to-datetime", "2026-11-25T10:00:00"), NOWHERE, "Give the moment with its offset"),
        (
            ("offsets", "selection", "--to-earliest", "--to-datetime", "2026-11-25T10:00:00Z"),
            NOWHERE,
            "Choose one of --to-earliest and --to-datetime",
        ),
    ],
)
def test_the_first_line_says_what_to_do(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], advice: str
) -> None:
    outcome = datacity(*arguments, home=tmp_path / "home", **environment)

    assert outcome.returncode == 1
    assert outcome.stdout == ""
    assert outcome.stderr.startswith(advice)
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize("text", ["2026-11-25T10:00:00Z", "2026-11-25T11:00:00+01:00"])
def test_a_moment_is_the_same_however_its_offset_is_written(text: str) -> None:
    assert moment_of(text).isoformat() == "2026-11-25T10:00:00+00:00"


def test_a_wall_time_is_refused() -> None:
    with pytest.raises(LocalProblem, match="offset"):
        moment_of("2026-11-25")
