"""Forms of the deliberation desk: people, words of the programme, and fields that repeat."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import FieldError, Invalid
from shared.http import made_safe
from shared.http.faults import validation_refusal
from shared.web import fields_of

MOST_FIELDS = 1500
"""Seats of a large jury, and a rubric of twenty criteria in three languages."""
_COMPETENCE = re.compile(r"[a-z][a-z0-9-]{0,39}")
MOST_COMPETENCES = 20


class NotCompetences(Invalid):
    slug = "not-competences"
    message = "Give these in the programme's words, separated by commas: water, sensors."


class Form(BaseModel):
    """Read from fields as they come; what is empty is not there."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)


Fields = Mapping[str, Sequence[str]]
Kind = TypeVar("Kind", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What a refused form said, for that form of the page, and no other, to say again."""

    form: str = ""
    fields: Fields = field(default_factory=dict)

    def __call__(self, form: str, name: str, otherwise: object = "") -> object:
        return (one_of(self.fields, name) or "") if form == self.form else otherwise

    def holds(self, form: str, name: str, value: object, *, otherwise: bool = False) -> bool:
        """Whether that was ticked or picked."""
        return str(value) in self.fields.get(name, ()) if form == self.form else otherwise


NOTHING = Typed()


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


def competences_in(fields: Fields, name: str) -> tuple[str, ...]:
    """Words of the programme, separated by commas. Raises NotCompetences."""
    given = re.split(r"[,;،\n]+", one_of(fields, name) or "")
    words = [word.strip().lower() for word in given if word.strip()]
    if len(words) > MOST_COMPETENCES or not all(_COMPETENCE.fullmatch(word) for word in words):
        errors = [FieldError(pointer=f"#/{name}", detail="small letters, digits and hyphens")]
        raise NotCompetences(errors=errors)
    return tuple(words)
