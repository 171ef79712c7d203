"""What is committed under docs/ is what the code says, and a change that breaks a reader is refused by name."""

import copy
import dataclasses
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import NoneType, SimpleNamespace
from typing import Any, get_args

import jsonschema
import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from infra.contracts.asyncapi import HEADERS, SAYS_OF_PEOPLE, asyncapi_of
from infra.contracts.breaking import Comparison, Side
from infra.contracts.documents import KEPT, broken, contract_of, generated, stale, write
from infra.contracts.examples import example_of
from infra.contracts.hearing import acted_on, hearers
from infra.contracts.openapi import breaks_of_api
from infra.contracts.pages import events_page
from infra.contracts.reading import reads_of
from infra.contracts.releases import RELEASED, AlreadyReleased, NotAVersion, release, released, since
from infra.contracts.schemas import carried, schema_of
from infra.contracts.seals import LIST, sealed
from infra.provision import SERVICES
from shared.events import EVENT_TOPICS, FORGETTABLES, Envelope, selection
from shared.events import applications as events

ROOT = Path(__file__).resolve().parents[2]
CARRIED = carried()
OFFICIAL = json.loads((Path(__file__).parent / "official" / "asyncapi-3.0.0.json").read_text())


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return generated()


def test_nothing_committed_is_behind_the_code(files: dict[str, str]) -> None:
    assert not stale(files), "run `make contracts` and commit what it writes"


def test_nothing_in_the_code_breaks_what_is_committed(files: dict[str, str]) -> None:
    assert not broken(files), "publish a new version beside the old"


def test_the_same_code_writes_the_same_contracts(files: dict[str, str]) -> None:
    assert generated() == files


# Seen from one side only, as the halves of an API are.

EVENT = {
    "type": "object",
    "required": ["id", "score"],
    "properties": {
        "id": {"type": "string"},
        "score": {"type": "integer", "maximum": 10},
        "until": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "default": None},
    },
}

Change = Callable[[dict[str, Any]], object]


ASKS_LESS: list[Change] = [
    lambda new: new["required"].remove("score"),
    lambda new: new["properties"]["score"].update(type="number"),
    lambda new: new["properties"]["score"].pop("maximum"),
    lambda new: new["properties"]["until"]["anyOf"][0].pop("format"),
    lambda new: new["properties"]["id"].update(anyOf=[{"type": "string"}, {"type": "null"}], type=None),
]
SAYS_MORE: list[Change] = [
    lambda new: new["required"].append("until"),
    lambda new: new["properties"]["score"].update(maximum=5),
    lambda new: new["properties"]["id"].update(format="uuid", pattern="^0"),
    lambda new: new["properties"]["until"]["anyOf"].pop(),
]


@pytest.mark.parametrize(
    ("side", "other", "change"),
    [("request", "answer", change) for change in ASKS_LESS] + [("answer", "request", change) for change in SAYS_MORE],
)
def test_an_answer_may_say_more_and_a_request_may_ask_less(side: Side, other: Side, change: Change) -> None:
    new = copy.deepcopy(EVENT)
    change(new)

    assert not [*Comparison(EVENT, new, side).compare(EVENT, new)]
    assert [*Comparison(EVENT, new, other).compare(EVENT, new)]


# Releases: what was promised once is compared with all that comes after.


def test_a_release_holds_for_ever(files: dict[str, str], tmp_path: Path) -> None:
    """A field that a release had, and later work took away again, is missed although the last commit has it not."""
    new = contract_of({name: json.loads(text) for name, text in files.items() if name.endswith(".json")})
    old = copy.deepcopy(new)
    type_ = events.TeamFormed.TYPE
    old.types[type_]["properties"]["motto"] = {"type": "string"}
    release(dataclasses.replace(old, version="0.9.0"), tmp_path)
    release(dataclasses.replace(new, version="0.10.0"), tmp_path)
    write(files, tmp_path)

    found = broken(files, tmp_path)

    assert {name: [each.rule for each in breaks] for name, breaks in found.items()} == {
        f"{RELEASED}/0.9.0.json {type_}": ["field-removed"]
    }
    assert broken(files, tmp_path, unreleased=False) == found, "--break can't accept it"
    assert [contract.version for contract in released(tmp_path)] == ["0.9.0", "0.10.0"]
    assert since(tmp_path)[type_] == "0.9.0"


def test_what_is_not_released_can_be_taken_back(files: dict[str, str], tmp_path: Path) -> None:
    write(files, tmp_path)
    type_ = events.TeamFormed.TYPE
    path = tmp_path / f"docs/contracts/schemas/{type_}.json"
    schema = json.loads(path.read_text())
    schema["properties"]["motto"] = {"type": "string"}
    path.write_text(json.dumps(schema))

    assert list(broken(files, tmp_path)) == [f"docs/contracts/schemas/{type_}.json"]
    assert not broken(files, tmp_path, unreleased=False)


