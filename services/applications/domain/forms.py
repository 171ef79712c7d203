"""What a call asks: its form as data, and how that is read and written."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.applications.domain.attachments import Sort
from shared import clock
from shared.clock import Deadline
from shared.errors import NotFound

Words = Mapping[str, str]


class Kind(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long-text"
    NUMBER = "number"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes-no"
    DATE = "date"
    LINK = "link"
    FILE = "file"


YES_OR_NO = ("yes", "no")


class Unit(StrEnum):
    WORDS = "words"
    CHARACTERS = "characters"


class NoForm(NotFound):
    slug = "no-form"
    message = "This call has no form: its applications answer freely."


@dataclass(frozen=True, kw_only=True)
class Limit:
    unit: Unit
    most: int
    least: int = 0


@dataclass(frozen=True, kw_only=True)
class Option:
    id: str
    label: Words


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Ask only if an earlier field was answered with one of these."""

    field: str
    among: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Field:
    id: str
    kind: Kind
    label: Words
    help: Words | None = None
    required: bool = False
    required_from: Deadline | None = None
    frozen_after: Deadline | None = None
    limit: Limit | None = None
    options: tuple[Option, ...] = ()
    only_if: Condition | None = None
    national_id: bool = False
    authorisation: str | None = None
    accepts: tuple[Sort, ...] = ()
    """What a file may be; for other kinds nothing."""

    @property
    def values(self) -> tuple[str, ...]:
        """What may be chosen, if it is chosen at all."""
        return YES_OR_NO if self.kind is Kind.YES_NO else tuple(option.id for option in self.options)

    def is_required(self, at: datetime) -> bool:
        return self.required and (self.required_from is None or at >= self.required_from.instant)

    def is_frozen(self, at: datetime) -> bool:
        return self.frozen_after is not None and self.frozen_after.has_passed(at)


@dataclass(frozen=True, kw_only=True)
class Section:
    id: str
    title: Words
    help: Words | None = None
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Form:
    sections: tuple[Section, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(field for section in self.sections for field in section.fields)

    def field(self, id_: str) -> Field | None:
        return next((field for field in self.fields if field.id == id_), None)


def read(definition: Mapping[str, Any]) -> Form:
    """A definition as it was sent or kept. Wall times that were sent are resolved. Raises UnknownTimeZone."""
    return Form(sections=tuple(_section(each) for each in definition["sections"]))


def written(form: Form) -> dict[str, Any]:
    """The form as it is kept; `read` gives it back."""
    return {"sections": [_plain_section(section) for section in form.sections]}


def with_times(form: Form, of: Callable[[Deadline], Deadline]) -> Form:
    """The same form with other times of its fields."""

    def timed(field: Field) -> Field:
        return replace(
            field,
            required_from=of(field.required_from) if field.required_from else None,
            frozen_after=of(field.frozen_after) if field.frozen_after else None,
        )

    return Form(
        sections=tuple(replace(each, fields=tuple(timed(field) for field in each.fields)) for each in form.sections)
    )


def words_of(form: Form) -> list[dict[str, Any]]:
    """What whoever reads the answers needs of the form: section by section what was asked, and what could be chosen."""
    return [
        {
            "id": section.id,
            "title": dict(section.title),
            "questions": [_question(field) for field in section.fields],
        }
        for section in form.sections
    ]


def digest(definition: Mapping[str, Any]) -> str:
    """SHA-256 over the definition as JSON with sorted keys and without white space."""
    canonical = json.dumps(definition, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _question(field: Field) -> dict[str, Any]:
    only_if = field.only_if
    return {
        "id": field.id,
        "kind": field.kind.value,
        "label": dict(field.label),
        "options": [_plain_option(option) for option in field.options],
        "asked_if": only_if and {"field_id": only_if.field, "among": list(only_if.among)},
    }


def _plain_option(option: Option) -> dict[str, Any]:
    return {"id": option.id, "label": dict(option.label)}


def _plain_section(section: Section) -> dict[str, Any]:
    return {
        "id": section.id,
        "title": dict(section.title),
        "help": section.help and dict(section.help),
        "fields": [_plain_field(field) for field in section.fields],
    }


def _plain_field(field: Field) -> dict[str, Any]:
    limit, only_if = field.limit, field.only_if
    return {
        "id": field.id,
        "kind": field.kind.value,
        "label": dict(field.label),
        "help": field.help and dict(field.help),
        "required": field.required,
        "required_from": _plain_moment(field.required_from),
        "frozen_after": _plain_moment(field.frozen_after),
        "limit": limit and {"unit": limit.unit.value, "most": limit.most, "least": limit.least},
        "options": [_plain_option(option) for option in field.options],
        "only_if": only_if and {"field": only_if.field, "is": list(only_if.among)},
        "national_id": field.national_id,
        "authorisation": field.authorisation,
        **({"accepts": [sort.value for sort in field.accepts]} if field.kind is Kind.FILE else {}),
    }


def _plain_moment(moment: Deadline | None) -> dict[str, str] | None:
    if moment is None:
        return None
    return {
        "local": moment.local.isoformat(),
        "zone": moment.zone,
        "instant": moment.instant.isoformat(),
        "tzdata_version": moment.tzdata_version,
    }


def _section(given: Mapping[str, Any]) -> Section:
    return Section(
        id=given["id"],
        title=given["title"],
        help=given.get("help"),
        fields=tuple(_field(each) for each in given["fields"]),
    )


def _field(given: Mapping[str, Any]) -> Field:
    limit, only_if = given.get("limit"), given.get("only_if")
    return Field(
        id=given["id"],
        kind=Kind(given["kind"]),
        label=given["label"],
        help=given.get("help"),
        required=given.get("required", False),
        required_from=_moment(given.get("required_from")),
        frozen_after=_moment(given.get("frozen_after")),
        limit=limit and Limit(unit=Unit(limit["unit"]), most=limit["most"], least=limit.get("least") or 0),
        options=tuple(Option(id=each["id"], label=each["label"]) for each in given.get("options") or ()),
        only_if=only_if and Condition(field=only_if["field"], among=tuple(only_if["is"])),
        national_id=given.get("national_id", False),
        authorisation=given.get("authorisation"),
        accepts=_sorts(given.get("accepts") or (), Kind(given["kind"])),
    )


def _sorts(given: Iterable[str], kind: Kind) -> tuple[Sort, ...]:
    """A file is a PDF unless something else is said."""
    named = tuple(Sort(each) for each in given)
    return (Sort.PDF,) if kind is Kind.FILE and not named else named


def _moment(given: Mapping[str, Any] | None) -> Deadline | None:
    if given is None:
        return None
    local, zone = datetime.fromisoformat(str(given["local"])), given["zone"]
    if "instant" not in given:
        return clock.resolve_deadline(local, zone)
    return Deadline(
        local=local,
        zone=zone,
        instant=datetime.fromisoformat(given["instant"]),
        tzdata_version=given["tzdata_version"],
    )
