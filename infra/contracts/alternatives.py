"""What a schema allows, as a flat list of alternatives, and which of an old list became which of a new one."""

import json
from collections.abc import Callable, Sequence
from typing import Any

Schema = dict[str, Any]
Pairs = list[tuple[int, int]]


def resolved(schema: Schema, root: Schema) -> Schema:
    """The schema itself instead of a reference to it, with what was said beside the reference."""
    while "$ref" in schema or len(schema.get("allOf", ())) == 1:
        beside = {name: value for name, value in schema.items() if name not in {"$ref", "allOf"}}
        found: Any = schema["allOf"][0] if "$ref" not in schema else root
        for step in schema.get("$ref", "").removeprefix("#").split("/")[1:]:
            found = found[step.replace("~1", "/").replace("~0", "~")]
        schema = {**found, **beside}
    return schema


def alternatives_of(schema: Schema, root: Schema) -> list[Schema]:
    """All that a value may be, each without a reference; one alternative where there is no choice."""
    schema = resolved(schema, root)
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if choices:
        return [alternative for each in choices for alternative in alternatives_of(each, root)]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": kind} for kind in schema["type"]]
    if None in schema.get("enum", ()):
        rest = {**schema, "enum": [value for value in schema["enum"] if value is not None]}
        return [rest, {"type": "null"}]
    return [schema]


def is_null(schema: Schema) -> bool:
    return schema.get("type") == "null"


def values_of(schema: Schema) -> set[str] | None:
    """The values that a schema lists, as JSON writes them; None if it lists none."""
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return None if values is None else {json.dumps(value) for value in values}


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 is not true, and the order of an object's names means nothing."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def paired(before: Sequence[Schema], after: Sequence[Schema], fits: Callable[[Schema, Schema], bool]) -> Pairs:
    """Which alternative became which: by their tags, by what fits, by their names, by their kinds; each but once."""

    def tagged_alike(one: Schema, other: Schema) -> bool:
        tags = tags_of(one)
        return bool(tags) and tags == tags_of(other)

    def named_alike(one: Schema, other: Schema) -> bool:
        return "title" in one and one["title"] == other.get("title")

    def of_one_kind(one: Schema, other: Schema) -> bool:
        return one.get("type") == other.get("type") and not (tags_of(one) and tags_of(other))

    def one_and_the_same(one: Schema, other: Schema) -> bool:
        return same(one, other)

    pairs: Pairs = []
    for alike in (one_and_the_same, tagged_alike, fits, named_alike, of_one_kind):
        for number, one in enumerate(before):
            for place, other in enumerate(after):
                taken = any(number == first or place == second for first, second in pairs)
                if not taken and alike(one, other):
                    pairs.append((number, place))
    return sorted(pairs)


def reordered(before: Sequence[Schema], pairs: Pairs) -> list[Schema]:
    """Alternatives that changed places with one that looks like them: the first that fits is read."""
    found: list[int] = []
    for place, (one, now) in enumerate(pairs):
        for other, then in pairs[place + 1 :]:
            if then < now and not _told_apart(before[one], before[other]):
                found += [number for number in (one, other) if number not in found]
    return [before[number] for number in found]


def tags_of(schema: Schema) -> dict[str, str]:
    """Field → its one value, for the fields that say which alternative it is."""
    return {name: json.dumps(each["const"]) for name, each in schema.get("properties", {}).items() if "const" in each}


def _told_apart(one: Schema, other: Schema) -> bool:
    kinds = {one.get("type"), other.get("type")}
    if len(kinds) == 2 and None not in kinds and kinds != {"integer", "number"}:
        return True
    if (values := values_of(one)) is not None and (others := values_of(other)) is not None:
        return not values & others
    mine, others_tags = tags_of(one), tags_of(other)
    return any(mine[name] != others_tags[name] for name in mine.keys() & others_tags.keys())
