"""A JSON Schema for every event type and every forgettable record, as readers may rely on it."""

import inspect
from typing import Any

from pydantic import BaseModel

from infra.contracts.hearing import published_by
from infra.provision import SERVICES
from shared.events import EVENT_TOPICS, FORGETTABLES, Event, Forgettable

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
    What the value does not show, and readers rely on all the same, stands beside it: `x-topics`, `x-subject`, `x-key`.
    """
    # As read, not as written: a field with a default may be missing from an event of before it was added.
    schema = carries.model_json_schema(mode="validation")
    definitions = schema.get("$defs", {})
    for part in (schema, *definitions.values()):
        if part.get("additionalProperties") is False:
            part.pop("additionalProperties")
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
        **_carriage(carries),
        **{key: value for key, value in schema.items() if key not in {"title", "description"}},
    }


def written_by(carries: Carried) -> dict[str, Any]:
    """What today's producer writes: every field, also one that has its default, and no other."""
    schema = carries.model_json_schema(mode="serialization")
    for part in (schema, *schema.get("$defs", {}).values()):
        part["required"] = list(part.get("properties", {}))
        part["additionalProperties"] = False
    return schema


def topics_of(carries: Carried) -> list[str]:
    """Where it is read: a forgettable record on its own topic, an event on that of each service that publishes it."""
    if issubclass(carries, Forgettable):
        return [carries.TOPIC]
    return [EVENT_TOPICS[service] for service in SERVICES if carries.TYPE in published_by(service)]


def _carriage(carries: Carried) -> dict[str, Any]:
    topics = {"x-topics": topics_of(carries)}
    if issubclass(carries, Forgettable):
        return topics
    return topics | {"x-subject": carries.SUBJECT, "x-key": carries.KEY or carries.SUBJECT}


def sentence(described: type) -> str:
    """What a class is, in the words of its docstring, on one line."""
    return " ".join((inspect.getdoc(described) or "").split())


def _classes_within(carries: type[BaseModel]) -> dict[str, type]:
    module = inspect.getmodule(carries)
    return {name: value for name, value in vars(module).items() if inspect.isclass(value)}
