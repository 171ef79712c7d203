"""All that is generated, and the comparison of it with what is committed."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.contracts.asyncapi import asyncapi_of
from infra.contracts.breaking import Break, breaks_of_event
from infra.contracts.examples import example_of
from infra.contracts.openapi import breaks_of_api, openapi_of
from infra.contracts.pages import events_page, permissions_page
from infra.contracts.schemas import carried, schema_of
from infra.provision import SERVICES

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = "docs/contracts/schemas"
OPENAPI = "docs/contracts/openapi"
RECORDED = "tests/contract/recorded"


def generated() -> dict[str, str]:
    """Path → text of every generated file, the same for the same code."""
    files = {f"{SCHEMAS}/{type_}.json": as_text(schema_of(carries)) for type_, carries in carried().items()}
    for service in SERVICES:
        files[f"docs/contracts/{service}.asyncapi.json"] = as_text(asyncapi_of(service))
        files[f"{OPENAPI}/{service}.json"] = as_text(openapi_of(service))
    files["docs/events.md"] = events_page()
    files["docs/permissions.md"] = permissions_page()
    return files


def recordings() -> dict[str, bytes]:
    """Path → the bytes of an event as this version writes it: recorded once, and read for ever."""
    return {f"{RECORDED}/{type_}.json": example_of(carries) for type_, carries in carried().items()}


def stale(files: Mapping[str, str], root: Path = ROOT) -> list[str]:
    """What is not on disk as it would be generated, and what is on disk and would not be."""
    differing = [name for name, text in files.items() if _read(root / name) != text]
    return sorted([*differing, *_left_over(files, root)])


def broken(files: Mapping[str, str], root: Path = ROOT) -> dict[str, list[Break]]:
    """What in the code breaks a contract that is on disk: path → the rules it breaks."""
    found: dict[str, list[Break]] = {}
    for path in sorted((root / SCHEMAS).glob("*.json")):
        name = f"{SCHEMAS}/{path.name}"
        new = json.loads(files[name]) if name in files else None
        old = json.loads(path.read_text())
        gone = Break("type-removed", "", "its events are kept, and read, for ever")
        if breaks := [gone] if new is None else breaks_of_event(old, new):
            found[name] = breaks
    for service in SERVICES:
        name = f"{OPENAPI}/{service}.json"
        if (root / name).exists() and (breaks := breaks_of_api(_json(root / name), json.loads(files[name]))):
            found[name] = breaks
    return found


def write(files: Mapping[str, str], root: Path = ROOT) -> None:
    """Put them on disk; a recording that is there is left as it is."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name in _left_over(files, root):
        (root / name).unlink()
    for name, value in recordings().items():
        if not (root / name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(value)


def as_text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _left_over(files: Mapping[str, str], root: Path) -> Iterator[str]:
    for path in (root / "docs/contracts").rglob("*.json"):
        name = path.relative_to(root).as_posix()
        if name not in files:
            yield name


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def _json(path: Path) -> Any:
    return json.loads(path.read_text())
