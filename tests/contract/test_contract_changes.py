"""Each change that a contract may go through, the rule that it breaks, and the proof: who then fails to read what.

The models stand for an event before and after. What a rule refuses must really be refused, or misread, by the one
version when the other wrote it; what passes must really be read alike, both ways.
"""

import copy
import dataclasses
import json
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, get_args
from uuid import UUID

import jsonschema
import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from infra.contracts.asyncapi import headers_schema
from infra.contracts.breaking import RULES, breaks_of_event
from infra.contracts.examples import example_of
from infra.contracts.releases import Contract, breaks_between
from infra.contracts.schemas import carried, schema_of, written_by
from shared.events import Envelope, Event, MalformedEnvelope, read
from shared.events import applications as events

ANY = "01900000-0000-7000-8000-000000000001"


class Thing(Event):
    """What is common to both versions."""

    TYPE: ClassVar[str] = "io.datacity.test.thing.v1"
    SUBJECT: ClassVar[str] = "id"

    id: int


class Open(Thing):
    """A producer that would write anything."""

    model_config = ConfigDict(extra="allow")


class Two(StrEnum):
    ONE = "one"
    OTHER = "other"


class Three(StrEnum):
    ONE = "one"
    OTHER = "other"
    THIRD = "third"


class Part(BaseModel):
    size: int


class PartRenamed(BaseModel):
    size: int


class PartWithMore(BaseModel):
    size: int
    unit: str = "m"


class PartAskingMore(BaseModel):
    size: int
    unit: str


class PartOfText(BaseModel):
    size: str


class Square(BaseModel):
    shape: Literal["square"]
    side: int


class Circle(BaseModel):
    shape: Literal["circle"]
    radius: int


class Line(BaseModel):
    shape: Literal["line"]
    length: int


class Left(BaseModel):
    number: int
    left: int = 0


class Right(BaseModel):
    number: int
    right: int = 0


Document = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """Fields before and after, the rules that it breaks (none: it is fine), and what was written by which version."""

    name: str
    before: dict[str, Any]
    after: dict[str, Any]
    rules: frozenset[str] = frozenset()
    old_wrote: Document | None = None
    new_wrote: Document | None = None
    base_after: type[Event] = field(default=Thing)

    @cached_property
    def old(self) -> type[Event]:
        return create_model("Thing", __base__=Thing, __module__=__name__, **self.before)

    @cached_property
    def new(self) -> type[Event]:
        return create_model("Thing", __base__=self.base_after, __module__=__name__, **self.after)


def change(name: str, before: Any, after: Any, *rules: str, **wrote: Any) -> Change:
    """A change of the field `x`, or with dictionaries one of several fields."""
    fields = [each if isinstance(each, dict) else {"x": each} for each in (before, after)]
    written = {who: {"id": 1} | (doc if isinstance(doc, dict) else {"x": doc}) for who, doc in wrote.items()}
    return Change(name, *fields, frozenset(rules), **written)


def must(kind: Any) -> tuple[Any, Any]:
    return kind, ...


