"""What is committed under docs/ is what the code says, and a change that breaks a reader is refused by name."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from infra.contracts.asyncapi import HEADERS, SAYS_OF_PEOPLE, asyncapi_of
from infra.contracts.breaking import Comparison, breaks_of_event
from infra.contracts.documents import RECORDED, broken, generated, recordings, stale
from infra.contracts.examples import example_of
from infra.contracts.hearing import acted_on, hearers
from infra.contracts.openapi import breaks_of_api
from infra.contracts.schemas import carried, schema_of
from infra.provision import SERVICES
from shared.events import EVENT_TOPICS, FORGETTABLES, Envelope
from shared.events import applications as events

ROOT = Path(__file__).resolve().parents[2]
CARRIED = carried()


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return generated()


def test_nothing_committed_is_behind_the_code(files: dict[str, str]) -> None:
    assert not stale(files), "run `make contracts` and commit what it writes"


def test_nothing_in_the_code_breaks_what_is_committed(files: dict[str, str]) -> None:
    assert not broken(files), "publish a new version beside the old"


def test_the_same_code_writes_the_same_contracts(files: dict[str, str]) -> None:
    assert generated() == files


# Recorded bytes: events are kept for ever, so every version that was ever written must be read for ever.


def test_every_type_has_recorded_bytes() -> None:
    missing = [name for name in recordings() if not (ROOT / name).exists()]

    assert not missing, "run `make contracts` and commit what it writes"


@pytest.mark.parametrize("recorded", sorted((ROOT / RECORDED).glob("*.json")), ids=lambda path: path.stem)
def test_recorded_bytes_are_read_by_todays_class(recorded: Path) -> None:
    value = recorded.read_bytes()

    read = CARRIED[recorded.stem].from_bytes(value)

    before, now = json.loads(value), json.loads(read.to_bytes())
    assert {name: now[name] for name in before} == before, "each field of then means the same today"


@pytest.mark.parametrize("type_", CARRIED)
def test_a_reader_ignores_what_it_does_not_know(type_: str) -> None:
    value = json.loads(example_of(CARRIED[type_])) | {"added_in_a_later_version": True}

    assert CARRIED[type_].from_bytes(json.dumps(value).encode())


@pytest.mark.parametrize("type_", CARRIED)
def test_an_example_fits_its_schema(type_: str) -> None:
    schema = schema_of(CARRIED[type_])
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.validate(
        json.loads(example_of(CARRIED[type_])), schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


# Breaking changes, of an event: others read it now, and we read what was written then.

EVENT = {
    "type": "object",
    "required": ["id", "kind", "score", "notes"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "kind": {"type": "string", "enum": ["employer", "family"]},
        "score": {"type": "integer", "minimum": 0, "maximum": 10},
        "notes": {"type": "array", "items": {"$ref": "#/$defs/Note"}},
        "until": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "default": None},
    },
    "$defs": {"Note": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}},
}

Change = Callable[[dict[str, Any]], object]

BREAKING: list[tuple[str, str, Change]] = [
    ("field-removed", "/id", lambda new: (new["properties"].pop("id"), new["required"].remove("id"))),
    ("field-removed", "/notes/items/text", lambda new: new["$defs"]["Note"].update(properties={}, required=[])),
    ("type-changed", "/score", lambda new: new["properties"]["score"].update(type="string")),
    ("type-changed", "/score", lambda new: new["properties"]["score"].update(type="number")),
    ("type-changed", "/until", lambda new: new["properties"].update(until={"type": "string", "format": "date"})),
    ("format-changed", "/id", lambda new: new["properties"]["id"].pop("format")),
    ("required-added", "/until", lambda new: new["required"].append("until")),
    (
        "required-added",
        "/notes/items/by",
        lambda new: new["$defs"]["Note"].update(
            properties={"text": {"type": "string"}, "by": {"type": "string"}}, required=["text", "by"]
        ),
    ),
    ("field-made-optional", "/score", lambda new: new["required"].remove("score")),
    ("enum-narrowed", "/kind", lambda new: new["properties"]["kind"].update(enum=["employer"])),
    ("enum-widened", "/kind", lambda new: new["properties"]["kind"].update(enum=["employer", "family", "mentor"])),
    ("enum-opened", "/kind", lambda new: new["properties"]["kind"].pop("enum")),
    ("enum-narrowed", "/id", lambda new: new["properties"]["id"].update(enum=["only-this"])),
    ("bound-tightened", "/score", lambda new: new["properties"]["score"].update(maximum=5)),
    ("bound-loosened", "/score", lambda new: new["properties"]["score"].update(maximum=100)),
    ("bound-loosened", "/score", lambda new: new["properties"]["score"].pop("minimum")),
    ("pattern-changed", "/id", lambda new: new["properties"]["id"].update(pattern="^[0-9]+$")),
]


def _rename_note(new: dict[str, Any]) -> None:
    new["$defs"]["Remark"] = new["$defs"].pop("Note")
    new["properties"]["notes"]["items"]["$ref"] = "#/$defs/Remark"


HARMLESS: list[tuple[str, Change]] = [
    ("nothing", lambda new: None),
    ("an optional field", lambda new: new["properties"].update(remark={"type": "string", "default": ""})),
    ("other words", lambda new: new["properties"]["id"].update(description="The id.")),
    ("another order", lambda new: new["required"].reverse()),
    ("another definition's name", _rename_note),
]


@pytest.mark.parametrize(("rule", "where", "change"), BREAKING, ids=lambda each: each if isinstance(each, str) else "")
def test_a_breaking_change_of_an_event_is_refused_by_name(rule: str, where: str, change: Change) -> None:
    new = copy.deepcopy(EVENT)
    change(new)

    assert (rule, where) in {(each.rule, each.where) for each in breaks_of_event(EVENT, new)}


@pytest.mark.parametrize("change", [change for _, change in HARMLESS], ids=[name for name, _ in HARMLESS])
def test_a_harmless_change_of_an_event_passes(change: Change) -> None:
    new = copy.deepcopy(EVENT)
    change(new)

    assert breaks_of_event(EVENT, new) == []


def test_an_answer_may_say_more_and_a_request_may_ask_less() -> None:
    asked_less, said_more = copy.deepcopy(EVENT), copy.deepcopy(EVENT)
    asked_less["required"].remove("score")
    said_more["required"].append("until")

    assert not [*Comparison(EVENT, asked_less, "request").compare(EVENT, asked_less)]
    assert not [*Comparison(EVENT, said_more, "answer").compare(EVENT, said_more)]


def test_a_type_that_vanishes_is_refused(files: dict[str, str], tmp_path: Path) -> None:
    name = "docs/contracts/schemas/io.datacity.forgotten.thing.v1.json"
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(json.dumps(EVENT))

    assert [each.rule for each in broken(files, tmp_path)[name]] == ["type-removed"]


# Breaking changes, of an API.


def _api() -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}, "required": True}
    answer = {"201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/View"}}}}}
    return {
        "paths": {"/juries": {"post": {"parameters": [], "requestBody": body, "responses": answer}}},
        "components": {
            "schemas": {
                "Body": {"type": "object", "properties": {"name": {"type": "string"}}, "required": []},
                "View": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
            }
        },
    }


API_BREAKING: list[tuple[str, Change]] = [
    ("route-removed", lambda new: new["paths"].pop("/juries")),
    (
        "parameter-required",
        lambda new: _post(new)["parameters"].append({"in": "query", "name": "city", "required": True}),
    ),
    ("required-added", lambda new: new["components"]["schemas"]["Body"]["required"].append("name")),
    ("field-removed", lambda new: new["components"]["schemas"]["View"]["properties"].pop("id")),
    ("answer-removed", lambda new: _post(new).update(responses={"202": {}})),
]


@pytest.mark.parametrize(("rule", "change"), API_BREAKING, ids=[rule for rule, _ in API_BREAKING])
def test_a_breaking_change_of_an_api_is_refused_by_name(rule: str, change: Change) -> None:
    new = _api()
    change(new)

    assert rule in {each.rule for each in breaks_of_api(_api(), new)}


def test_a_new_route_breaks_nobody() -> None:
    new = _api()
    new["paths"]["/rankings"] = copy.deepcopy(new["paths"]["/juries"])

    assert breaks_of_api(_api(), new) == []


# AsyncAPI and the catalogue.


@pytest.mark.parametrize("service", SERVICES)
def test_an_asyncapi_document_holds_together(service: str) -> None:
    document = asyncapi_of(service)

    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= document["info"].keys()
    for reference in _references(document):
        if reference.startswith("#/"):
            assert _follow(document, reference) is not None, reference
        else:
            assert (ROOT / "docs" / "contracts" / reference).is_file(), reference
    for operation in document["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = _follow(document, operation["channel"]["$ref"])
        offered = {f"{operation['channel']['$ref']}/messages/{name}" for name in channel["messages"]}
        assert {each["$ref"] for each in operation["messages"]} <= offered
    sent = {name.removeprefix("tell ") for name in document["operations"] if name.startswith("tell ")}
    assert sent == {EVENT_TOPICS[service], *SAYS_OF_PEOPLE.get(service, ())}


def test_the_documented_headers_are_those_of_the_envelope() -> None:
    envelope = Envelope.from_record(_record())
    written = dict(envelope.headers())

    assert HEADERS["properties"].keys() == written.keys() | {"ce_causationid", "traceparent"}
    assert set(HEADERS["required"]) == written.keys()
    jsonschema.validate(written, HEADERS)


def test_what_a_service_hears_is_read_off_its_match() -> None:
    async def on_event(event: events.AnyEvent, work: object) -> None:
        """All we hear."""
        match event:
            case events.ApplicationSubmitted() | events.ApplicationRevised():
                await something(work)
            case events.CallClosed():
                pass

    async def on_any(event: object, work: object) -> None:
        await something(work)

    async def something(work: object) -> None:
        del work

    assert acted_on(on_event) == {"ApplicationSubmitted", "ApplicationRevised"}
    assert acted_on(on_any) is None


def test_every_event_is_kept_by_notifications_and_every_person_can_be_forgotten_everywhere() -> None:
    heard = hearers()

    for type_ in CARRIED.keys() - {record.TYPE for record in FORGETTABLES.values()}:
        assert any(service.startswith("notifications") for service in heard[type_]), type_
    assert {"selection", "incubation"} <= set(heard["io.datacity.dossier.v1"])
    assert "notifications" in heard["io.datacity.person.v1"]


def _record() -> Any:
    headers = {
        "ce_id": "01900000-0000-7000-8000-000000000001",
        "ce_source": "/services/applications",
        "ce_type": events.CallClosed.TYPE,
        "ce_subject": "1",
        "ce_time": "2017-02-28T23:59:00Z",
        "ce_partitionkey": "1",
        "ce_sequence": "00000000000000000001",
        "ce_correlationid": "2",
        "ce_actor": "system:applications",
    }
    encoded = [(name, text.encode()) for name, text in headers.items()]
    return SimpleNamespace(topic="t", partition=0, offset=0, value=example_of(events.CallClosed), headers=encoded)


def _post(api: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api["paths"]["/juries"]["post"]
    return found


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [found for each in part.values() for found in _references(each)]
    if isinstance(part, list):
        return [found for each in part for found in _references(each)]
    return []


def _follow(document: Any, reference: str) -> Any:
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document
