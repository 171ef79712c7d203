"""Each wall of pyproject.toml stops the import that it is there to stop."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}


@dataclass(frozen=True)
class Planted:
    """An import that must not be, and the wall that must say so."""

    wall: str
    importer: str
    imported: str

    def __str__(self) -> str:
        return f"{self.wall}: {self.importer} imports {self.imported}"


PLANTED = [
    Planted("services-independent", "services.selection.handlers", "services.applications.models"),
    Planted("services-independent", "services.notifications.permissions", "services.incubation.commands"),
    Planted("shared-knows-nobody", "shared.outbox", "services.applications.permissions"),
    Planted("shared-knows-nobody", "shared.settings", "infra.topics"),
    Planted("services-know-no-infra", "services.incubation.repository", "infra.provision"),
    Planted("service-layers", "services.applications.handlers", "services.applications.api"),
    Planted("service-layers", "services.selection.api", "services.selection.consumers"),
    Planted("service-layers", "services.incubation.models", "services.incubation.views"),
    Planted("service-layers", "services.notifications.domain", "services.notifications.models"),
    Planted("service-layers", "services.selection.consumers", "services.selection.main"),
    Planted("service-layers", "services.notifications.pages", "services.notifications.api"),
    Planted("domain-plain", "services.selection.domain", "sqlalchemy"),
    Planted("domain-plain", "services.incubation.domain", "pydantic"),
    Planted("domain-plain", "services.applications.domain", "shared.events"),
    Planted("domain-plain", "services.notifications.domain", "yaml"),  # not named in any list, refused all the same
    Planted("plain-values", "shared.errors", "structlog"),
    Planted("plain-values", "shared.clock", "dateutil"),
    Planted("contracts-light", "shared.events", "sqlmodel"),
    Planted("kafka-behind-shared", "services.notifications.consumers", "aiokafka"),
    Planted("kafka-behind-shared", "services.applications.jobs", "faststream"),
    Planted("rules-without-http", "services.applications.handlers", "fastapi"),
    Planted("rules-without-http", "services.selection.repository", "shared.http"),
    Planted("shared-layers", "shared.work", "shared.runtime"),
    Planted("shared-layers", "shared.events", "shared.database"),
    Planted("shared-layers", "shared.http", "shared.web"),
    Planted("shared-layers", "shared.tlog", "shared.clock"),
    *(
        Planted("tlog-plain", importer, imported)
        for importer, imported in (
            ("shared.tlog.note", "services.notifications.domain"),
            ("shared.tlog.tiles", "sqlalchemy"),
            ("shared.tlog.witness", "fastapi"),
            ("shared.tlog.growing", "faststream"),
            ("shared.tlog.checkpoint", "aiokafka"),
        )
    ),
    Planted("tlog-layers", "shared.tlog.note", "shared.tlog.checkpoint"),
    Planted("tlog-layers", "shared.tlog.merkle", "shared.tlog.tiles"),
]


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What lint-imports says of each wall, once all violations are planted in a copy of the code."""
    copy = tmp_path_factory.mktemp("planted")
    for package in ("services", "shared", "infra"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for violation in PLANTED:
        _plant(copy, violation)
    return _sections(_lint(copy))


@pytest.mark.parametrize("planted", PLANTED, ids=str)
def test_a_planted_violation_is_refused_by_its_wall(planted: Planted, complaints: dict[str, str]) -> None:
    said = complaints.get(CONTRACTS[planted.wall], "")

    assert re.search(rf"{re.escape(planted.importer)}\b.*{re.escape(planted.imported)}\b", said), (
        f"the wall {planted.wall!r} let it pass; it said:\n{said}"
    )


def test_every_wall_has_a_planted_violation() -> None:
    assert {planted.wall for planted in PLANTED} == set(CONTRACTS)


def _plant(copy: Path, violation: Planted) -> None:
    module = _module(copy, violation.importer)
    module.write_text(f"{module.read_text()}\nimport {violation.imported}\n")
    if violation.imported.startswith("services."):
        _module(copy, violation.imported)


def _module(copy: Path, name: str) -> Path:
    """The file of a module, made if there is none: the wall must stand before there is anything behind it."""
    place = copy.joinpath(*name.split("."))
    module = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    module.touch()
    return module


def _lint(copy: Path) -> str:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    environment = os.environ | {"PYTHONPATH": str(copy), "NO_COLOR": "1", "COLUMNS": "1000"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def _sections(said: str) -> dict[str, str]:
    """The part under each broken contract's name, which is underlined."""
    _, _, details = said.partition("Broken contracts")
    found: dict[str, str] = {}
    for part in re.split(r"\n(?=[^\n]+\n-{3,}\n)", details):
        title, _, rest = part.strip().partition("\n")
        found[title] = rest
    return found
