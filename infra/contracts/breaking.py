"""What a change of contract would break, by named rules: for those who read a document, or for those who send one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from infra.contracts.alternatives import alternatives_of, is_null, paired, reordered, resolved, same, values_of

Schema = dict[str, Any]
Side = Literal["answer", "request"]
"""Whether others read what we write, or send what we read. An event is both: others read it, and we do for ever."""

# What they checked, they may rely on: a looser bound breaks readers, a tighter one breaks senders.
UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")

COMPARED = {
    "$ref", "additionalProperties", "allOf", "anyOf", "const", "default", "enum", "format", "items", "oneOf",
    "pattern", "properties", "propertyNames", "required", "type", *UPPER, *LOWER,
}  # fmt: skip
SAID_ONLY = {
    "$defs", "$id", "$schema", "deprecated", "description", "discriminator", "example", "examples", "readOnly",
    "title", "writeOnly",
}  # fmt: skip

RULES = {
    "additional-closed": "a reader that takes unknown fields refuses them from now on",
    "additional-opened": "a producer that wrote known fields only may write any",
    "alternative-added": "a value of a new kind may come, that today's readers do not know",
    "alternative-removed": "a kind of value that was written is no longer read",
    "alternatives-reordered": "two alternatives that look alike changed places: the first that fits is taken",
    "bound-loosened": "values outside of what readers checked may come",
    "bound-tightened": "values that were written are out of bounds now",
    "const-changed": "the one value became another",
    "default-changed": "a missing field means something else than it did",
    "enum-narrowed": "a value that was written is no longer one",
    "enum-opened": "any value may come where readers know some",
    "enum-widened": "a value may come that readers do not know",
    "field-made-optional": "a field that readers rely on may be missing",
    "field-made-required": "a field that was sometimes missing must be there",
    "field-removed": "a field that was promised is gone",
    "field-renamed": "a field that was promised has another name",
    "format-changed": "texts of another form are written, or asked for",
    "keyword-changed": "the schema says something that this comparison does not know",
    "null-added": "null may come where readers expect a value",
    "null-removed": "null was written, and is no longer read",
    "pattern-changed": "texts are written, or asked for, that the pattern did not allow",
    "required-added": "what was written before lacks the new field",
    "type-changed": "values of another type are written, or asked for",
    # of an event as a whole:
    "header-removed": "a header that readers take is gone",
    "key-changed": "events of one story would no longer be in order",
    "subject-changed": "the events would be numbered, and found, by another thing",
    "topic-changed": "who hears the topic would no longer be told",
    "type-removed": "events of this type are kept, and read, for ever",
    "type-renamed": "readers know the event by the type it had",
}
"""Every rule, and what goes wrong for whom it is there. Those of an API's routes are in `infra.contracts.openapi`."""


@dataclass(frozen=True)
class Break:
    """One difference that somebody who wrote to the old contract would trip over."""

    rule: str
    where: str
    detail: str
    readers: tuple[str, ...] = ()

    def __str__(self) -> str:
        read = f"; read by {', '.join(self.readers)}" if self.readers else ""
        return f"{self.rule} at {self.where or '/'}: {self.detail}{read}"


def breaks_of_event(old: Schema, new: Schema) -> list[Break]:
    """Everything that breaks those who read events as `old` says, or our own reading of events written by then."""
    found = {each for side in ("answer", "request") for each in Comparison(old, new, side).compare(old, new)}
    return sorted({*found, *_identity(old, new)}, key=str)


def _identity(old: Schema, new: Schema) -> Iterator[Break]:
    for rule, name in (("subject-changed", "x-subject"), ("key-changed", "x-key")):
        if name in old and old[name] != new.get(name):
            yield Break(rule, "", f"{old[name]} became {new.get(name)}")
    if gone := set(old.get("x-topics", ())) - set(new.get("x-topics", ())):
        yield Break("topic-changed", "", f"it no longer comes on {_said(gone)}")


