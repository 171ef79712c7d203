"""What a call's form asks, as whoever reads the answers needs it: in order, with the words for what could be chosen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from unicodedata import category, decimal

Words = Mapping[str, str]
"""By language."""

DECIMALS, DIGITS = 3, 15
"""So many of a number does a page write exactly."""

MANY = frozenset({"choices", "file"})
"""Kinds whose answer names several, with commas between."""


@dataclass(frozen=True, kw_only=True)
class AskedIf:
    """Asked only of who answered an earlier question with one of these."""

    field_id: str
    among: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Option:
    id: str
    label: Words


@dataclass(frozen=True, kw_only=True)
class Question:
    id: str
    kind: str
    label: Words
    options: Sequence[Option] = ()
    """What could be chosen, in order."""
    asked_if: AskedIf | None = None

    def chosen(self, answer: str) -> list[str]:
        """Which ids an answer names."""
        parts = answer.split(",") if self.kind in MANY else [answer]
        return [part.strip() for part in parts if part.strip()]


@dataclass(frozen=True, kw_only=True)
class Section:
    id: str
    title: Words
    questions: Sequence[Question]


def section_from(plain: Mapping[str, Any]) -> Section:
    """As it was heard."""
    return Section(id=plain["id"], title=plain["title"], questions=[_question(each) for each in plain["questions"]])


def asked(sections: Iterable[Section], answers: Mapping[str, str]) -> frozenset[str]:
    """The questions that were asked of who answered like this. What is not asked decides nothing."""
    shown: dict[str, Question] = {}
    for question in in_order(sections):
        if question.asked_if is None or _holds(question.asked_if, shown, answers):
            shown[question.id] = question
    return frozenset(shown)


def in_order(sections: Iterable[Section]) -> list[Question]:
    return [question for section in sections for question in section.questions]


def as_number(answer: str) -> Decimal | None:
    """Digits of any script, parted by spaces or not, with a point or a comma before decimals.

    None if it is none, or none that a language writes without loss: it is better read as it was typed.
    """
    plain = "".join(
        str(decimal(each)) if category(each) == "Nd" else each for each in answer if not each.isspace() and each != "٬"
    )
    try:
        number = Decimal(plain.replace("٫", ".").replace(",", "."))
    except InvalidOperation:
        return None
    exponent = number.as_tuple().exponent
    exact = isinstance(exponent, int) and exponent >= -DECIMALS and number.adjusted() < DIGITS
    return number if exact else None


def as_day(answer: str) -> date | None:
    """A day as forms take it, year-month-day; None if it is none."""
    try:
        return date.fromisoformat(answer.strip())
    except ValueError:
        return None


def _question(plain: Mapping[str, Any]) -> Question:
    asked_if = plain["asked_if"]
    return Question(
        id=plain["id"],
        kind=plain["kind"],
        label=plain["label"],
        options=[Option(id=option["id"], label=option["label"]) for option in plain["options"]],
        asked_if=asked_if and AskedIf(field_id=asked_if["field_id"], among=asked_if["among"]),
    )


def _holds(condition: AskedIf, shown: Mapping[str, Question], answers: Mapping[str, str]) -> bool:
    decides = shown.get(condition.field_id)
    return decides is not None and not set(condition.among).isdisjoint(decides.chosen(answers.get(decides.id, "")))