CHANGES = [
    # Fields.
    change("nothing changed", must(int), must(int), old_wrote=1, new_wrote=2),
    change("an optional field is added", {}, {"x": (str, "")}, old_wrote={}, new_wrote="a"),
    change("a field with null as its default is added", {}, {"x": (str | None, None)}, old_wrote={}, new_wrote=None),
    change("a field made by a factory is added", {}, {"x": (list[int], Field(default_factory=list))}, old_wrote={}),
    change("a required field is added", {}, must(str), "required-added", old_wrote={}),
    change("a required field that may be null is added", {}, must(str | None), "required-added", old_wrote={}),
    change("a required field is removed", must(int), {}, "field-removed", new_wrote={}),
    change("an optional field is removed", (int, 0), {}, "field-removed", old_wrote=5),
    change("a field is renamed", must(str), {"y": must(str)}, "field-renamed", "required-added", new_wrote={"y": "a"}),
    change("an optional field is renamed", (str, ""), {"y": (str, "")}, "field-renamed", new_wrote={"y": "a"}),
    change("an optional field is made required", (int, 0), must(int), "field-made-required", old_wrote={}),
    change("a required field is made optional", must(int), (int, 0), "field-made-optional", new_wrote={}),
    change("a default changes", (int, 0), (int, 5), "default-changed", old_wrote={}),
    change("fields change places", {"x": must(int), "y": must(int)}, {"y": must(int), "x": must(int)},
           old_wrote={"x": 1, "y": 2}, new_wrote={"y": 1, "x": 2}),
    change("a field is described", must(int), (int, Field(description="how many")), old_wrote=1, new_wrote=2),
    # Types.
    change("an integer is widened to a number", must(int), must(float), "type-changed", new_wrote=1.5),
    change("a number is narrowed to an integer", must(float), must(int), "type-changed", old_wrote=1.5),
    change("an integer becomes a text", must(int), must(str), "type-changed", old_wrote=5),
    change("a text becomes anything", must(str), must(Any), "type-changed", "null-added", new_wrote={"x": [1]}),
    change("a text becomes a list of texts", must(str), must(list[str]), "type-changed", old_wrote="a"),
    change("a text becomes an id", must(str), must(UUID), "format-changed", old_wrote="a"),
    change("an id becomes any text", must(UUID), must(str), "format-changed", new_wrote="a"),
    change("null may come", must(int), must(int | None), "null-added", new_wrote=None),
    change("null no longer comes", must(int | None), must(int), "null-removed", old_wrote=None),
    change("null may come, and another format too", must(UUID), must(str | None), "null-added", "format-changed",
           new_wrote="a"),
    # Values.
    change("a value is added", must(Two), must(Three), "enum-widened", new_wrote="third"),
    change("a value is removed", must(Three), must(Two), "enum-narrowed", old_wrote="third"),
    change("values are opened", must(Two), must(str), "enum-opened", new_wrote="any"),
    change("values are closed", must(str), must(Two), "enum-narrowed", old_wrote="any"),
    change("values change places", must(Literal["a", "b"]), must(Literal["b", "a"]), old_wrote="a", new_wrote="b"),
    change("the one value changes", must(Literal["a"]), must(Literal["b"]), "const-changed", old_wrote="a"),
    change("a second value is added", must(Literal["a"]), must(Literal["a", "b"]), "enum-widened", new_wrote="b"),
    change("a value becomes a number", must(Literal["1"]), must(Literal[1]), "type-changed", "const-changed",
           old_wrote="1"),
    # Bounds.
    change("an upper bound is tightened", must(Annotated[int, Field(le=9)]), must(Annotated[int, Field(le=5)]),
           "bound-tightened", old_wrote=9),
    change("an upper bound is loosened", must(Annotated[int, Field(le=5)]), must(Annotated[int, Field(le=9)]),
           "bound-loosened", new_wrote=9),
    change("a lower bound is put up", must(int), must(Annotated[int, Field(ge=0)]), "bound-tightened", old_wrote=-1),
    change("a lower bound is taken away", must(Annotated[int, Field(ge=0)]), must(int), "bound-loosened",
           new_wrote=-1),
    change("a text may be longer", must(Annotated[str, Field(max_length=2)]), must(Annotated[str, Field(max_length=3)]),
           "bound-loosened", new_wrote="abc"),
    change("a list needs an item", must(list[int]), must(Annotated[list[int], Field(min_length=1)]), "bound-tightened",
           old_wrote={"x": []}),
    change("a pattern is added", must(str), must(Annotated[str, Field(pattern="^a")]), "pattern-changed",
           old_wrote="b"),
    change("a pattern is taken away", must(Annotated[str, Field(pattern="^a")]), must(str), "pattern-changed",
           new_wrote="b"),
    change("a pattern changes", must(Annotated[str, Field(pattern="^a")]), must(Annotated[str, Field(pattern="^b")]),
           "pattern-changed", old_wrote="a", new_wrote="b"),
    # Lists, maps, parts.
    change("a list's items change type", must(list[int]), must(list[str]), "type-changed", old_wrote={"x": [1]}),
    change("a list may hold null", must(list[int]), must(list[int | None]), "null-added", new_wrote={"x": [None]}),
    change("a list becomes a set", must(list[int]), must(set[int]), "keyword-changed", old_wrote={"x": [1, 1]}),
    change("a map's values change type", must(dict[str, int]), must(dict[str, str]), "type-changed",
           old_wrote={"x": {"a": 1}}),
    change("a map's values are opened", must(dict[str, int]), must(dict[str, Any]), "additional-opened",
           new_wrote={"x": {"a": "b"}}),
    change("a map's values are closed", must(dict[str, Any]), must(dict[str, int]), "additional-closed",
           old_wrote={"x": {"a": "b"}}),
    change("a map's keys become ids", must(dict[str, int]), must(dict[UUID, int]), "format-changed",
           old_wrote={"x": {"a": 1}}),
    change("a part gets another name", must(Part), must(PartRenamed), old_wrote={"x": {"size": 1}},
           new_wrote={"x": {"size": 1}}),
    change("an optional field is added to a part", must(Part), must(PartWithMore), old_wrote={"x": {"size": 1}},
           new_wrote={"x": {"size": 1, "unit": "km"}}),
    change("an optional field is added to the parts of a list", must(list[Part]), must(list[PartWithMore]),
           old_wrote={"x": [{"size": 1}]}, new_wrote={"x": [{"size": 1, "unit": "km"}]}),
    change("a required field is added to a part", must(list[Part]), must(list[PartAskingMore]), "required-added",
           old_wrote={"x": [{"size": 1}]}),
    change("a field is removed from a part", must(PartAskingMore), must(Part), "field-removed",
           new_wrote={"x": {"size": 1}}),
    change("a part's field changes type", must(dict[str, Part]), must(dict[str, PartOfText]), "type-changed",
           old_wrote={"x": {"a": {"size": 1}}}),
    # Unions.
    change("an alternative is added", must(Square | Circle), must(Square | Circle | Line), "alternative-added",
           new_wrote={"x": {"shape": "line", "length": 1}}),
    change("an alternative is removed", must(Square | Circle), must(Square), "alternative-removed",
           old_wrote={"x": {"shape": "circle", "radius": 1}}),
    change("one kind becomes two", must(int), must(int | str), "alternative-added", new_wrote="a"),
    change("alternatives that are told apart change places", must(Square | Circle), must(Circle | Square),
           old_wrote={"x": {"shape": "circle", "radius": 1}}, new_wrote={"x": {"shape": "square", "side": 1}}),
    change("kinds change places", must(int | str), must(str | int), old_wrote=5, new_wrote="a"),
    change("alternatives that look alike change places", must(Left | Right), must(Right | Left),
           "alternatives-reordered", old_wrote={"x": {"number": 1}}),
    # The producer.
    dataclasses.replace(
        change("a producer writes whatever it is given", must(int), must(int), "additional-opened"), base_after=Open
    ),
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_change_breaks_just_these_rules(change: Change) -> None:
    found = breaks_of_event(schema_of(change.old), schema_of(change.new))

    assert {each.rule for each in found} == change.rules


@pytest.mark.parametrize(
    "change", [each for each in CHANGES if each.old_wrote or each.new_wrote], ids=lambda change: change.name
)
def test_what_a_rule_says_of_a_change_is_what_happens(change: Change) -> None:
    for writer, reader, wrote in (
        (change.old, change.new, change.old_wrote),
        (change.new, change.old, change.new_wrote),
    ):
        if wrote is not None:
            jsonschema.validate(wrote, schema_of(writer), format_checker=jsonschema.FormatChecker())
            assert read_alike(wrote, writer, reader, change.old) is not bool(change.rules), wrote


def read_alike(wrote: Document, writer: type[Event], reader: type[Event], old: type[Event]) -> bool:
    """If the reader understands of it what the writer meant by it, for all that the old version promised."""
    value = json.dumps(wrote).encode()
    meant = writer.from_bytes(value)
    try:
        understood = reader.from_bytes(value)
    except ValidationError:
        return False
    return _holds(meant, understood) if writer is old else _holds(understood, meant)


def _holds(old: Any, new: Any) -> bool:
    """If all that the old version knows of a value is the same in the new one, which may know more fields of a part.

    Only a class may have more: a key that a map lost, or got, was lost or invented.
    """
    if isinstance(old, BaseModel):
        fields = type(old).model_fields
        known = isinstance(new, BaseModel) and fields.keys() <= type(new).model_fields.keys()
        return known and all(_holds(getattr(old, name), getattr(new, name)) for name in fields)
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_holds(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_holds, old, new))
    return bool(old == new)


