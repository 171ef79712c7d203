"""docker-compose.yml: what can be read in it, always; and one real run, where it is asked for and an engine answers."""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from infra.provision import SERVICES

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "infra" / "docker"
OFFICIAL = {"postgres", "apache/kafka", "caddy", "python", "prom/prometheus", "grafana/grafana", "jaegertracing/jaeger"}
OBSERVING = {"prometheus", "grafana", "jaeger"}
OURS = {"datacity:local", "datacity-development:local"}
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PARTS: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = {"provision", "topics", *(f"migrate-{service}" for service in SERVICES)}
TAKES_USER_FROM_OUR_IMAGE = {name for name, part in PARTS.items() if part["image"] in OURS}


def test_each_service_has_an_api_and_a_worker() -> None:
    for service in SERVICES:
        for role in ("api", "worker"):
            command = PARTS[f"{service}-{role}"]["command"]
            assert command[:4] == ["serve", service, "--role", role]


@pytest.mark.parametrize("name", PARTS)
def test_a_part_can_write_nowhere_but_its_volumes_and_its_memory(name: str) -> None:
    assert PARTS[name]["read_only"] is True


@pytest.mark.parametrize("name", PARTS)
def test_a_part_has_no_privileges(name: str) -> None:
    part = PARTS[name]

    assert part["cap_drop"] == ["ALL"]
    assert part.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "gateway" else [])
    assert "no-new-privileges:true" in part["security_opt"]
    assert not part.keys() & {"privileged", "pid", "ipc", "network_mode", "devices"}
    assert not any("docker.sock" in volume for volume in part.get("volumes", []))


@pytest.mark.parametrize("name", sorted(PARTS.keys() - TAKES_USER_FROM_OUR_IMAGE))
def test_an_image_of_others_is_given_a_user_that_is_not_root(name: str) -> None:
    user, group = PARTS[name]["user"].split(":")

    assert int(user) > 0
    assert int(group) > 0


@pytest.mark.parametrize("name", sorted(TAKES_USER_FROM_OUR_IMAGE))
def test_a_part_of_ours_keeps_the_user_of_its_image(name: str) -> None:
    assert "user" not in PARTS[name]


@pytest.mark.parametrize("name", PARTS)
def test_a_part_tells_its_health_unless_it_runs_once(name: str) -> None:
    health = PARTS[name]["healthcheck"]

    silent = name in ONCE or name == "jaeger"
    assert health == {"disable": True} if silent else health["test"][0] in {"CMD", "CMD-SHELL"}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_has_a_limit_of_memory(name: str) -> None:
    assert re.fullmatch(r"\d+[mg]", PARTS[name]["mem_limit"])


@pytest.mark.parametrize("name", sorted(PARTS.keys() - TAKES_USER_FROM_OUR_IMAGE))
def test_an_image_of_others_is_official_and_of_a_named_version(name: str) -> None:
    image, _, tag = PARTS[name]["image"].partition(":")

    assert image in OFFICIAL
    assert re.match(r"v?\d", tag)


@pytest.mark.parametrize("name", sorted(PARTS.keys() - ONCE))
def test_a_part_that_stays_is_started_again(name: str) -> None:
    assert PARTS[name]["restart"] == "unless-stopped"


