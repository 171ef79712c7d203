"""A rubric in a form: a row a criterion, with its weight and, in three languages, what it asks and its scores mean."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, ValidationError

from services.selection.domain.criteria import HIGHEST, LOWEST, Criterion, criteria_of
from services.selection.domain.rubrics import Rubric
from services.selection.pages.forms import Fields, Form, one_of
from shared.errors import FieldError, Invalid
from shared.http import ShortText
from shared.http.faults import validation_refusal
from shared.web import LANGUAGES

MOST_CRITERIA = 20
EMPTY_ROWS = 2
ANCHORS = 5
"""Words beside that many scores; Paris has them beside these."""
USUAL_SCORES = (0, 3, 5, 7, 10)
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")

Words = Mapping[str, str]


class CriterionWithoutTitle(Invalid):
    slug = "criterion-without-title"
    message = "Each criterion has a title in at least one language, and a weight from 1 to 100."


class AnchorWithoutScore(Invalid):
    slug = "anchor-without-score"
    message = "Say for each meaning of which score it is, from 0 to 10, each score once."


@dataclass(frozen=True, kw_only=True)
class Row:
    """A criterion as it is written in the form, right or wrong."""

    key: str = ""
    weight: str = ""
    title: Words = field(default_factory=dict)
    asks: Words = field(default_factory=dict)
    anchors: Sequence[tuple[str, Words]] = tuple((str(score), {}) for score in USUAL_SCORES)

    @property
    def empty(self) -> bool:
        return not (self.weight or self.title or self.asks or any(words for _, words in self.anchors))


class WordsForm(Form):
    """A line in each language, none of them longer than one can read at a glance."""

    fr: ShortText | None = None
    ar: ShortText | None = None
    en: ShortText | None = None


class WeightForm(Form):
    weight: Annotated[int, Field(ge=1, le=100)]


def as_in_paris() -> list[Row]:
    """What the form proposes."""
    return [_row_of(criterion) for criterion in criteria_of(None)]


def rows_in(fields: Fields) -> list[Row]:
    """As they were written; those left empty are gone."""
    rows = [_written(fields, number) for number in range(MOST_CRITERIA)]
    return [row for row in rows if not row.empty]


def rubric_in(rows: Sequence[Row]) -> tuple[dict[str, int], dict[str, Rubric]]:
    """By criterion its weight and its words. Raises Invalid."""
    weights: dict[str, int] = {}
    rubrics: dict[str, Rubric] = {}
    for number, row in enumerate(rows):
        if not row.title or not row.weight:
            errors = [FieldError(pointer=f"#/criteria/{number}", detail="title and weight", code="missing")]
            raise CriterionWithoutTitle(errors=errors)
        key = _key(row, number, taken=weights)
        weights[key] = _read(WeightForm, {"weight": row.weight}).weight
        rubrics[key] = Rubric(title=_words(row.title), asks=_words(row.asks), anchors=_anchors(row, number))
    return weights, rubrics


def _row_of(criterion: Criterion) -> Row:
    anchors = [(str(score), words) for score, words in sorted(criterion.rubric.anchors.items())]
    return Row(
        key=criterion.key,
        weight=str(criterion.weight),
        title=criterion.rubric.title,
        asks=criterion.rubric.asks,
        anchors=anchors + [("", {})] * (ANCHORS - len(anchors)),
    )


def _written(fields: Fields, number: int) -> Row:
    start = f"criterion.{number}."

    def words(name: str) -> Words:
        found = {language: one_of(fields, f"{start}{name}.{language}") for language in LANGUAGES}
        # A line that was broken to be read is still one line.
        return {language: " ".join(said.split()) for language, said in found.items() if said}

    return Row(
        key=one_of(fields, f"{start}key") or "",
        weight=one_of(fields, f"{start}weight") or "",
        title=words("title"),
        asks=words("asks"),
        anchors=[
            (one_of(fields, f"{start}anchor.{place}.score") or "", words(f"anchor.{place}")) for place in range(ANCHORS)
        ],
    )


def _key(row: Row, number: int, *, taken: Mapping[str, int]) -> str:
    """The one it has, or one made of its title; what isn't in Latin letters is called by its place."""
    if KEY.fullmatch(row.key) and row.key not in taken:
        return row.key
    plain = unicodedata.normalize("NFKD", row.title.get("en") or row.title.get("fr") or "").casefold()
    made = re.sub(r"[^a-z0-9]+", "_", re.sub(r"[\u0300-\u036f'’]", "", plain)).strip("_")[:40].strip("_")
    return made if KEY.fullmatch(made) and made not in taken else f"criterion_{number + 1}"


def _anchors(row: Row, number: int) -> dict[int, Words]:
    anchors: dict[int, Words] = {}
    for score, words in row.anchors:
        if not words:
            continue
        known = score.isdecimal() and LOWEST <= int(score) <= HIGHEST and int(score) not in anchors
        if not known:
            errors = [FieldError(pointer=f"#/criteria/{number}/anchors", detail="not a score, or there twice")]
            raise AnchorWithoutScore(errors=errors)
        anchors[int(score)] = _words(words)
    return anchors


def _words(words: Words) -> Words:
    read: Words = _read(WordsForm, words).model_dump(exclude_none=True)
    return read


def _read(kind: Any, given: Mapping[str, str]) -> Any:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise validation_refusal(error.errors(include_url=False, include_input=False)) from None