def test_a_version_is_released_once(files: dict[str, str], tmp_path: Path) -> None:
    contract = contract_of({name: json.loads(text) for name, text in files.items() if name.endswith(".json")}, "1.2.3")
    release(contract, tmp_path)

    with pytest.raises(AlreadyReleased):
        release(contract, tmp_path)
    with pytest.raises(NotAVersion):
        release(dataclasses.replace(contract, version="next"), tmp_path)


@pytest.mark.parametrize("folder", KEPT)
def test_what_is_kept_may_be_added_to_but_not_changed(files: dict[str, str], tmp_path: Path, folder: str) -> None:
    shutil.copytree(ROOT / folder, tmp_path / folder)
    write(files, tmp_path)
    first, second, *_ = [*sorted(sealed(tmp_path / folder)), ""]
    assert not stale(files, tmp_path)

    (tmp_path / folder / first).write_bytes((tmp_path / folder / first).read_bytes() + b" ")
    (tmp_path / folder / "added.txt").write_text("new")
    assert [each.rule for each in broken(files, tmp_path)[f"{folder}/{first}"]] == ["kept-changed"]
    assert stale(files, tmp_path) == [f"{folder}/{LIST} (added.txt)"]

    write(files, tmp_path)
    assert f"{folder}/{first}" in broken(files, tmp_path), "writing seals what is new, and no more"
    assert not stale(files, tmp_path)
    if second:
        (tmp_path / folder / second).unlink()
        assert "gone" in str(broken(files, tmp_path)[f"{folder}/{second}"][0])


def test_the_change_log_of_a_release_is_in_the_catalogue() -> None:
    page = events_page({events.TeamFormed.TYPE: "0.9.0", f"{events.TeamFormed.TYPE}/lead_id": "1.1.0"})

    (entry,) = re.findall(r"### TeamFormed\n.*?```", page, flags=re.DOTALL)
    assert "Since 0.9.0" in entry
    assert "`lead_id` since 1.1.0" in entry
    assert "`team_id` since the next release" in entry


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
    ("field-made-required", lambda new: new["components"]["schemas"]["Body"]["required"].append("name")),
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
def test_an_asyncapi_document_is_one_by_the_official_schema(service: str) -> None:
    Draft7Validator.check_schema(OFFICIAL)

    assert [
        (list(each.absolute_path), each.message) for each in Draft7Validator(OFFICIAL).iter_errors(asyncapi_of(service))
    ] == []


@pytest.mark.parametrize("type_", CARRIED)
def test_a_schema_means_the_same_in_the_dialect_of_asyncapi(type_: str) -> None:
    """AsyncAPI reads a payload by JSON Schema draft 7; ours are of 2020-12."""
    schema, value = schema_of(CARRIED[type_]), json.loads(example_of(CARRIED[type_]))
    Draft7Validator.check_schema(schema)
    Draft202012Validator.check_schema(schema)

    for dialect in (Draft7Validator, Draft202012Validator):
        check = dialect(schema, format_checker=dialect.FORMAT_CHECKER)
        assert check.is_valid(value)
        for name in schema["required"]:
            may_be_null = NoneType in get_args(CARRIED[type_].model_fields[name].annotation)
            assert check.is_valid({**value, name: None}) is may_be_null, name
            assert not check.is_valid({each: value[each] for each in value if each != name}), name


def test_the_official_schema_refuses_what_is_wrong() -> None:
    wrong = asyncapi_of("selection")
    wrong["operations"]["tell selection.events.v1"]["action"] = "publish"

    assert not Draft7Validator(OFFICIAL).is_valid(wrong)


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


def test_an_event_that_two_services_publish_is_one_event_on_two_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "AnyEvent", selection.AnyEvent | events.TeamFormed)
    type_, name = events.TeamFormed.TYPE, "TeamFormed"

    assert schema_of(events.TeamFormed)["x-topics"] == [events.TOPIC, selection.TOPIC]
    assert hearers()[type_] == ["selection", "notifications"]
    assert reads_of("selection")[events.TeamFormed] == {"team_id", "lead_id", "member_ids"}
    for topic in (events.TOPIC, selection.TOPIC):
        channel = asyncapi_of("notifications")["channels"][topic]
        assert channel["messages"][name] == {"$ref": f"#/components/messages/{name}"}
    page = events_page({})
    assert page.count(f"| [{name}](#teamformed) |") == 2
    assert page.count(f"### {name}\n") == 1
    assert "Told by applications, selection on `applications.events.v1` and `selection.events.v1`" in page


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
