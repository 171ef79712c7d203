"""Which fields of which event each service reads: followed through its code, from its Listener to its last use case."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from infra.contracts.hearing import listener_of, published_by
from infra.contracts.schemas import Carried, carried
from infra.contracts.sources import BY_TABLE, PARTNERS, sent_to_partners
from infra.provision import SERVICES
from shared.events import EVENT_TOPICS, FORGETTABLES, Event

Reads = dict[str, dict[str, list[str]]]
"""Type → reader → the fields that it reads, in order of name."""

HARMLESS = {"isinstance", "type", "assert_never"}
GATHERING = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
WHOLE = {"digest", "model_dump", "model_dump_json", "to_bytes"}


class Unreadable(Exception):
    """A use case reads an event in a way that names no field."""

    def __init__(self, function: Callable[..., Any], line: int) -> None:
        super().__init__(
            f"{function.__module__}.{function.__qualname__} (line {line} of it) hands an event, or its bytes, to what "
            "can't be followed. Read fields by name, or say in infra/contracts/sources.py which ones it reads."
        )


@dataclass(frozen=True)
class Value:
    """What a name stands for: an event of one of these classes, its envelope, or the work that holds its envelope."""

    classes: frozenset[Carried]
    kind: str = "event"


@cache
def reads() -> Reads:
    """The whole map, readers in the order of SERVICES and partners last."""
    found: dict[str, dict[str, set[str]]] = {type_: {} for type_ in carried()}
    for service in SERVICES:
        for carries, fields in reads_of(service).items():
            found[carries.TYPE][service] = fields
    for carries in carried().values():
        if issubclass(carries, Event) and (sent := sent_to_partners(carries)):
            found[carries.TYPE][PARTNERS] = sent
    return {type_: {who: sorted(fields) for who, fields in readers.items()} for type_, readers in found.items()}


def reads_of(service: str) -> dict[Carried, set[str]]:
    """The fields that one service reads, by class; a class that it reads nothing of is not there."""
    listens, reading = listener_of(service), Reading()
    for topic in listens.topics:
        classes = frozenset(carried_on(topic))
        if function := listens.functions.get(topic):
            reading.follow(function, (Value(classes), Value(classes, "work")))
        if function := listens.records.get(topic):
            reading.follow(function, (Value(classes, "envelope"), Value(classes, "work")))
    return {carries: fields for carries, fields in reading.found.items() if fields}


def carried_on(topic: str) -> list[Carried]:
    """What may be read on a topic."""
    if record := FORGETTABLES.get(topic):
        return [record]
    publisher = next(service for service in SERVICES if EVENT_TOPICS[service] == topic)
    return list(published_by(publisher).values())


@dataclass
class Reading:
    """Goes through functions with what their arguments may be, and gathers what is read of those."""

    found: dict[Carried, set[str]] = field(default_factory=dict)
    seen: set[tuple[Any, tuple[Value | None, ...]]] = field(default_factory=set)

    def follow(self, function: Callable[..., Any], arguments: tuple[Value | None, ...]) -> None:
        """Positional arguments only: `follow_call` has put those given by name into their places."""
        if (function, arguments) in self.seen:
            return
        self.seen.add((function, arguments))
        if table := BY_TABLE.get(function):
            for value in arguments:
                for carries in value.classes if value else ():
                    if issubclass(carries, Event):
                        self.found.setdefault(carries, set()).update(table(carries))
            return
        definition = _definition(function)
        names = [
            each.arg for each in (*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs)
        ]
        env = {name: value for name, value in zip(names, arguments, strict=False) if value}
        _Body(self, function, env).visit_all(definition.body)

    def read(self, value: Value, name: str) -> None:
        """Note a field; `key` and `subject` stand for the fields that they are made of."""
        for carries in value.classes:
            if name in carries.model_fields:
                fields = {name}
            elif name in WHOLE:
                fields = set(carries.model_fields)
            elif issubclass(carries, Event) and name in {"key", "subject"}:
                fields = {carries.SUBJECT if name == "subject" else carries.KEY or carries.SUBJECT}
            elif len(value.classes) == 1 and not hasattr(carries, name):
                fields = {name}  # it reads what is not there: `missing` reports it
            else:
                continue
            self.found.setdefault(carries, set()).update(fields)


class _Body(ast.NodeVisitor):
    """One function's statements, with what its names stand for."""

    def __init__(self, reading: Reading, function: Callable[..., Any], env: dict[str, Value]) -> None:
        self.reading = reading
        self.function = function
        self.env = env

    def visit_all(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.visit(statement)

    def visit_Match(self, node: ast.Match) -> None:
        value = self._value(node.subject)
        if value is None or value.kind != "event":
            self.generic_visit(node)
            return
        left = value.classes
        for case in node.cases:
            named = [self._resolve(each.cls) for each in ast.walk(case.pattern) if isinstance(each, ast.MatchClass)]
            matched = frozenset(
                each for each in left if any(inspect.isclass(cls) and issubclass(each, cls) for cls in named)
            )
            narrowed = matched if named else left
            for pattern in (each for each in ast.walk(case.pattern) if isinstance(each, ast.MatchClass)):
                for attribute in pattern.kwd_attrs:
                    self.reading.read(Value(narrowed), attribute)
            if narrowed:
                # The envelope that the work holds is of this same event.
                inner = {
                    name: Value(narrowed, each.kind) if each.classes == value.classes else each
                    for name, each in self.env.items()
                }
                body = _Body(self.reading, self.function, inner)
                body.visit_all(case.body)
            left = left if case.guard else left - matched

    def visit_Assign(self, node: ast.Assign) -> None:
        value = self._value(node.value)
        if value and all(isinstance(target, ast.Name) for target in node.targets):
            self.env |= {cast("ast.Name", target).id: value for target in node.targets}
        else:
            self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        for each in (node.left, *node.comparators):
            if not self._value(each):
                self.visit(each)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        value = self._value(node.value)
        if value is None:
            self.generic_visit(node)
        elif value.kind == "event":
            self.reading.read(value, node.attr)
        elif value.kind == "envelope" and node.attr == "value":
            raise Unreadable(self.function, node.lineno)

    def visit_Name(self, node: ast.Name) -> None:
        value = self.env.get(node.id)
        if isinstance(node.ctx, ast.Load) and value and value.kind == "event":
            raise Unreadable(self.function, node.lineno)

    def visit_Call(self, node: ast.Call) -> None:
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        values = [self._value(each) for each in given]
        for each, value in zip(given, values, strict=True):
            if value is None:
                self.visit(each)
        self.visit(node.func)
        told = [value for value in values if value and value.kind in {"event", "envelope"}]
        called = self._resolve(node.func)
        if inspect.isfunction(inspect.unwrap(getattr(called, "__func__", called))) and any(values):
            self._follow_call(called, node, dict(zip(given, values, strict=True)))
        elif told and not (isinstance(node.func, ast.Name) and node.func.id in HARMLESS):
            self._field_by_name(node, told)

    def _field_by_name(self, node: ast.Call, told: list[Value]) -> None:
        name = node.args[1] if len(node.args) > 1 else None
        is_getattr = isinstance(node.func, ast.Name) and node.func.id == "getattr"
        if not (is_getattr and isinstance(name, ast.Constant) and told[0].kind == "event"):
            raise Unreadable(self.function, node.lineno)
        self.reading.read(told[0], str(name.value))

    def _follow_call(self, called: Any, node: ast.Call, values: dict[ast.expr, Value | None]) -> None:
        function = inspect.unwrap(getattr(called, "__func__", called))
        named = [each.name for each in inspect.signature(function).parameters.values() if each.kind not in GATHERING]
        bound: dict[str, Value] = {}
        first = 1 if hasattr(called, "__func__") else 0
        given = [(named[place] if place < len(named) else None, each) for place, each in enumerate(node.args, first)]
        spread = any(isinstance(each, ast.Starred) for each in node.args)
        given += [(keyword.arg, keyword.value) for keyword in node.keywords]
        for name, argument in given:
            if value := values[argument]:
                if name not in named or spread:
                    raise Unreadable(self.function, node.lineno)
                bound[name] = value
        self.reading.follow(function, tuple(bound.get(name) for name in named))

    def _value(self, node: ast.expr) -> Value | None:
        """What an expression stands for, if it is one of those that we follow."""
        if isinstance(node, ast.Name):
            return self.env.get(node.id)
        if isinstance(node, ast.Attribute) and node.attr == "cause":
            holder = self._value(node.value)
            return Value(holder.classes, "envelope") if holder and holder.kind == "work" else None
        return None

    def _resolve(self, node: ast.expr) -> Any:
        """The object that a dotted name means in this function's module."""
        if isinstance(node, ast.Name):
            return inspect.unwrap(self.function).__globals__.get(node.id) if node.id not in self.env else None
        if isinstance(node, ast.Attribute):
            holder = self._resolve(node.value)
            return getattr(holder, node.attr, None) if inspect.ismodule(holder) or inspect.isclass(holder) else None
        return None


def missing() -> Iterator[str]:
    """What somebody reads and no event of today has."""
    for type_, readers in reads().items():
        for reader, fields in readers.items():
            for name in fields:
                if name not in carried()[type_].model_fields:
                    yield f"{reader} reads {name} of {type_}, which does not have it"


def _definition(function: Callable[..., Any]) -> ast.FunctionDef | ast.AsyncFunctionDef:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return cast("ast.FunctionDef | ast.AsyncFunctionDef", tree.body[0])
