"""All that is generated, and the comparison of it with what is committed."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.contracts.asyncapi import asyncapi_of, headers_schema
from infra.contracts.breaking import Break
from infra.contracts.openapi import breaks_of_api, openapi_of
from infra.contracts.pages import NOTICE, events_page, permissions_page
from infra.contracts.reading import missing, reads
from infra.contracts.recordings import RECORDED, missing_recordings
from infra.contracts.register import register_page
from infra.contracts.releases import RELEASED, Contract, breaks_between, released, since
from infra.contracts.schemas import carried, schema_of
from infra.contracts.seals import LIST, seal, tampered, unsealed
from infra.provision import SERVICES

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = "docs/contracts"
SCHEMAS = f"{CONTRACTS}/schemas"
OPENAPI = f"{CONTRACTS}/openapi"
HEADERS = f"{CONTRACTS}/headers.json"
READS = f"{CONTRACTS}/reads.json"
KEPT = (RECORDED, RELEASED)
"""Folders of files that are written once."""


def generated(root: Path = ROOT) -> dict[str, str]:
    """Path → text of every generated file, the same for the same code and the same releases."""
    files = {f"{SCHEMAS}/{type_}.json": as_text(schema_of(carries)) for type_, carries in carried().items()}
    for service in SERVICES:
        files[f"{CONTRACTS}/{service}.asyncapi.json"] = as_text(asyncapi_of(service))
        files[f"{OPENAPI}/{service}.json"] = as_text(openapi_of(service))
    files[HEADERS] = as_text(headers_schema())
    files[READS] = as_text(reads())
    files["docs/events.md"] = events_page(since(root))
    files["docs/permissions.md"] = permissions_page()
    files["docs/personal-data.md"] = register_page(NOTICE)
    return files


def stale(files: Mapping[str, str], root: Path = ROOT) -> list[str]:
    """What is not on disk as it would be written, what is on disk and would not be, and what is to be recorded."""
    differing = [name for name, text in files.items() if _read(root / name) != text]
    unlisted = [f"{folder}/{LIST} ({name})" for folder in KEPT for name in unsealed(root / folder)]
    return sorted([*differing, *_left_over(files, root), *missing_recordings(root), *unlisted])


def broken(files: Mapping[str, str], root: Path = ROOT, *, unreleased: bool = True) -> dict[str, list[Break]]:
    """What in the code breaks a contract that is on disk: path → the rules it breaks.

    Without `unreleased`, only what was released counts: the rest was promised to nobody yet.
    """
    new = contract_of({name: json.loads(text) for name, text in files.items() if name.endswith(".json")})
    found: dict[str, list[Break]] = {}
    reported: set[tuple[str, Break]] = set()
    for old in released(root):
        for type_, breaks in breaks_between(old, new).items():
            found[f"{RELEASED}/{old.version}.json {type_}"] = breaks
            reported |= {(type_, each) for each in breaks}
    if unreleased:
        for type_, breaks in breaks_between(committed(root, new), new).items():
            if fresh := [each for each in breaks if (type_, each) not in reported]:
                found[HEADERS if type_ == "headers" else f"{SCHEMAS}/{type_}.json"] = fresh
        for service in SERVICES:
            name = f"{OPENAPI}/{service}.json"
            if (root / name).exists() and (breaks := breaks_of_api(_json(root / name), json.loads(files[name]))):
                found[name] = breaks
    if unread := [Break("reads-missing", "", each) for each in missing()]:
        found[READS] = unread
    for folder in KEPT:
        for name, what in tampered(root / folder).items():
            found[f"{folder}/{name}"] = [Break("kept-changed", "", f"{what}: take it back from the history")]
    return found


def contract_of(documents: Mapping[str, Any], version: str = "next") -> Contract:
    """The contract of events that a set of generated documents, path → JSON, states."""
    types = {
        name.removeprefix(f"{SCHEMAS}/").removesuffix(".json"): schema
        for name, schema in documents.items()
        if name.startswith(f"{SCHEMAS}/")
    }
    return Contract(version, documents.get(HEADERS, {}), types, documents.get(READS, {}))


def committed(root: Path, new: Contract) -> Contract:
    """What is on disk; what was not generated yet counts as it is now."""
    paths = [*(root / SCHEMAS).glob("*.json"), *(path for path in (root / HEADERS, root / READS) if path.exists())]
    documents = {path.relative_to(root).as_posix(): _json(path) for path in paths}
    return contract_of({HEADERS: new.headers, READS: new.reads} | documents)


def write(files: Mapping[str, str], root: Path = ROOT) -> None:
    """Put them on disk, and record what is not recorded yet; what is kept is left as it is."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name in _left_over(files, root):
        (root / name).unlink()
    for name, value in missing_recordings(root).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(value)
    for folder in KEPT:
        seal(root / folder)


def as_text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _left_over(files: Mapping[str, str], root: Path) -> Iterator[str]:
    for path in (root / CONTRACTS).rglob("*.json"):
        name = path.relative_to(root).as_posix()
        if name not in files and not name.startswith(f"{RELEASED}/"):
            yield name


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def _json(path: Path) -> Any:
    return json.loads(path.read_text())
