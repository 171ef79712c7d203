"""The rules of the house that neither the linter nor the type checker knows."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import httpx
import pytest

from infra.contracts.hearing import published_by, told_by_all
from shared.events import EVENTS
from shared.http import all_routes
from tests.support.apps import SERVICES, built

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("services", "shared", "infra")
CANVAS = ("Owns", "Accepts", "Publishes", "Hears", "Tables", "Settings", "Run it alone", "Test it")

# Written apart, so that this file doesn't name them either.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
    )
]

BUSINESS_WORDS = re.compile(
    r"jur(y|ies|or)|challenge|startup|milestone|workshop|experimentation|dataset|applicant|incubat|coach|cohort",
    re.IGNORECASE,
)


@cache
def tracked() -> list[Path]:
    """The files of the repository; in an export without git, those on disk outside of what tools make."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        found = (path for path in ROOT.rglob("*") if not set(path.relative_to(ROOT).parts) & {".venv", ".tools"})
    else:
        found = (ROOT / name for name in done.stdout.decode().split("\0") if name)
    return sorted(path for path in found if path.is_file())


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def modules(*folders: str) -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """The last name of everything that a module calls, with its line."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            yield name, node.lineno


READERS = {"AIOKafkaConsumer", "KafkaBroker", "KafkaRouter"}
READER = "shared/messaging/consuming.py"


def bare_readers(module: ast.Module) -> Iterator[int]:
    """The lines where a module could read Kafka by itself: it subscribes, or has at hand what does, by any name."""
    for node in ast.walk(module):
        match node:
            case ast.ImportFrom(names=names) if READERS & {each.name for each in names}:
                yield node.lineno
            case ast.ImportFrom(module=str(whence), names=names) if whence.split(".")[0] in {"faststream", "aiokafka"}:
                if "*" in {each.name for each in names}:
                    yield node.lineno
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in READERS:
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="subscriber")) | ast.Call(func=ast.Name(id="subscriber")):
                yield node.lineno
            case ast.Constant(value=str(text)) if text in READERS:
                yield node.lineno


def test_kafka_is_read_by_one_module_alone() -> None:
    found = [
        f"{named(path)}:{line}"
        for path in modules("services", "shared")
        if named(path) != READER
        for line in bare_readers(tree(path))
    ]

    assert not found, "subscribe with a Listener (shared.messaging): the libraries' defaults lose events"
    assert list(bare_readers(tree(ROOT / READER)))


@pytest.mark.parametrize(
    "planted",
    [
        "broker = KafkaBroker('localhost')",
        "from faststream.kafka import KafkaBroker as Harmless",
        "import faststream.kafka as fk\nbroker = fk.KafkaBroker('localhost')",
        "from faststream.kafka import *",
        "@broker.subscriber('topic')\nasync def hear(body: bytes) -> None: ...",
        "@router.subscriber('topic', group_id='group')\nasync def hear(body: bytes) -> None: ...",
        "async def read() -> None:\n    consumer = aiokafka.AIOKafkaConsumer('topic')",
        "from faststream.kafka.fastapi import KafkaRouter",
        "make = getattr(aiokafka, 'AIOKafkaConsumer')",
    ],
)
def test_a_bare_consumer_is_found(planted: str) -> None:
    assert list(bare_readers(ast.parse(planted)))


def test_a_listener_is_not_taken_for_a_bare_consumer() -> None:
    allowed = "listens = Listener('selection')\nlistens.to('topic')(hear)\nsubscriber = row.subscriber\nadd(subscriber)"

    assert not list(bare_readers(ast.parse(allowed)))


def test_kafka_is_written_by_the_relay_alone() -> None:
    found = [
        f"{named(path)}:{line}"
        for path in modules("services", "shared")
        if not named(path).startswith("shared/outbox/")
        for name, line in calls(path)
        if name in {"AIOKafkaProducer", "publish_batch"}
    ]

    assert not found, "tell it with work.publish: only what the transaction commits may be sent"


def test_no_module_is_longer_than_300_lines() -> None:
    long = {
        named(path): length
        for path in modules(*PACKAGES)
        if "migrations" not in path.parts and (length := len(path.read_text().splitlines())) > 300
    }

    assert not long, "make it a folder with a file per use case"


def test_every_module_begins_with_the_sentence_that_sums_it_up() -> None:
    silent = []
    for path in modules(*PACKAGES, "tests"):
        first, _, _ = (ast.get_docstring(tree(path)) or "").partition("\n")
        if path.read_text().strip() and not first.rstrip().endswith((".", ":", ";", "?")):
            silent.append(named(path))

    assert not silent


def test_no_name_stands_for_anything_and_nothing() -> None:
    vague = [
        named(path)
        for path in modules(*PACKAGES)
        if {"utils", "common", "helpers", "base"} & {path.stem, path.parent.name}
    ]

    assert not vague


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in modules(*PACKAGES)}
    lost = [
        named(folder)
        for folder in folders
        if not (folder / "__init__.py").exists() and "migrations" not in folder.parts and folder.name != "docker"
    ]

    assert not lost, "without __init__.py it escapes import-linter and the type checker"


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
    found = [
        named(path)
        for path in tracked()
        if path.suffix in {".py", ".md", ".sh", ".yml", ".toml"} and later.search(_text(path))
    ]

    assert not found


def test_plumbing_has_no_business_word() -> None:
    """shared/events are the contracts and full of them; the rest of shared would serve any programme."""
    # WWW-Authenticate's, and those of RFC 7636.
    of_http = {"_challenge", "code_challenge", "code_challenge_method", "create_s256_code_challenge"}
    found = set()
    for path in modules("shared"):
        if named(path).startswith("shared/events/"):
            continue
        for node in ast.walk(tree(path)):
            names = [
                getattr(node, "name", None),
                getattr(node, "id", None),
                getattr(node, "attr", None),
                getattr(node, "arg", None),
            ]
            for name in names:
                if isinstance(name, str) and name not in of_http and BUSINESS_WORDS.search(name):
                    found.add(f"{named(path)}: {name}")

    assert not found


def test_no_file_names_a_registry_host() -> None:
    found = {
        named(path): host
        for path in tracked()
        for host in REGISTRY_HOSTS
        if path.suffix not in {".png", ".woff2", ".pdf"} and re.search(rf"(?<![\w.-]){re.escape(host)}", _text(path))
    }

    assert not found, "whoever builds this may have mirrors: tools know their registries by their own settings"


@pytest.mark.parametrize("lock", ["infra/docker/services.lock", "infra/docker/development.lock"])
def test_images_hold_what_was_tested(lock: str) -> None:
    pins = re.compile(r"^([\w.-]+)==([^\s;]+)", flags=re.MULTILINE)
    tested = dict(pins.findall((ROOT / "requirements.lock").read_text()))

    assert {name: tested.get(name) for name in dict(pins.findall((ROOT / lock).read_text()))} == dict(
        pins.findall((ROOT / lock).read_text())
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_says_on_one_page_what_it_is(service: str) -> None:
    canvas = (ROOT / "services" / service / "README.md").read_text()
    headings = re.findall(r"^## (.+)$", canvas, flags=re.MULTILINE)

    assert [heading for heading in headings if heading in CANVAS] == list(CANVAS)


@pytest.mark.parametrize("service", SERVICES)
async def test_nobody_can_publish_from_a_documentation_page(service: str) -> None:
    app = built(service)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        for place in ("", "/docs", f"/api/{service}/v1", f"/api/{service}/v1/docs"):
            for address in (f"{place}/try", f"{place}/asyncapi/try"):
                assert (await client.post(address, json={})).status_code == 404, address

    assert not [route.path for route in all_routes(app) if route.path.rstrip("/").endswith("/try")]


@pytest.mark.parametrize("service", SERVICES)
async def test_documentation_pages_load_nothing_from_elsewhere(service: str) -> None:
    app = built(service)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        page = await client.get(f"/api/{service}/v1/docs")
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        for address in loaded:
            answer = await client.get(f"/api/{service}/v1/{address}")
            assert answer.status_code == 200, address
            assert not re.search(r"@import|url\(['\"]?(https?:)?//", answer.text if address.endswith("css") else "")

    assert page.status_code == 200
    assert loaded
    assert not [address for address in loaded if re.match(r"(https?:)?//", address)]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"https?:", page.headers["Content-Security-Policy"])


def test_the_catalogue_has_every_event() -> None:
    catalogue = (ROOT / "docs" / "events.md").read_text()

    assert not [type_ for type_ in EVENTS if type_ not in catalogue and not type_.startswith("io.datacity.test.")]


@pytest.mark.parametrize("service", SERVICES)
def test_every_event_is_told_by_its_publisher(service: str) -> None:
    own = [path for path in modules("services") if path.is_relative_to(ROOT / "services" / service)]
    by_all = [path for path in modules("shared") if not path.is_relative_to(ROOT / "shared" / "events")]
    used, used_by_all = names_in(own), names_in(by_all)

    for type_, event in published_by(service).items():
        assert event.__name__ in (used_by_all if type_ in told_by_all() else used)


def names_in(paths: list[Path]) -> set[str | None]:
    return {getattr(node, "id", None) or getattr(node, "attr", None) for path in paths for node in ast.walk(tree(path))}


def test_links_between_our_pages_lead_somewhere() -> None:
    link = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")
    broken = [
        f"{named(page)} → {target}"
        for page in tracked()
        if page.suffix == ".md"
        for target in link.findall(page.read_text())
        if not (page.parent / target).exists()
    ]

    assert not broken


def _text(path: Path) -> str:
    return path.read_text(errors="replace")
