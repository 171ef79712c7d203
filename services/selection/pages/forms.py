"""Forms of the deliberation desk: lists of people, criteria with their weights, and fields that repeat."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import FieldError, Invalid
from shared.http import made_safe
from shared.http.faults import validation_refusal
from shared.web import fields_of

MOST_FIELDS = 500
_CRITERION = re.compile(r"([a-z][a-z0-9_]{0,39})\s*[:=]\s*([1-9][0-9]?|100)\s*%?")


class NotPersonIds(Invalid):
    slug = "not-person-ids"
    message = "Give the jurors by their person ids (UUIDs), one a line."


class NotCriteria(Invalid):
    slug = "not-criteria"
    message = "Give one criterion a line, with its weight: `team: 20`."


class Form(BaseModel):
    """Read from fields as they come; what is empty is not there."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)


Fields = Mapping[str, Sequence[str]]
Kind = TypeVar("Kind", bound=BaseModel)


async def all_fields(request: Request) -> Fields:
    """Each field with all its values."""
    found = defaultdict[str, list[str]](list)
    for name, value in await fields_of(request, most=MOST_FIELDS):
        found[name].append(made_safe(value, multiline=True).strip())
    return found


def one_of(fields: Fields, name: str) -> str | None:
    return next((value for value in fields.get(name, ()) if value), None)


def read(fields: Fields, kind: type[Kind]) -> Kind:
    """The form's single values. Raises Invalid."""
    given = {name: one_of(fields, name) for name in fields}
    try:
        return kind.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise validation_refusal(error.errors(include_url=False, include_input=False)) from None


def people_in(fields: Fields, *names: str) -> tuple[UUID, ...]:
    """The persons of these fields, each once: ticked one by one, or written one a line."""
    words = [word for name in names for value in fields.get(name, ()) for word in re.split(r"[\s,;]+", value) if word]
    try:
        return tuple(sorted({UUID(word) for word in words}))
    except ValueError:
        errors = [FieldError(pointer="#/jurors", detail="not a UUID", code="uuid")]
        raise NotPersonIds(errors=errors) from None


def criteria_in(text: str) -> dict[str, int]:
    """`team: 20` a line."""
    weights: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        found = _CRITERION.fullmatch(line.strip())
        if found is None:
            raise NotCriteria(errors=[FieldError(pointer=f"#/criteria/{number}", detail="not a criterion: weight")])
        weights[found[1]] = int(found[2])
    return weights