def test_a_field_that_a_part_got_is_no_misreading_but_what_is_lost_is() -> None:
    assert _holds([Part(size=1)], [PartWithMore(size=1, unit="km")])
    assert not _holds([Part(size=1)], [PartWithMore(size=2)])
    assert not _holds(PartWithMore(size=1, unit="km"), Part(size=1))
    assert not _holds([Part(size=1)], [Part(size=1), Part(size=1)])
    assert not _holds({"a": 1}, {"a": 1, "b": 2})
    assert not _holds({"a": 1, "b": 2}, {"a": 1})


def test_a_producer_that_writes_anything_is_not_understood() -> None:
    change = CHANGES[-1]
    said = change.new.model_validate({"id": 1, "x": 2, "never_agreed": 3})

    assert b"never_agreed" in said.to_bytes()
    assert not hasattr(change.old.from_bytes(said.to_bytes()), "never_agreed")


def test_every_rule_is_broken_by_some_change() -> None:
    broken = {rule for change in CHANGES for rule in change.rules}
    of_whole_events = {rule for _, rule, _ in WHOLE if rule}

    assert broken | of_whole_events == RULES.keys()


# A whole event: its type, its key, its topic, its headers.

CONTRACT = Contract(
    "1.0.0",
    headers_schema(),
    {type_: schema_of(carries) for type_, carries in carried().items() if type_ == events.ApplicationSubmitted.TYPE},
    {events.ApplicationSubmitted.TYPE: {"selection": ["revision"]}},
)
TYPE = events.ApplicationSubmitted.TYPE


