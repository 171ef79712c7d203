"""The contracts of every released version, each in a file that never changes: what outsiders may still hold on to."""

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.contracts.breaking import Break, Schema, breaks_of_event
from infra.contracts.reading import Reads, reads

RELEASED = "docs/contracts/released"


@dataclass(frozen=True)
class Contract:
    """What a version promised: its headers, its types, and who read what of them then."""

    version: str
    headers: Schema
    types: Mapping[str, Schema]
    reads: Reads

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


class NotAVersion(ValueError):
    def __init__(self, version: str) -> None:
        super().__init__(f"{version} is not a version: give three numbers, such as 1.4.0.")


class AlreadyReleased(ValueError):
    def __init__(self, version: str) -> None:
        super().__init__(f"{version} is released, and what it promised stays: release the next version.")


def released(root: Path) -> list[Contract]:
    """Every release, the oldest first."""
    found = [Contract(**json.loads(path.read_text())) for path in (root / RELEASED).glob("*.json")]
    return sorted(found, key=lambda contract: _number(contract.version))


def release(contract: Contract, root: Path) -> str:
    """Write down what a version promises; returns the file's path. Raises AlreadyReleased, NotAVersion."""
    name = f"{RELEASED}/{contract.version}.json"
    if not re.fullmatch(r"\d+\.\d+\.\d+", contract.version):
        raise NotAVersion(contract.version)
    if (root / name).exists():
        raise AlreadyReleased(contract.version)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(json.dumps(contract.as_json(), indent=1, ensure_ascii=False) + "\n")
    return name


def since(root: Path) -> dict[str, str]:
    """Type, and `type/field` → the first release that had it."""
    found: dict[str, str] = {}
    for contract in released(root):
        for type_, schema in contract.types.items():
            for name in (type_, *(f"{type_}/{field}" for field in schema["properties"])):
                found.setdefault(name, contract.version)
    return found


def breaks_between(old: Contract, new: Contract) -> dict[str, list[Break]]:
    """Type, or `headers` → what breaks, each with those who read the field then or now."""
    found: dict[str, list[Break]] = {}
    if breaks := [_of_headers(each) for each in breaks_of_event(old.headers, new.headers)]:
        found["headers"] = breaks
    titles = {schema.get("title"): type_ for type_, schema in new.types.items() if type_ not in old.types}
    for type_, before in old.types.items():
        after = new.types.get(type_)
        if after is not None:
            breaks = breaks_of_event(before, after)
        elif now := titles.get(before.get("title")):
            breaks = [Break("type-renamed", "", f"it became {now}; its events are kept, and read, for ever")]
        else:
            breaks = [Break("type-removed", "", "its events are kept, and read, for ever")]
        if breaks:
            maps = (old.reads, new.reads, reads())
            found[type_] = [
                dataclasses.replace(each, readers=_readers(each, type_, maps))
                if _field(each) in {"", *before["properties"]}
                else each  # nobody reads what is new
                for each in breaks
            ]
    return found


def _of_headers(broken: Break) -> Break:
    gone = broken.rule in {"field-removed", "field-renamed", "field-made-optional"}
    return dataclasses.replace(broken, rule="header-removed") if gone else broken


def _readers(broken: Break, type_: str, maps: Iterable[Reads]) -> tuple[str, ...]:
    """Who reads the field that a break is in; of a break that is in no field, whoever reads anything."""
    field = _field(broken)
    names = {
        reader: None for each in maps for reader, fields in each.get(type_, {}).items() if not field or field in fields
    }
    return tuple(names) or ("nobody",)


def _field(broken: Break) -> str:
    return broken.where.strip("/").partition("/")[0]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
