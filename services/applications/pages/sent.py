"""What a page of the form sent: which fields it showed, and what stood in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from services.applications.domain.drafts import ANSWERS, Value
from services.applications.domain.forms import Form, Kind
from shared.errors import FieldError, Invalid
from shared.http import DraftLine, DraftText

MOST_FIELDS = 500
SHOWN = "shown"
"""The name under which a page says which fields it shows: a box that is not ticked is not sent."""

_LINE: TypeAdapter[Any] = TypeAdapter(DraftLine)
_TEXT: TypeAdapter[Any] = TypeAdapter(DraftText)
_LARGEST_VERSION = 2**31


class NotOfThisForm(Invalid):
    slug = "not-of-this-form"
    message = "This was not sent by the form as it is. Open it again; what was saved before stays saved."


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A save as the page asks for it."""

    base: int
    pen: UUID | None
    changes: Mapping[str, Value]
    after: str
    """Where its writer goes on to."""


def read(fields: Sequence[tuple[str, str]], form: Form | None) -> Sent:
    """Raises NotOfThisForm."""
    given: dict[str, list[str]] = {}
    for name, value in fields:
        given.setdefault(name, []).append(value)
    shown = list(dict.fromkeys(given.get(SHOWN, [])))
    return Sent(
        base=_version(_last(given, "base")),
        pen=_pen(_last(given, "pen")),
        changes={name: _value(name, given.get(name, []), form) for name in shown},
        after=_last(given, "next"),
    )


def _value(name: str, values: list[str], form: Form | None) -> Value:
    if name == "challenge_ids":
        return [str(_id(each)) for each in dict.fromkeys(values) if each]
    kind = _kind(name, form)
    if kind in {Kind.CHOICES, Kind.FILE}:
        return ",".join(each for each in dict.fromkeys(values) if each) or None
    adapter = _LINE if name == "title" else _TEXT
    try:
        said: str = adapter.validate_python(values[-1] if values else "")
    except ValidationError:
        detail = "is longer than a draft can keep"
        raise NotOfThisForm(errors=[FieldError(pointer=f"#/{name}", detail=detail, code="too_long")]) from None
    return said or None


def _kind(name: str, form: Form | None) -> Kind:
    if name == "title":
        return Kind.TEXT
    if name == "summary":
        return Kind.LONG_TEXT
    if not name.startswith(ANSWERS):
        raise NotOfThisForm
    field = form.field(name.removeprefix(ANSWERS)) if form else None
    # What the form no longer has is kept as it is: a draft loses nothing.
    return field.kind if field else Kind.LONG_TEXT


def _last(given: Mapping[str, list[str]], name: str) -> str:
    return given.get(name, [""])[-1]


def _version(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < _LARGEST_VERSION):
        raise NotOfThisForm
    return int(text)


def _pen(text: str) -> UUID | None:
    return _id(text) if text else None


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotOfThisForm from None
