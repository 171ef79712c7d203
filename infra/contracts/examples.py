"""One example of everything that travels, made from its class alone: always the same bytes."""

import types
import typing
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from infra.contracts.schemas import Carried

BEGINNING = datetime(2017, 2, 28, 23, 59, tzinfo=UTC)

# What a field's name promises; everything else is made from its type.
TEXTS = {
    "city": "Casablanca",
    "zone": "Africa/Casablanca",
    "partner": "inwi",
    "local": "2017-02-28T23:59:00",
    "tzdata_version": "2026c",
    "media_type": "application/pdf",
    "licence": "CC-BY-4.0",
    "place": "2 rue Pierre et Marie Curie, Casablanca",
    "unit": "dB(A)",
    "indicator": "night noise",
    "template": "submitted",
    "type": "io.datacity.milestone.approved.v1",
    "language": "fr",
    "method": "weighted-mean/1",
    "name": "Invented Person",
    "email": "invented.person@example.org",
    "startup": "Invented Startup",
    "title": "An invented title",
    "summary": "An invented summary.",
    "salt": "00112233445566778899aabbccddeeff",
    "dossier_digest": "9f" * 32,
    "inputs_digest": "8e" * 32,
    "protocol_digest": "7d" * 32,
    "sha256": "6c" * 32,
    "about_type": "io.datacity.milestone.approved.v1",
    "topic": "incubation.events.v1",
    "parked_topic": "incubation.events.v1",
    "fingerprint": "5b" * 8,
    "table": "review",
}
NUMBERS = {"revision": 2, "sequence": 1, "seats": 40, "rank": 1, "size": 48_213, "reviews_per_file": 2}


KEYS = {
    "title": "fr",
    "scores": "team",
    "answers": "what-is-new",
    "erased": "review",
    "expired": "mail",
    "rows": "mail",
}


def example_of(carries: Carried) -> bytes:
    """The value of an invented event or record, as `to_bytes` writes it."""
    value: bytes = _instance(carries, _Counter()).to_bytes()
    return value


class _Counter:
    """Gives each id a number of its own, in the order in which the fields stand."""

    def __init__(self) -> None:
        self.ids = 0

    def next_id(self) -> UUID:
        self.ids += 1
        return UUID(f"01900000-0000-7000-8000-{self.ids:012d}")


def _instance(model: type[BaseModel], counter: _Counter) -> Any:
    values = {name: _value(name, field.annotation, counter) for name, field in model.model_fields.items()}
    return model.model_validate(values)


def _value(name: str, annotation: Any, counter: _Counter) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is typing.Annotated:
        return _value(name, arguments[0], counter)
    if origin in {Union, types.UnionType}:
        return _value(name, next(each for each in arguments if each is not type(None)), counter)
    if origin is Literal:
        return arguments[0]
    if origin in {list, tuple, set, frozenset}:
        return [_value(name.removesuffix("s"), arguments[0], counter)]
    if origin is dict:
        return {_key(name, arguments[0], counter): _value(name.removesuffix("s"), arguments[1], counter)}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _instance(annotation, counter)
    return _plain(name, annotation, counter)


def _key(name: str, annotation: Any, counter: _Counter) -> Any:
    if annotation is UUID:
        return counter.next_id()
    return KEYS.get(name, "night noise")


def _plain(name: str, annotation: Any, counter: _Counter) -> Any:
    made: dict[Any, Any] = {
        UUID: counter.next_id,
        datetime: lambda: BEGINNING if name != "expires_at" else BEGINNING + timedelta(days=90),
        date: lambda: date(2017, 5, 2) if name == "starts_on" else date(2017, 6, 30),
        bool: lambda: True,
        int: lambda: NUMBERS.get(name, 3),
        float: lambda: 61.5,
        str: lambda: TEXTS.get(name, f"an invented {name.replace('_', ' ')}"),
    }
    return made[annotation]()
