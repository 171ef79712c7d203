"""A JSON Schema for every event type and every forgettable record, as readers may rely on it."""

import inspect
from typing import Any

from pydantic import BaseModel

from infra.contracts.hearing import published_by
from infra.provision import SERVICES
from shared.events import FORGETTABLES, Event, Forgettable

BASE = "https://datacity.example/contracts"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

Carried = type[Event] | type[Forgettable]


def carried() -> dict[str, Carried]:
    """Everything that travels, by type: events in the order of their publishers, then forgettable records."""
    found: dict[str, Carried] = {}
    for service in SERVICES:
        found |= published_by(service)
    return found | {record.TYPE: record for record in FORGETTABLES.values()}


def schema_of(carries: Carried) -> dict[str, Any]:
    """What an event's value holds.

    It says what a reader finds, so it allows fields that this version does not know: they may be added at any time.
    """
    # As read, not as written: a field with a default may be missing from an event of before it was added.
    schema = carries.model_json_schema(mode="validation")
    definitions = schema.get("$defs", {})
    for part in (schema, *definitions.values()):
        part.pop("additionalProperties", None)
        for field in part.get("properties", {}).values():
            field.pop("title", None)  # pydantic's, made from the name
    for name, described in _classes_within(carries).items():
        if name in definitions:
            definitions[name]["description"] = sentence(described)
    return {
        "$schema": DIALECT,
        "$id": f"{BASE}/{carries.TYPE}.json",
        "title": carries.__name__,
        "description": sentence(carries),
        **{key: value for key, value in schema.items() if key not in {"title", "description"}},
    }


def sentence(described: type) -> str:
    """What a class is, in the words of its docstring, on one line."""
    return " ".join((inspect.getdoc(described) or "").split())


def _classes_within(carries: type[BaseModel]) -> dict[str, type]:
    module = inspect.getmodule(carries)
    return {name: value for name, value in vars(module).items() if inspect.isclass(value)}
