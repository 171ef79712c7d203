"""What a file answers and what changed in it, under the questions that were asked, in the reader's language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from services.selection.domain.questions import Question, Section, as_day, as_number, asked
from services.selection.pages.naming import titled
from services.selection.views.changes import ANSWERS, ChangedField, Changes
from services.selection.views.seen import SeenFile
from shared.web import Page

AS_TYPED = frozenset({"text", "long-text"})
"""Kinds whose answers are shown as their team wrote them; so is what goes under a name that no question has."""

Attachments = Sequence[Mapping[str, Any]]
Change = Literal["same", "removed", "added"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`words` as typed, else `said` as the kind has it; neither if it was asked and not answered."""

    label: Markup
    words: str = ""
    said: Markup | None = None


@dataclass(frozen=True, kw_only=True)
class Part:
    """A section of the form; None is for answers that no section has."""

    title: Markup | None
    answers: Sequence[Answer]


@dataclass(frozen=True, kw_only=True)
class Changed:
    """One answer in two revisions, piece by piece."""

    label: Markup | None
    pieces: Sequence[tuple[Change, Markup]]
    typed: bool = True
    """Pieces of one text; else each is a whole of its own."""


@dataclass(frozen=True, kw_only=True)
class ChangedPart:
    title: Markup | None
    answers: Sequence[Changed]


def parts_of(page: Page, file: SeenFile, sections: Sequence[Section], *, attachments_at: str | None) -> list[Part]:
    """The whole form with its answers; what was asked of nobody who answers so is left out."""
    shown = asked(sections, file.answers)

    def answered(question: Question) -> Answer:
        answer, label = file.answers.get(question.id, ""), _name(titled(page, question.label))
        if question.kind in AS_TYPED:
            return Answer(label=label, words=answer)
        return Answer(label=label, said=_said(page, question, answer, file.attachments, attachments_at))

    parts = [
        Part(
            title=_name(titled(page, section.title)),
            answers=[answered(each) for each in section.questions if each.id in shown or file.answers.get(each.id)],
        )
        for section in sections
    ]
    known = {question.id for section in sections for question in section.questions}
    others = [Answer(label=_by_id(id_), words=words) for id_, words in file.answers.items() if id_ not in known]
    return [part for part in (*parts, Part(title=None, answers=others)) if part.answers]


def changed_parts(page: Page, changes: Changes) -> list[ChangedPart]:
    """What is not the same, under the headings of the form."""
    by_name = {each.field: each for each in changes.fields}
    core = {"title": page.speech.t("changes.of_title"), "summary": page.speech.t("file.summary")}
    found = [
        ChangedPart(title=title, answers=[Changed(label=None, pieces=_pieces(by_name.pop(name)))])
        for name, title in core.items()
        if name in by_name
    ]
    for section in changes.sections:
        changed = [
            _changed(page, each, by_name.pop(name), changes)
            for each in section.questions
            if (name := f"{ANSWERS}{each.id}") in by_name
        ]
        found.append(ChangedPart(title=_name(titled(page, section.title)), answers=changed))
    others = [Changed(label=_by_id(name.removeprefix(ANSWERS)), pieces=_pieces(each)) for name, each in by_name.items()]
    return [part for part in (*found, ChangedPart(title=None, answers=others)) if part.answers]


def _changed(page: Page, question: Question, field: ChangedField, changes: Changes) -> Changed:
    """Texts word by word; options, days and numbers as a whole, since their parts mean nothing."""
    label = _name(titled(page, question.label))
    if question.kind in AS_TYPED:
        return Changed(label=label, pieces=_pieces(field))
    before, after = question.chosen(field.before), question.chosen(field.after)
    kept: list[tuple[Change, Sequence[str]]] = [
        ("same", [each for each in before if each in after]),
        ("removed", [each for each in before if each not in after]),
        ("added", [each for each in after if each not in before]),
    ]
    one = _one(page, question, changes.attachments, None)
    return Changed(label=label, pieces=[(change, one(each)) for change, ids in kept for each in ids], typed=False)


def _pieces(field: ChangedField) -> list[tuple[Change, Markup]]:
    return [(piece.kind, Markup.escape(piece.text)) for piece in field.pieces]


def _said(page: Page, question: Question, answer: str, attachments: Attachments, at: str | None) -> Markup:
    one = _one(page, question, attachments, at)
    return Markup(" · ").join(one(each) for each in question.chosen(answer))


def _one(page: Page, question: Question, attachments: Attachments, at: str | None) -> Callable[[str], Markup]:
    """How the question's kind says what an answer names; what it does not know is shown as it was given."""

    def option(id_: str) -> Markup:
        return _name(next((titled(page, each.label) for each in question.options if each.id == id_), id_))

    def yes_no(id_: str) -> Markup:
        return page.speech.t(f"answer.{id_}") if id_ in {"yes", "no"} else _name(id_)

    def number(typed: str) -> Markup:
        found = as_number(typed)
        return _name(typed if found is None else page.speech.number(found))

    def day(typed: str) -> Markup:
        found = as_day(typed)
        return _name(page.speech.day(found) if found else typed)

    def attachment(id_: str) -> Markup:
        name = next((str(each["name"]) for each in attachments if str(each["attachment_id"]) == id_), None)
        if name is None or at is None:
            return _name(name or id_)
        return Markup('<a href="{}/{}" download>{}</a>').format(at, id_, _name(name))

    kinds = {
        "choice": option,
        "choices": option,
        "yes-no": yes_no,
        "number": number,
        "date": day,
        "file": attachment,
    }
    return kinds.get(question.kind, lambda typed: Markup('<bdi dir="ltr">{}</bdi>').format(typed))


def _name(text: str) -> Markup:
    return Markup("<bdi>{}</bdi>").format(text)


def _by_id(id_: str) -> Markup:
    """How a question is called whose words were never told."""
    return _name(id_.replace("_", " ").replace("-", " ").capitalize())
