"""Each service's OpenAPI document, and what of it outsiders would miss."""

from collections.abc import Iterator
from typing import Any

from infra.contracts.apps import app_of
from infra.contracts.breaking import Break, Comparison, Schema

METHODS = ("get", "put", "post", "patch", "delete")


def openapi_of(service: str) -> Schema:
    return app_of(service).openapi()


def breaks_of_api(old: Schema, new: Schema) -> list[Break]:
    """What a caller who was written to `old` would trip over."""
    return list(_breaks(old, new))


def _breaks(old: Schema, new: Schema) -> Iterator[Break]:
    for path, operations in old["paths"].items():
        for method in METHODS:
            if method not in operations:
                continue
            where = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield Break("route-removed", where, "it was promised")
                continue
            yield from _of_parameters(operations[method], now, where)
            yield from _of_body(operations[method], now, where, old, new)
            yield from _of_answers(operations[method], now, where, old, new)


def _of_parameters(old: Schema, new: Schema, where: str) -> Iterator[Break]:
    before = {(each["in"], each["name"]): each for each in old.get("parameters", ())}
    for place, parameter in ((((each["in"], each["name"])), each) for each in new.get("parameters", ())):
        if parameter.get("required") and not before.get(place, {}).get("required"):
            yield Break("parameter-required", f"{where} {place[1]}", "callers don't send it")


def _of_body(old: Schema, new: Schema, where: str, old_root: Schema, new_root: Schema) -> Iterator[Break]:
    before, after = old.get("requestBody", {}), new.get("requestBody", {})
    if after.get("required") and not before.get("required"):
        yield Break("body-required", where, "callers don't send it")
    for media in before.get("content", {}).keys() & after.get("content", {}).keys():
        parts = before["content"][media].get("schema", {}), after["content"][media].get("schema", {})
        yield from Comparison(old_root, new_root, "request").compare(*parts, f"{where} body")


def _of_answers(old: Schema, new: Schema, where: str, old_root: Schema, new_root: Schema) -> Iterator[Break]:
    for status, answer in old.get("responses", {}).items():
        if not status.startswith("2"):
            continue
        if status not in new.get("responses", {}):
            yield Break("answer-removed", f"{where} {status}", "callers expect it")
            continue
        now: Any = new["responses"][status]
        for media in answer.get("content", {}).keys() & now.get("content", {}).keys():
            parts = answer["content"][media].get("schema", {}), now["content"][media].get("schema", {})
            yield from Comparison(old_root, new_root, "answer").compare(*parts, f"{where} {status}")
