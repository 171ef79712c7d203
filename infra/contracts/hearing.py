"""Who hears what: read off each service's Listener and the `match` of its functions."""

import ast
import importlib
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, cast, get_args

from infra.provision import SERVICES
from shared.events import FORGETTABLES, PUBLISHERS, Event
from shared.messaging import Listener


def published_by(service: str) -> dict[str, type[Event]]:
    """The events that a service owns, by type, in the order of its module."""
    return {event.TYPE: event for event in get_args(PUBLISHERS[service].AnyEvent)}


def told_by_all() -> dict[str, type[Event]]:
    """The events that every service publishes on its own topic: those of its operators' acts."""
    first, *others = (published_by(service) for service in SERVICES)
    return {type_: event for type_, event in first.items() if all(type_ in other for other in others)}


def listener_of(service: str) -> Listener:
    return cast("Listener", importlib.import_module(f"services.{service}.consumers").listens)


def topics_heard_by(service: str) -> list[str]:
    return listener_of(service).topics


def hearers() -> dict[str, list[str]]:
    """Event type → the services that do something about it, and those that only keep it as `… (keeps it)`."""
    found: dict[str, dict[str, None]] = {}
    for service in SERVICES:
        listens = listener_of(service)
        for publisher, module in PUBLISHERS.items():
            acts = acted_on(listens.functions.get(module.TOPIC))
            for type_, event in published_by(publisher).items():
                # An event that several services publish is heard on the topic of each.
                if acts is None or event.__name__ in acts:
                    found.setdefault(type_, {})[service] = None
                elif module.TOPIC in listens.records:
                    found.setdefault(type_, {})[f"{service} (keeps it)"] = None
    for topic, record in FORGETTABLES.items():
        found[record.TYPE] = {service: None for service in SERVICES if topic in topics_heard_by(service)}
    return {type_: list(services) for type_, services in found.items()}


def acted_on(function: Callable[..., Any] | None) -> set[str] | None:
    """The class names that a listening function has a case for that does something; None if it is for all of them."""
    if function is None:
        return set()
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = cast("ast.AsyncFunctionDef", tree.body[0])
    statements = [each for each in definition.body if not _is_docstring(each)]
    if len(statements) != 1 or not isinstance(statements[0], ast.Match):
        return None
    return {
        name
        for case in statements[0].cases
        if not all(isinstance(each, ast.Pass) for each in case.body)
        for name in _class_names(case.pattern)
    }


def _class_names(pattern: ast.pattern) -> set[str]:
    classes = (node.cls for node in ast.walk(pattern) if isinstance(node, ast.MatchClass))
    return {cls.attr if isinstance(cls, ast.Attribute) else getattr(cls, "id", "") for cls in classes}


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
