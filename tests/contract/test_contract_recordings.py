"""What was ever written is read for ever: each recorded record, its exact bytes, by today's classes and consumers."""

import dataclasses
import importlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid5

import jsonschema
import pytest
from pydantic import BaseModel
from pydantic_core import to_jsonable_python
from sqlalchemy import text

from infra.contracts.examples import example_of
from infra.contracts.reading import reads
from infra.contracts.recordings import Recording, missing_recordings, recordings, shape_of
from infra.contracts.releases import released
from infra.contracts.schemas import carried, topics_of
from infra.provision import SERVICES
from shared.database import make_engine
from shared.events import EVENT_TOPICS, FORGETTABLES, Envelope, Event, Forgettable, read
from shared.messaging import Listener
from shared.work import Works
from tests.support.stack import Backbone

ROOT = Path(__file__).resolve().parents[2]
CARRIED = carried()
RECORDINGS = recordings(ROOT)


def test_everything_that_travels_is_recorded_with_headers_and_bytes() -> None:
    assert not missing_recordings(ROOT), "run `make contracts` and commit what it writes"
    assert {each.type for each in RECORDINGS} == CARRIED.keys()
    assert {each.topic for each in RECORDINGS if each.value is None} == FORGETTABLES.keys()


def test_every_released_version_is_recorded() -> None:
    """A release that has a field which no recording has was never recorded."""
    for contract in released(ROOT):
        for type_, schema in contract.types.items():
            recorded = [json.loads(each.value) for each in RECORDINGS if each.type == type_ and each.value]
            assert any(schema["properties"].keys() <= value.keys() for value in recorded), (contract.version, type_)


def test_a_type_without_a_recording_is_noticed(tmp_path: Path) -> None:
    missing = missing_recordings(tmp_path)

    assert {name.rpartition("/")[2] for name in missing if name.endswith(".json")} == {
        f"{each}.json" for each in CARRIED
    }
    assert len(missing) == 2 * len(CARRIED) + len(FORGETTABLES)


def test_a_type_that_grew_is_recorded_beside_what_it_was(tmp_path: Path) -> None:
    """Nothing that is recorded is written anew."""
    _lay(tmp_path, missing_recordings(tmp_path))
    type_ = "io.datacity.team.formed.v1"
    value = tmp_path / "tests/contract/recorded" / f"{type_}.json"
    before = json.loads(value.read_bytes())
    before.pop("member_ids")
    value.write_text(json.dumps(before | {"member_ids": []}))

    assert {name.rpartition("/")[2] for name in missing_recordings(tmp_path)} == {
        f"{type_}.2.json",
        f"{type_}.2.record",
    }

    _lay(tmp_path, missing_recordings(tmp_path))
    assert not missing_recordings(tmp_path)
    assert json.loads(value.read_bytes())["member_ids"] == []


def test_two_values_with_the_same_fields_have_one_shape() -> None:
    assert shape_of(b'{"a": 1, "b": [{"c": 2}, {"c": 3}]}') == shape_of(b'{"b": [{"c": null}], "a": "x"}')
    assert shape_of(b'{"a": 1}') != shape_of(b'{"a": 1, "d": null}')


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda each: each.name)
def test_a_recorded_record_is_read_by_todays_classes(recording: Recording) -> None:
    envelope = Envelope.from_record(recording)
    said = read(envelope)

    assert dict(recording.headers) == {name: text.encode() for name, text in envelope.headers()}
    assert said is not None
    assert recording.key.decode() == envelope.key == said.key
    if isinstance(said, Event | Forgettable) and recording.value is not None:
        before, now = json.loads(recording.value), json.loads(said.to_bytes())
        assert {name: now[name] for name in before} == before, "each field of then means the same today"
    if isinstance(said, Event):
        assert (said.TYPE, said.subject) == (envelope.type, envelope.subject)