@dataclass
class Comparison:
    """Two versions of a document, seen from one side; `compare` walks a part of them.

    Of the two, the writer and the reader swap places: an answer is written by the new and read by the old, a request
    is written by the old and read by the new. Each must take all that the other may write.
    """

    old_root: Schema
    new_root: Schema
    side: Side

    def compare(self, old: Schema, new: Schema, where: str = "", depth: int = 0) -> Iterator[Break]:
        if depth > 20:  # a schema that holds itself
            return
        before, after = alternatives_of(old, self.old_root), alternatives_of(new, self.new_root)
        yield from self._null(before, after, where)
        before = [each for each in before if not is_null(each)]
        after = [each for each in after if not is_null(each)]
        if len(before) == len(after) == 1:
            yield from self._one(before[0], after[0], where, depth)
        else:
            yield from self._union(before, after, where, depth)

    def _null(self, before: list[Schema], after: list[Schema], where: str) -> Iterator[Break]:
        was, will_be = (any(is_null(each) or not each for each in them) for them in (before, after))
        if self.side == "answer" and will_be and not was:
            yield Break("null-added", where, "readers expect a value")
        if self.side == "request" and was and not will_be:
            yield Break("null-removed", where, "it was written")

    def _union(self, before: list[Schema], after: list[Schema], where: str, depth: int) -> Iterator[Break]:
        def fits(one: Schema, other: Schema) -> bool:
            return next(self._one(one, other, where, depth + 1), None) is None

        pairs = paired(before, after, fits)
        for place, (one, other) in enumerate(pairs):
            yield from self._one(before[one], after[other], f"{where}/{place}", depth + 1)
        added = [each for number, each in enumerate(after) if number not in {other for _, other in pairs}]
        removed = [each for number, each in enumerate(before) if number not in {one for one, _ in pairs}]
        if self.side == "answer" and added:
            yield Break("alternative-added", where, f"readers don't know {_named(added)}")
        if self.side == "request":
            if removed:
                yield Break("alternative-removed", where, f"{_named(removed)} was written")
            if alike := reordered(before, pairs):
                yield Break("alternatives-reordered", where, f"{_named(alike)} can't be told apart")

    def _one(self, old: Schema, new: Schema, where: str, depth: int) -> Iterator[Break]:
        yield from self._kinds(old, new, where)
        yield from self._values(old, new, where)
        if None not in (kinds := {_kind_of(old), _kind_of(new)}) and len(kinds) == 2 and kinds != {"integer", "number"}:
            return  # what is said of another type can't be compared
        yield from self._bounds(old, new, where)
        yield from self._fields(old, new, where, depth)
        yield from self._additional(old, new, where, depth)
        for part in ("items", "propertyNames"):
            if part in old or part in new:
                # The keys of a map are texts, whether it says so or not.
                plain = {"type": "string"} if part == "propertyNames" else {}
                before, after = ({**plain, **each.get(part, {})} for each in (old, new))
                yield from self.compare(before, after, f"{where}/{part}", depth + 1)
        for name in sorted((old.keys() | new.keys()) - COMPARED - SAID_ONLY):
            if not name.startswith("x-") and not same(old.get(name), new.get(name)):
                yield Break("keyword-changed", where, f"{name} {old.get(name)} became {new.get(name)}")

    def _kinds(self, old: Schema, new: Schema, where: str) -> Iterator[Break]:
        before, after = _kind_of(old), _kind_of(new)
        written, read = (after, before) if self.side == "answer" else (before, after)
        if read not in (None, written) and (written, read) != ("integer", "number"):
            yield Break("type-changed", where, f"{before or 'anything'} became {after or 'anything'}")
        elif before == after == "string":
            asked = old.get("format") if self.side == "answer" else new.get("format")
            if asked and old.get("format") != new.get("format"):
                yield Break("format-changed", where, f"{old.get('format')} became {new.get('format')}")

    def _values(self, old: Schema, new: Schema, where: str) -> Iterator[Break]:
        before, after = values_of(old), values_of(new)
        if "const" in old and "const" in new:
            if before != after:
                yield Break("const-changed", where, f"{old['const']} became {new['const']}")
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
        asked = old.get("pattern") if self.side == "answer" else new.get("pattern")
        if asked and old.get("pattern") != new.get("pattern"):
            yield Break("pattern-changed", where, f"{old.get('pattern')} became {new.get('pattern')}")

    def _fields(self, old: Schema, new: Schema, where: str, depth: int) -> Iterator[Break]:
        before, after = old.get("properties", {}), new.get("properties", {})
        required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
        came = sorted(after.keys() - before.keys())
        for name in sorted(before.keys() - after.keys()):
            now = next((each for each in came if same(before[name], after[each])), None)
            if now:
                yield Break("field-renamed", f"{where}/{name}", f"it became {now}")
            else:
                yield Break("field-removed", f"{where}/{name}", "it was promised")
        if self.side == "answer":
            for name in sorted((required_before - required_after) & after.keys()):
                yield Break("field-made-optional", f"{where}/{name}", "readers rely on it")
        else:
            for name in sorted(required_after - required_before):
                rule = "field-made-required" if name in before else "required-added"
                yield Break(rule, f"{where}/{name}", "what was written before lacks it: give it a default")
        for name in sorted(before.keys() & after.keys()):
            yield from self._default(before[name], after[name], f"{where}/{name}")
            yield from self.compare(before[name], after[name], f"{where}/{name}", depth + 1)

    def _default(self, old: Schema, new: Schema, where: str) -> Iterator[Break]:
        before, after = resolved(old, self.old_root), resolved(new, self.new_root)
        both = self.side == "request" and "default" in before and "default" in after
        if both and not same(before["default"], after["default"]):
            yield Break("default-changed", where, f"{before['default']!r} became {after['default']!r}")

    def _additional(self, old: Schema, new: Schema, where: str, depth: int) -> Iterator[Break]:
        """The values of a map, or of a class the fields that it does not name."""
        before, after = old.get("additionalProperties"), new.get("additionalProperties")
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self.compare(before, after, f"{where}/additionalProperties", depth + 1)
            return
        # Not said means open to a reader; but only a class that says so itself writes what it does not name.
        if self.side == "answer" and before is not True and (after is True or (before is not None and after is None)):
            yield Break("additional-opened", where, "any field may now come")
        if self.side == "request" and before in (None, True) and (after is False or isinstance(after, dict)):
            yield Break("additional-closed", where, "other fields were written")


def _kind_of(schema: Schema) -> str | None:
    kind: str | None = schema.get("type")
    if kind is None and ("properties" in schema or "additionalProperties" in schema):
        return "object"
    return kind


def _named(alternatives: list[Schema]) -> str:
    return _said({str(each.get("title") or each.get("format") or each.get("type") or each) for each in alternatives})


def _said(names: set[str]) -> str:
    return ", ".join(sorted(names))
