"""One Kafka record of everything that travels, with its exact bytes: recorded once, and read by every later version.

`TYPE.json` is a value; `TYPE.record` says with which topic, key and headers it came. A type whose fields have grown has
a `TYPE.2.json` beside the first, and so on. A forgettable record has a tombstone too.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from infra.contracts.examples import BEGINNING, example_of
from infra.contracts.schemas import Carried, carried, topics_of
from infra.provision import SERVICES
from shared.events import EVENT_TOPICS, FORGETTABLES, Envelope, Event, encode_headers

RECORDED = "tests/contract/recorded"
ROOT_EVENT = UUID("01900000-0000-7000-8000-00000000000a")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass(frozen=True)
class Recording:
    """A record as a consumer gets it, and the name of the file that keeps it."""

    name: str
    topic: str
    key: bytes
    headers: list[tuple[str, bytes]]
    value: bytes | None
    partition: int = 0
    offset: int = 0

    @property
    def type(self) -> str:
        return dict(self.headers)["ce_type"].decode()


def recordings(root: Path) -> list[Recording]:
    """All that is recorded, in order of type and then of version."""
    return [_load(path) for path in sorted((root / RECORDED).glob("*.record"))]


def missing_recordings(root: Path) -> dict[str, bytes]:
    """Path → content of what has to be added for everything of today to be recorded. What is there stays as it is."""
    found: dict[str, bytes] = {}
    for type_, carries in carried().items():
        values = {path.name: path.read_bytes() for path in _values(root, type_)}
        today = example_of(carries)
        if shape_of(today) not in {shape_of(value) for value in values.values()}:
            number = len(values) + 1
            name = f"{type_}.json" if number == 1 else f"{type_}.{number}.json"
            values[name] = found[f"{RECORDED}/{name}"] = today
        for name, value in values.items():
            record = name.removesuffix(".json") + ".record"
            if not (root / RECORDED / record).exists():
                found[f"{RECORDED}/{record}"] = _record(carries, value, name)
    for record_class in FORGETTABLES.values():
        name = f"{RECORDED}/{record_class.TYPE}.tombstone.record"
        if not (root / name).exists():
            found[name] = _record(record_class, example_of(record_class), None)
    return found


def shape_of(value: bytes) -> frozenset[str]:
    """Every path in a value to something that is neither object nor list, whatever it holds."""
    return frozenset(_paths(json.loads(value), ""))


def _paths(part: Any, where: str) -> Iterator[str]:
    if isinstance(part, dict) and part:
        for name, each in part.items():
            yield from _paths(each, f"{where}/{name}")
    elif isinstance(part, list) and part:
        for each in part:
            yield from _paths(each, f"{where}/*")
    else:
        yield where


def _values(root: Path, type_: str) -> list[Path]:
    later = [path for path in (root / RECORDED).glob(f"{type_}.*.json") if path.name.split(".")[-2].isdigit()]
    first = root / RECORDED / f"{type_}.json"
    return [*([first] if first.exists() else []), *sorted(later, key=lambda path: int(path.name.split(".")[-2]))]


def _record(carries: Carried, value: bytes, name: str | None) -> bytes:
    said, topic = carries.from_bytes(value), topics_of(carries)[0]
    publisher = next((service for service in SERVICES if EVENT_TOPICS[service] == topic), "applications")
    envelope = Envelope(
        id=_id_of(name or f"{carries.TYPE}.tombstone"),
        source=f"/services/{publisher}",
        type=carries.TYPE,
        subject=said.subject if isinstance(said, Event) else said.key,
        time=BEGINNING,
        key=said.key,
        sequence=1,
        correlation_id=str(ROOT_EVENT),
        causation_id=str(ROOT_EVENT),
        actor=f"system:{publisher}",
        traceparent=TRACE,
        value=value,
    )
    record = {"topic": topic, "key": said.key, "headers": dict(envelope.headers()), "value": name}
    return (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode()


def _load(path: Path) -> Recording:
    record = json.loads(path.read_text())
    return Recording(
        name=path.name.removesuffix(".record"),
        topic=record["topic"],
        key=record["key"].encode(),
        headers=encode_headers(record["headers"]),
        value=(path.parent / record["value"]).read_bytes() if record["value"] else None,
    )


def _id_of(name: str) -> UUID:
    """A UUIDv7 that is the same for the same name."""
    digest = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    return UUID(int=(0x01900000_0000_7000 << 64) | (0b10 << 62) | (digest >> 2))
