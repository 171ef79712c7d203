"""The reasons that an applicant gets: compiled from what jurors wrote for it, checked, and signed by a person."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.selection.domain.approvals import commitment_to
from services.selection.domain.leaks import Found
from services.selection.domain.ranking import canonical
from services.selection.domain.tongues import Language, language_of
from shared.errors import Conflict, NotFound


class NoSuchReasons(NotFound):
    message = "These decisions hold no reasons for such an application, or none that you may see. List them first."


class ReasonsUnsigned(Conflict):
    slug = "reasons-unsigned"

    def __init__(self, files: Collection[UUID], *, shown: Collection[UUID]) -> None:
        super().__init__(
            f"{len(files)} applicants who are not selected have no signed reasons yet. Somebody of the staff must read "
            "each, see that it tells nobody who wrote it, and sign it.",
            unsigned=len(files),
            files=sorted(str(file) for file in shown),
        )


class ReasonsEmpty(Conflict):
    slug = "reasons-empty"
    message = "No juror left words for this applicant. Write the reasons, then sign them."


class LeaksSuspected(Conflict):
    slug = "leaks-suspected"

    def __init__(self, hints: Iterable[str]) -> None:
        super().__init__(
            "Something in this text may tell who wrote it. Read what `hints` names, change the text, or sign it with "
            "`despite_hints` if it tells nobody.",
            hints=sorted(set(hints)),
        )


class AlreadySigned(Conflict):
    slug = "already-signed"
    message = "These reasons are signed as they are. Change them if they are not right; then they wait for a signature."


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A piece of what is told, in the language in which it was written; of one criterion, or of the whole file."""

    text: str
    language: Language
    criterion: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"text": self.text, "language": self.language, "criterion": self.criterion}


@dataclass(frozen=True, kw_only=True)
class Written:
    """What one review says for the applicant. Its id tells an order that follows neither time nor juror."""

    review_id: UUID
    comment: str | None
    remarks: Mapping[str, str]


def compile_reasons(reviews: Iterable[Written]) -> list[Passage]:
    """First what is said of the whole, then criterion by criterion; nothing tells which pieces are one juror's."""
    given = list(reviews)
    passages = [_passage(review.comment) for review in _shuffled(given) if review.comment]
    for criterion in sorted({key for review in given for key in review.remarks}):
        # In another order each time, so that the first of each criterion is not the same juror's.
        remarks = [review.remarks.get(criterion) for review in _shuffled(given, by=criterion)]
        passages += [_passage(remark, criterion=criterion) for remark in remarks if remark]
    return list(dict.fromkeys(passages))


def passages_of(stored: Iterable[Mapping[str, Any]]) -> list[Passage]:
    return [Passage(text=one["text"], language=one["language"], criterion=one["criterion"]) for one in stored]


def commitment(passages: Iterable[Passage], *, salt: str) -> str:
    """A digest that stays when the words and the salt are erased."""
    return commitment_to(canonical({"passages": [passage.as_json() for passage in passages]}), salt=salt)


def check_signable(passages: Sequence[Passage], found: Sequence[Found], *, despite_hints: bool) -> None:
    """Raise ReasonsEmpty or LeaksSuspected."""
    if not passages:
        raise ReasonsEmpty
    if found and not despite_hints:
        raise LeaksSuspected(one.hint for one in found)


def _shuffled(reviews: Iterable[Written], *, by: str = "") -> list[Written]:
    """In an order that always is the same, and that follows neither time nor juror."""
    return sorted(reviews, key=lambda review: hashlib.sha256(review.review_id.bytes + by.encode()).digest())


def _passage(text: str, *, criterion: str | None = None) -> Passage:
    return Passage(text=text.strip(), language=language_of(text), criterion=criterion)