def test_nothing_but_the_gateway_and_what_observes_is_reached_and_that_from_this_machine_only() -> None:
    published = {name: part["ports"] for name, part in PARTS.items() if part.get("ports")}

    assert published.keys() - OBSERVING == {"gateway"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_the_gateway_and_the_development_tools_reach_neither_database_nor_kafka() -> None:
    assert COMPOSE["networks"]["backbone"] == {"internal": True}
    for name in ("gateway", "issuer", "mail", *OBSERVING):
        assert PARTS[name]["networks"] == ["front"]
    for name in ("postgres", "kafka"):
        assert PARTS[name]["networks"] == ["backbone"]


def test_a_password_comes_from_the_environment_before_its_development_default() -> None:
    for name, part in PARTS.items():
        for variable, value in (part.get("environment") or {}).items():
            for secret in re.findall(r"development-[\w-]+", str(value)):
                assert f":-{secret}}}" in str(value), f"{name} {variable}"


def test_a_service_is_given_no_password_but_its_own_runtime_role_s() -> None:
    for service in SERVICES:
        for role in ("api", "worker"):
            secrets = re.findall(r"\$\{(DATACITY_\w+PASSWORD)", json.dumps(PARTS[f"{service}-{role}"]["environment"]))
            assert secrets == [f"DATACITY_{service.upper()}_PASSWORD"]


def test_each_service_waits_for_its_own_tables_and_its_worker_for_the_topics_too() -> None:
    done = {"condition": "service_completed_successfully"}
    for service in SERVICES:
        assert PARTS[f"{service}-api"]["depends_on"] == {f"migrate-{service}": done}
        assert PARTS[f"{service}-worker"]["depends_on"] == {f"migrate-{service}": done, "topics": done}


@pytest.mark.parametrize("service", SERVICES)
def test_the_gateway_leads_each_prefix_to_its_service_without_rewriting(service: str) -> None:
    caddyfile = (DOCKER / "Caddyfile").read_text()

    assert f"import service {service}-api" in caddyfile
    assert service == "applications" or f"/api/{service}/*" in caddyfile
    assert not re.search(r"\b(uri|rewrite|handle_path)\b", caddyfile)


def test_the_images_build_without_buildkit_and_run_as_a_fixed_user() -> None:
    text = (DOCKER / "Dockerfile").read_text()
    instructions = [line for line in text.splitlines() if line and not line.startswith("#")]

    assert not re.search(r"^#\s*syntax\s*=", text, re.MULTILINE)
    assert not re.search(r"RUN\s+--mount|COPY\s+--(?!from=)|<<", text)
    bases = {line.split()[1] for line in instructions if line.startswith("FROM") and ":" in line}
    assert bases == {"python:3.13-slim"}
    # Every stage that is run ends as this user.
    assert [line for line in instructions if line.startswith("USER")] == [
        "USER 10001:10001",
        "USER root",
        "USER 10001:10001",
    ]
    assert all("--require-hashes" in run for run in re.findall(r"pip .*?install(?:.*\\\n)*.*", text))


def requirements(file: Path) -> dict[str, str]:
    """Each pinned requirement with its hashes."""
    blocks = re.split(r"\n(?=\S)", file.read_text().strip())
    return {block.partition(" \\")[0]: block for block in blocks}


@pytest.mark.parametrize("name", ["services.lock", "development.lock"])
def test_the_image_s_libraries_are_those_of_the_project_s_lock(name: str) -> None:
    whole, part = requirements(ROOT / "requirements.lock"), requirements(DOCKER / name)

    differing = [line for line, block in part.items() if whole.get(line) != block]

    assert not differing, f"run `make lock`: {name} no longer follows requirements.lock in {differing}"


def test_the_image_has_what_each_service_asks_for_and_not_what_only_developers_do() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    installed = {re.split(r"==", line)[0] for line in requirements(DOCKER / "services.lock")}

    wanted = [*project["dependencies"], *(one for service in SERVICES for one in extras[service])]

    assert {re.split(r"[\[><=]", one)[0] for one in wanted} <= installed
    assert not installed & {re.split(r"[\[><=]", one)[0] for one in (*extras["local"], *extras["dev"])}


# What follows runs it all for real.

ASKED = os.environ.get("DATACITY_COMPOSE") == "1"
PROJECT = "datacity-test"


def engine_answers() -> bool:
    return bool(shutil.which("docker")) and docker("info").returncode == 0


def docker(*arguments: str, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *arguments], cwd=ROOT, env={**os.environ, **environment},
        capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """The platform in containers, from nothing; ended and removed afterwards with its data."""
    if not ASKED:
        pytest.skip("set DATACITY_COMPOSE=1 to run the containers")
    if not engine_answers():
        pytest.skip("no Docker engine answers")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])

    def compose(*arguments: str) -> subprocess.CompletedProcess[str]:
        return docker("compose", "--project-name", PROJECT, *arguments, timeout=1200, DATACITY_PORT=port)

    try:
        built = compose("build")
        assert built.returncode == 0, built.stderr[-4000:]
        started = compose(
            "up", "--detach", "--no-build", "--wait", "--wait-timeout", "300", *sorted(PARTS.keys() - ONCE - OBSERVING)
        )
        assert started.returncode == 0, started.stderr[-4000:] + compose("logs", "--tail", "20").stdout[-8000:]
        yield f"http://localhost:{port}"
    finally:
        compose("down", "--volumes", "--remove-orphans")


@pytest.mark.compose
def test_no_container_runs_as_root(origin: str) -> None:
    listed = docker("ps", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}").stdout.split()

    users = {container: docker("exec", container, "id", "-u").stdout.strip() for container in listed}

    assert len(users) == len(PARTS.keys() - ONCE - OBSERVING)
    assert all(int(user) > 0 for user in users.values())


@pytest.mark.compose
@pytest.mark.parametrize("service", SERVICES)
def test_each_service_answers_at_the_one_origin(origin: str, service: str) -> None:
    answer = httpx.get(f"{origin}/api/{service}/v1/openapi.json", timeout=30)

    assert answer.status_code == 200
    assert all(path.startswith(f"/api/{service}/v1") for path in answer.json()["paths"])


@pytest.mark.compose
@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_what_is_for_the_monitoring_is_not_told_outside(origin: str, path: str) -> None:
    answer = httpx.get(origin + path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.compose
async def test_a_service_that_is_away_is_told_as_such_and_the_others_answer(origin: str) -> None:
    container = f"{PROJECT}-incubation-api-1"
    assert docker("stop", container).returncode == 0
    try:
        async with httpx.AsyncClient(base_url=origin, timeout=30) as client:
            away, there = await asyncio.gather(
                client.get("/api/incubation/v1/openapi.json"), client.get("/api/selection/v1/openapi.json")
            )
    finally:
        docker("start", container)

    assert (away.status_code, away.json()["title"]) == (503, "Unavailable")
    assert int(away.headers["retry-after"]) > 0
    assert there.status_code == 200
    await until_it_answers(f"{origin}/api/incubation/v1/openapi.json")


async def until_it_answers(url: str, *, within: float = 60) -> None:
    deadline = asyncio.get_running_loop().time() + within
    async with httpx.AsyncClient(timeout=10) as client:
        while (await client.get(url)).status_code != 200:
            assert asyncio.get_running_loop().time() < deadline, f"{url} still doesn't answer"
            await asyncio.sleep(0.5)


@pytest.mark.compose
def test_the_first_edition_runs_against_the_containers_and_keeps_every_promise(origin: str) -> None:
    run = subprocess.run(
        # Thirteen containers share what this machine has: a longer call, and patience until it closes.
        [sys.executable, "-m", "infra.cli", "demo", "--against", origin, "--call-seconds", "60", "--patience", "120"],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip

    assert run.returncode == 0, run.stderr[-6000:] + run.stdout[-6000:]
