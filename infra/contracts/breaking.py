"""What a change of contract would break, by named rules: for those who read a document, or for those who send one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Schema = dict[str, Any]
Side = Literal["answer", "request"]
"""Whether others read what we write, or send what we read. An event is both: others read it, and we do for ever."""

# What they checked, they may rely on: a looser bound breaks readers, a tighter one breaks senders.
UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")


@dataclass(frozen=True)
class Break:
    """One difference that somebody who wrote to the old contract would trip over."""

    rule: str
    where: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.where or '/'}: {self.detail}"


def breaks_of_event(old: Schema, new: Schema) -> list[Break]:
    """Everything that breaks those who read events as `old` says, or our own reading of events written by then."""
    found = [each for side in ("answer", "request") for each in Comparison(old, new, side).compare(old, new)]
    return sorted(set(found), key=str)


@dataclass
class Comparison:
    """Two versions of a document, seen from one side; `compare` walks a part of them."""

    old_root: Schema
    new_root: Schema
    side: Side

    def compare(self, old: Schema, new: Schema, where: str = "", depth: int = 0) -> Iterator[Break]:
        if depth > 20:  # a schema that holds itself
            return
        old, new = self._resolved(old, self.old_root), self._resolved(new, self.new_root)
        yield from self._kinds(old, new, where)
        yield from self._values(old, new, where)
        yield from self._bounds(old, new, where)
        yield from self._fields(old, new, where, depth)
        for part in ("items", "additionalProperties"):
            if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
                yield from self.compare(old[part], new[part], f"{where}/{part}", depth + 1)
        yield from self._alternatives(old, new, where, depth)

    def _kinds(self, old: Schema, new: Schema, where: str) -> Iterator[Break]:
        before, after = _kinds_of(old), _kinds_of(new)
        if before and after and before != after:
            fine = after < before if self.side == "answer" else before < after
            if not fine:
                yield Break("type-changed", where, f"{_said(before)} became {_said(after)}")
        if old.get("format") != new.get("format") and "string" in before & after:
            yield Break("format-changed", where, f"{old.get('format')} became {new.get('format')}")

    def _values(self, old: Schema, new: Schema, where: str) -> Iterator[Break]:
        before, after = _values_of(old), _values_of(new)
        if before is None and after is None:
            return
        if self.side == "answer" and before is not None:
            if after is None:
                yield Break("enum-opened", where, "any value may now come")
            elif after - before:
                yield Break("enum-widened", where, f"readers don't know {_said(after - before)}")
        if self.side == "request" and after is not None and (before is None or before - after):
            gone = "every other value" if before is None else _said(before - after)
            yield Break("enum-narrowed", where, f"{gone} is no longer a value")

    def _bounds(self, old: Schema, new: Schema, where: str) -> Iterator[Break]:
        for bound in (*UPPER, *LOWER):
            before, after = old.get(bound), new.get(bound)
            if before == after:
                continue
            if self.side == "request" and after is not None:
                tighter = before is None or (after < before if bound in UPPER else after > before)
                if tighter:
                    yield Break("bound-tightened", where, f"{bound} {before} became {after}")
            if self.side == "answer" and before is not None:
                looser = after is None or (after > before if bound in UPPER else after < before)
                if looser:
                    yield Break("bound-loosened", where, f"{bound} {before} became {after}")
        if old.get("pattern") != new.get("pattern") and (self.side == "request" or old.get("pattern")):
            yield Break("pattern-changed", where, f"{old.get('pattern')} became {new.get('pattern')}")

    def _fields(self, old: Schema, new: Schema, where: str, depth: int) -> Iterator[Break]:
        before, after = old.get("properties", {}), new.get("properties", {})
        required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(before.keys() - after.keys()):
            yield Break("field-removed", f"{where}/{name}", "it was promised")
        if self.side == "answer":
            for name in sorted((required_before - required_after) & after.keys()):
                yield Break("field-made-optional", f"{where}/{name}", "readers rely on it")
        else:
            for name in sorted(required_after - required_before):
                yield Break("required-added", f"{where}/{name}", "what was written before lacks it: give it a default")
        for name in sorted(before.keys() & after.keys()):
            yield from self.compare(before[name], after[name], f"{where}/{name}", depth + 1)

    def _alternatives(self, old: Schema, new: Schema, where: str, depth: int) -> Iterator[Break]:
        before = [each for each in _alternatives_of(old) if each.get("type") != "null"]
        after = [each for each in _alternatives_of(new) if each.get("type") != "null"]
        if len(before) == len(after):
            for number, (one, other) in enumerate(zip(before, after, strict=True)):
                yield from self.compare(one, other, f"{where}/{number}" if len(before) > 1 else where, depth + 1)
        elif before and after:
            yield Break("alternatives-changed", where, f"{len(before)} became {len(after)}")

    def _resolved(self, schema: Schema, root: Schema) -> Schema:
        while "$ref" in schema:
            found: Any = root
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            schema = found
        return schema


def _alternatives_of(schema: Schema) -> list[Schema]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]


def _kinds_of(schema: Schema) -> set[str]:
    kinds = schema.get("type")
    if kinds is None:
        return {kind for each in _alternatives_of(schema) for kind in _kinds_of(each)}
    return {kinds} if isinstance(kinds, str) else set(kinds)


def _values_of(schema: Schema) -> set[str] | None:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return None if values is None else {str(value) for value in values}


def _said(names: set[str]) -> str:
    return ", ".join(sorted(names))