def _of_event(**changes: Any) -> dict[str, Any]:
    return {"types": {TYPE: copy.deepcopy(CONTRACT.types[TYPE]) | changes}}


def _of_headers(
    *, lose: str = "", loosen: str = "", demand: str = "", offer: str = "", pad: str = ""
) -> dict[str, Any]:
    headers = copy.deepcopy(CONTRACT.headers)
    if lose:
        headers["properties"].pop(lose)
    headers["required"] = [each for each in [*headers["required"], demand] if each and each not in {lose, loosen}]
    for name in (demand, offer):
        if name:
            headers["properties"][name] = {"type": "string"}
    if pad:
        headers["properties"]["ce_sequence"]["pattern"] = pad
    return {"headers": headers}


WHOLE: list[tuple[str, str, dict[str, Any]]] = [
    ("nothing changed", "", {}),
    ("another type is added", "", {"types": {**CONTRACT.types, "io.datacity.thing.v1": schema_of(Thing)}}),
    ("a type is removed", "type-removed", {"types": {}}),
    ("a type is renamed", "type-renamed", {"types": {TYPE.replace("v1", "v2"): CONTRACT.types[TYPE]}}),
    ("a second version is added", "", {"types": {**CONTRACT.types, TYPE.replace("v1", "v2"): CONTRACT.types[TYPE]}}),
    ("the key changes", "key-changed", _of_event(**{"x-key": "team_id"})),
    ("the subject changes", "subject-changed", _of_event(**{"x-subject": "team_id"})),
    ("the topic changes", "topic-changed", _of_event(**{"x-topics": ["applications.events.v2"]})),
    ("a second topic is added", "", _of_event(**{"x-topics": ["applications.events.v1", "selection.events.v1"]})),
    ("a header is removed", "header-removed", _of_headers(lose="ce_subject")),
    ("a header may be missing", "header-removed", _of_headers(loosen="ce_actor")),
    ("a header is offered", "", _of_headers(offer="ce_tenant")),
    ("a header is demanded", "required-added", _of_headers(demand="ce_tenant")),
    ("a header is written otherwise", "pattern-changed", _of_headers(pad="^[0-9]+$")),
]


