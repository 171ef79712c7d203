"""What the pages tell people to type or to watch is there."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from infra.cli.application import app
from tests.support.apps import SERVICES, built

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("services/*/README.md")]
PAGES = sorted(page for page in WRITTEN if page.name not in {"events.md", "permissions.md"})
PAGE_IDS = [str(page.relative_to(ROOT)) for page in PAGES]


def code(page: Path) -> str:
    """Only what is set as code: prose may say that datacity runs."""
    text = page.read_text()
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`|^    .+$", text, flags=re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_every_command_on_a_page_exists(page: Path) -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"(?:^|[\s`/(])datacity (?:--?\w+ )*([a-z]+(?:-[a-z]+)*)", code(page), flags=re.MULTILINE))

    assert named <= commands


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_every_target_on_a_page_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"(?:^|[\s`])make ([a-z]+)", code(page), flags=re.MULTILINE))

    assert named <= targets


def test_every_route_of_the_night_page_exists() -> None:
    page = (ROOT / "docs" / "running.md").read_text()
    paths = {path for service in SERVICES for path in built(service).openapi()["paths"]}
    shapes = {re.sub(r"\{\w+\}", "*", path) for path in paths}
    named = re.findall(r"/api/\w+/v1/[\w/_-]+", page)

    assert named
    for path in named:
        services = SERVICES if path.startswith("/api/X/") else (path.split("/")[2],)
        for service in services:
            asked = re.sub(r"/[A-Z_]{2,}(?=/|$)", "/*", re.sub("^/api/X/", f"/api/{service}/", path))
            assert asked in shapes, path


def test_every_metric_of_the_night_page_exists() -> None:
    page = (ROOT / "docs" / "running.md").read_text()
    source = "".join(path.read_text() for path in (ROOT / "shared").rglob("*.py"))

    for metric in set(re.findall(r"datacity_(?!\w*(?:applications|selection|incubation|notifications))\w+", page)):
        assert f'"{metric}"' in source, metric


def test_every_log_line_of_the_night_page_is_written_somewhere() -> None:
    page = (ROOT / "docs" / "running.md").read_text()
    source = "".join(path.read_text() for path in (ROOT / "shared").rglob("*.py"))
    sentences = (each for each in re.split(r"[.;:]\s|\n", page) if re.search(r"\blog\b", each))
    named = {line for each in sentences for line in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", each)}

    assert {"partitions_assigned", "event_parked", "relay_interrupted", "gauges_not_sampled"} <= named
    for line in named:
        assert f'"{line}"' in source, line


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_every_setting_on_a_page_exists(page: Path) -> None:
    known = set(re.findall(r"DATACITY_\w+", (ROOT / ".env.example").read_text()))
    known |= {name for path in (ROOT / "infra").rglob("*.py") for name in re.findall(r"DATACITY_\w+", path.read_text())}

    assert set(re.findall(r"DATACITY_[A-Z_]+(?<!_)", page.read_text())) <= known