@pytest.mark.parametrize("recording", [each for each in RECORDINGS if each.value], ids=lambda each: each.name)
def test_a_recorded_value_fits_the_schema_of_each_release_that_has_its_type(recording: Recording) -> None:
    """So an old reader that checks, in whatever language, takes what today's producer writes."""
    for contract in released(ROOT):
        if recording.type in contract.types:
            jsonschema.validate(
                json.loads(recording.value or b""),
                contract.types[recording.type],
                format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
            )
        headers = {name: text.decode() for name, text in recording.headers}
        jsonschema.validate(headers, contract.headers, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("type_", CARRIED)
def test_a_reader_ignores_what_it_does_not_know(type_: str) -> None:
    said = CARRIED[type_].from_bytes(example_of(CARRIED[type_]))

    assert CARRIED[type_].from_bytes(json.dumps(_with_more(said)).encode()) == said, "in the parts of an event too"


# Through today's consumers.


class Watch:
    """Makes events that note which of their fields are read."""

    def __init__(self) -> None:
        self.fields: dict[str, set[str]] = {}

    def read(self, envelope: Envelope) -> Any:
        said = read(envelope)
        if not isinstance(said, Event | Forgettable):
            return said
        carries, seen = type(said), self.fields.setdefault(said.TYPE, set())

        def note(self: Any, name: str) -> Any:
            if name in carries.model_fields:
                seen.add(name)
            return super(watched, self).__getattribute__(name)

        def dump(self: Any, **options: Any) -> Any:
            seen.update(options.get("include") or carries.model_fields)
            return super(watched, self).model_dump(**options)

        watched = type(carries.__name__, (carries,), {"__getattribute__": note, "model_dump": dump})
        assert envelope.value is not None
        return watched.from_bytes(envelope.value)


@asynccontextmanager
async def _works_of(service: str, backbone: Backbone) -> AsyncIterator[Works]:
    database = await backbone.migrated_database(service)
    engine = make_engine(database.runtime_url, service=service)
    try:
        yield Works(engine, service=service, topic=EVENT_TOPICS[service])
    finally:
        await engine.dispose()
        await backbone.drop_database(database)


def _heard_by(listens: Listener) -> Iterator[Recording]:
    """Every recording on every topic where it may come, people's and tombstones last."""
    numbers = iter(range(10_000))
    for recording in sorted(RECORDINGS, key=lambda each: (each.topic in FORGETTABLES, each.value is None)):
        for topic in topics_of(CARRIED[recording.type]):
            if topic in listens.topics:
                yield dataclasses.replace(_as_told_on(topic, recording), offset=next(numbers))


def _as_told_on(topic: str, recording: Recording) -> Recording:
    """The same value from another publisher is another event: no two have an id in common."""
    if topic == recording.topic:
        return recording
    publisher = next(service for service, told in EVENT_TOPICS.items() if told == topic)
    own = {"ce_id": str(uuid5(Envelope.from_record(recording).id, topic)), "ce_source": f"/services/{publisher}"}
    headers = [(name, own[name].encode() if name in own else value) for name, value in recording.headers]
    return dataclasses.replace(recording, topic=topic, headers=headers)


@pytest.mark.parametrize("service", SERVICES)
async def test_todays_consumers_take_every_recorded_record(service: str, backbone: Backbone) -> None:
    listens: Listener = importlib.import_module(f"services.{service}.consumers").listens
    watch, played = Watch(), list(_heard_by(listens))
    async with _works_of(service, backbone) as works:
        for recording in played:
            envelope = Envelope.from_record(recording)
            async with works.begin(cause=envelope) as work:
                if function := listens.functions.get(recording.topic):
                    await function(watch.read(envelope), work)
                if keeps := listens.records.get(recording.topic):
                    await keeps(envelope, work)
        if listens.records:
            async with works.begin(read_only=True) as work:
                kept = await (await work.session.connection()).execute(text("SELECT topic, value FROM entry"))
                assert sorted((row.topic, bytes(row.value)) for row in kept) == sorted(
                    (each.topic, each.value) for each in played if each.topic in listens.records
                ), "byte for byte"

    assert {each.topic for each in played} == set(listens.topics), "each entrance was tried"
    for type_, fields in watch.fields.items():
        assert fields <= set(reads()[type_].get(service, ())), f"docs/contracts/reads.json lacks what {service} reads"
    assert any(watch.fields.values()), "reading was watched"


def _lay(root: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def _with_more(part: Any) -> Any:
    """As JSON, with a field that nobody agreed on in the event and in each part of it."""
    if isinstance(part, BaseModel):
        return {name: _with_more(each) for name, each in part} | {"added_in_a_later_version": True}
    if isinstance(part, dict):
        return {str(name): _with_more(each) for name, each in part.items()}
    if isinstance(part, list | tuple):
        return [_with_more(each) for each in part]
    return to_jsonable_python(part)