@pytest.mark.parametrize(("rule", "changes"), [each[1:] for each in WHOLE], ids=[each[0] for each in WHOLE])
def test_a_change_of_a_whole_event_breaks_just_this_rule(rule: str, changes: dict[str, Any]) -> None:
    found = breaks_between(CONTRACT, dataclasses.replace(CONTRACT, **changes))

    assert {each.rule for breaks in found.values() for each in breaks} == ({rule} if rule else set())


def test_a_break_names_those_who_read_the_field() -> None:
    schema = copy.deepcopy(CONTRACT.types[TYPE])
    schema["properties"]["revision"]["type"] = "string"
    schema["properties"].pop("call_id")
    old = dataclasses.replace(CONTRACT, reads={TYPE: {"an older reader": ["call_id"]}})

    (removed, changed) = breaks_between(old, dataclasses.replace(CONTRACT, types={TYPE: schema}))[TYPE]

    assert str(removed).startswith("field-removed at /call_id")
    assert str(removed).endswith("read by an older reader, selection"), "who read it then, and who does today"
    assert changed.readers == ("selection", "notifications")


def test_a_break_in_what_nobody_reads_says_so() -> None:
    schema = copy.deepcopy(CONTRACT.types[TYPE])
    schema["properties"]["never_read"] = {"type": "string"}
    old = dataclasses.replace(CONTRACT, types={TYPE: schema})

    (gone,) = breaks_between(old, CONTRACT)[TYPE]

    assert gone.readers == ("nobody",)


def test_readers_take_a_type_a_key_and_headers_as_the_rules_say() -> None:
    """Why those changes are refused: this is what becomes of what they wrote."""
    said = dict.fromkeys(headers_schema()["required"], b"x")
    said |= {"ce_id": ANY.encode(), "ce_time": b"2017-02-28T23:59:00Z", "ce_sequence": b"1", "ce_type": b"renamed"}

    class Record:
        topic, partition, offset, value = events.TOPIC, 0, 0, b"{}"
        headers: ClassVar[list[tuple[str, bytes]]] = list(said.items())

    assert read(Envelope.from_record(Record)) is None, "nobody acts on a type that it does not know"
    for header in ("ce_subject", "ce_actor"):
        Record.headers = [(name, value) for name, value in said.items() if name != header]
        with pytest.raises(MalformedEnvelope):
            Envelope.from_record(Record)

    class Otherwise(events.TeamFormed):
        SUBJECT: ClassVar[str] = "lead_id"

    one = {"team_id": ANY, "lead_id": ANY.replace("1", "2"), "member_ids": []}
    assert Otherwise.model_validate(one).key != events.TeamFormed.model_validate(one).key


# The producer is closed, the reader is open.


def _within(model: type[BaseModel]) -> set[type[BaseModel]]:
    found = {model}
    for each in model.model_fields.values():
        todo = [each.annotation]
        while todo:
            kind = todo.pop()
            todo += get_args(kind)
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found |= _within(kind)
    return found


MODELS = sorted(
    {model for carries in carried().values() for model in _within(carries)}, key=lambda model: model.__name__
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_producer_refuses_what_its_contract_does_not_name(model: type[BaseModel]) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate({"never_agreed": True})

    assert "extra_forbidden" in {each["type"] for each in refused.value.errors()}


@pytest.mark.parametrize("type_", carried())
def test_what_a_producer_writes_is_what_its_schema_promises_and_no_more(type_: str) -> None:
    carries = carried()[type_]
    promised, written = schema_of(carries), written_by(carries)

    assert written["properties"].keys() == promised["properties"].keys()
    assert set(promised["required"]) <= set(written["required"])
    jsonschema.validate(json.loads(example_of(carries)), written, format_checker=jsonschema.FormatChecker())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(example_of(carries)) | {"never_agreed": True}, written)
