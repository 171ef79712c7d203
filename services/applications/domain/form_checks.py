"""Why a definition of a form is refused: each applicant must be able to answer it, and we to ask it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from services.applications.domain.applications import MOST_ANSWERS
from services.applications.domain.forms import Field, Form, Kind, Words, words_of
from shared.errors import FieldError, Invalid

LANGUAGES = ("fr", "ar", "en")
MOST_SECTIONS = 20
MOST_FIELDS = MOST_ANSWERS
MOST_OPTIONS = 50
LONGEST_WORDS = 600_000
"""Bytes of all titles, questions and options as their event has them: they travel in one record."""

WITH_LIMIT = frozenset({Kind.TEXT, Kind.LONG_TEXT})
WITH_OPTIONS = frozenset({Kind.CHOICE, Kind.CHOICES})
DECIDING = WITH_OPTIONS | {Kind.YES_NO}
"""Whose answer may decide whether another field is asked."""

NATIONAL_ID = re.compile(
    r"\b(c\.?i\.?n|cnie|carte (d.identité )?nationale|national id(entity)?)\b|بطاقة (ال)?تعريف|البطاقة الوطنية",
    re.IGNORECASE,
)
"""How the number of a national identity card is asked for, in the programme's languages."""


class FormNotUsable(Invalid):
    slug = "form-not-usable"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("This form can't be asked. Correct what `errors` points at and send it again.", errors=errors)


def check(form: Form) -> None:
    """Raises FormNotUsable, which names all that is wrong at once."""
    if wrong := list(_wrong(form)):
        raise FormNotUsable(wrong)


def _wrong(form: Form) -> Iterator[FieldError]:
    if not form.fields:
        yield _error("#/sections", "asks nothing: give it a field", "too_short")
    if len(form.sections) > MOST_SECTIONS:
        yield _error("#/sections", f"has more than {MOST_SECTIONS} sections", "too_long")
    if len(form.fields) > MOST_FIELDS:
        yield _error("#/sections", f"has more than {MOST_FIELDS} fields altogether", "too_long")
    if len(json.dumps(words_of(form), ensure_ascii=False, separators=(",", ":")).encode()) > LONGEST_WORDS:
        detail = f"takes more than {LONGEST_WORDS:,} bytes in titles, questions and options: shorten them"
        yield _error("#/sections", detail, "too_long")
    sections: set[str] = set()
    earlier: dict[str, Field] = {}
    for n, section in enumerate(form.sections):
        at = f"#/sections/{n}"
        if section.id in sections:
            yield _error(f"{at}/id", "is the id of another section", "repeated")
        sections.add(section.id)
        yield from _wrong_words(f"{at}/title", section.title)
        if section.help is not None:
            yield from _wrong_words(f"{at}/help", section.help)
        for m, field in enumerate(section.fields):
            yield from _wrong_field(f"{at}/fields/{m}", field, earlier)
            earlier[field.id] = field


def _wrong_field(at: str, field: Field, earlier: Mapping[str, Field]) -> Iterator[FieldError]:
    if field.id in earlier:
        yield _error(f"{at}/id", "is the id of another field", "repeated")
    yield from _wrong_words(f"{at}/label", field.label)
    if field.help is not None:
        yield from _wrong_words(f"{at}/help", field.help)
    yield from _wrong_limit(at, field)
    yield from _wrong_options(at, field)
    yield from _wrong_sorts(at, field)
    yield from _wrong_times(at, field)
    yield from _wrong_condition(at, field, earlier)
    yield from _wrong_national_id(at, field)


def _wrong_words(at: str, words: Words) -> Iterator[FieldError]:
    for language in LANGUAGES:
        if not words.get(language):
            yield _error(f"{at}/{language}", "is needed: a form is asked in three languages", "missing")


def _wrong_limit(at: str, field: Field) -> Iterator[FieldError]:
    if field.limit is None:
        return
    if field.kind not in WITH_LIMIT:
        yield _error(f"{at}/limit", "is for text and long-text only", "not_for_kind")
    if field.limit.least > field.limit.most:
        yield _error(f"{at}/limit/least", "is more than `most`", "contradicts")


def _wrong_options(at: str, field: Field) -> Iterator[FieldError]:
    if field.kind not in WITH_OPTIONS:
        if field.options:
            yield _error(f"{at}/options", "are for choice and choices only", "not_for_kind")
        return
    if not 1 <= len(field.options) <= MOST_OPTIONS:
        yield _error(f"{at}/options", f"must be 1 to {MOST_OPTIONS}", "too_short" if not field.options else "too_long")
    for n, option in enumerate(field.options):
        if option.id in field.values[:n]:
            yield _error(f"{at}/options/{n}/id", "is the id of another option", "repeated")
        yield from _wrong_words(f"{at}/options/{n}/label", option.label)


def _wrong_sorts(at: str, field: Field) -> Iterator[FieldError]:
    if field.kind is not Kind.FILE and field.accepts:
        yield _error(f"{at}/accepts", "is for file only", "not_for_kind")
    if len(set(field.accepts)) < len(field.accepts):
        yield _error(f"{at}/accepts", "names one twice", "repeated")


def _wrong_times(at: str, field: Field) -> Iterator[FieldError]:
    if field.required_from is None:
        return
    if not field.required:
        yield _error(f"{at}/required_from", "is for a field that is `required`", "contradicts")
    if field.frozen_after is not None and field.frozen_after.instant < field.required_from.instant:
        yield _error(f"{at}/frozen_after", "is before the field becomes required, so some could never answer", "order")


def _wrong_condition(at: str, field: Field, earlier: Mapping[str, Field]) -> Iterator[FieldError]:
    if field.only_if is None:
        return
    decides = earlier.get(field.only_if.field)
    if decides is None:
        yield _error(f"{at}/only_if/field", "is not the id of an earlier field", "not_earlier")
    elif decides.kind not in DECIDING:
        yield _error(f"{at}/only_if/field", "must be a choice, choices or yes-no", "not_for_kind")
    elif not set(field.only_if.among) <= set(decides.values):
        yield _error(f"{at}/only_if/is", f"may name {', '.join(decides.values)}", "not_an_option")


def _wrong_national_id(at: str, field: Field) -> Iterator[FieldError]:
    """Law 09-08: the number of a national identity card may be asked for with an authorisation of the CNDP only."""
    named = [field.id.replace("_", " ").replace("-", " "), *field.label.values()]
    if not field.national_id and any(NATIONAL_ID.search(words) for words in named):
        yield _error(f"{at}/national_id", "asks for a national identity card: say so, or ask otherwise", "undeclared")
    if field.national_id and not field.authorisation:
        detail = "must be the number of the CNDP's authorisation: without one nobody may ask for this (law 09-08)"
        yield _error(f"{at}/authorisation", detail, "missing")


def _error(pointer: str, detail: str, code: str) -> FieldError:
    return FieldError(pointer=pointer, detail=detail, code=code)
