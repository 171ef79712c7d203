"""How what one member saves joins what another saved meanwhile, such that no word is lost."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.applications.domain.applications import Content
from services.applications.domain.completeness import Completeness
from shared.errors import NotFound

ANSWERS = "answers/"
"""What the name of a field begins with if it is an answer: `answers/problem`; the others are `title` and the like."""

_SPACE = re.compile(r"\s")

Value = str | list[str] | None
"""What a field of a draft says: text, ids in order, or nothing."""

Merge = Callable[[str, str, str], str | None]
"""Base, mine, theirs → both changes together; None if they meet."""


class Outcome(StrEnum):
    """What became of a field that somebody saved."""

    SAVED = "saved"
    MERGED = "merged"
    KEPT_ASIDE = "kept-aside"


class NoSuchVersion(NotFound):
    message = (
        "This application has no such version, or it was joined to a later one of the same sitting. "
        "List them with GET /applications/{id}/versions."
    )


@dataclass(frozen=True, kw_only=True)
class Met:
    """What became of a field since the version that its writer began with."""

    by: UUID
    at: datetime
    number: int


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What a draft says of one field once two members' wishes have met."""

    field: str
    outcome: Outcome
    value: Value
    """What the draft says from now on."""
    yours: Value
    """What was sent."""
    other: Met | None = None
    """Who changed the field meanwhile, if somebody did."""
    is_apart: bool = False
    """The draft does not say what was sent, so that is kept beside it."""


@dataclass(frozen=True, kw_only=True)
class Saving:
    """What one save made of the draft."""

    number: int
    """The version of the draft from now on."""
    base: int
    """What to begin the next save with: the old version, as long as a text that was kept aside waits for a person."""
    saved_at: datetime
    settled: Sequence[Settled]
    completeness: Completeness
    others: Mapping[str, tuple[Value, Met]] = field(default_factory=dict)
    """Fields that were not sent and that others changed since the version that the writer began with."""


def settle(name: str, *, base: Value, mine: Value, theirs: Value, merge: Merge, other: Met | None = None) -> Settled:
    """Join two wishes for one field: what one side changed is taken, prose is merged, and what meets is kept twice.

    What has no space in it is no prose: of two numbers or dates, half of each is neither.
    """

    def settled(outcome: Outcome, value: Value, *, is_apart: bool = False) -> Settled:
        return Settled(field=name, outcome=outcome, value=value, yours=mine, other=other, is_apart=is_apart)

    if mine in (base, theirs):
        return settled(Outcome.SAVED if mine == theirs else Outcome.MERGED, theirs)
    if theirs == base:
        return settled(Outcome.SAVED, mine)
    both = _together(base, mine, theirs, merge)
    if both is None:
        return settled(Outcome.KEPT_ASIDE, theirs, is_apart=True)
    return settled(Outcome.MERGED, both.strip() or None, is_apart=True)


def _together(base: Value, mine: Value, theirs: Value, merge: Merge) -> str | None:
    texts = [value or "" for value in (base, mine, theirs)]
    prose = [text for text in texts if isinstance(text, str)]
    if len(prose) < len(texts) or not any(_SPACE.search(text) for text in prose):
        return None
    return merge(*prose)


def fields_of(content: Content) -> dict[str, Value]:
    """What an application says, field by field; what says nothing is left out."""
    whole: dict[str, Value] = {
        "title": content.title,
        "summary": content.summary,
        "challenge_ids": [str(id_) for id_ in content.challenge_ids],
    }
    whole |= {f"{ANSWERS}{name}": text for name, text in content.answers.items()}
    return {name: value for name, value in whole.items() if value}
