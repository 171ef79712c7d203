"""Who speaks in the discussion of a file, under which letter, and what may be said of another's review."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from string import ascii_uppercase
from uuid import UUID

from shared.errors import FieldError, Invalid, NotFound

STAFF = "staff"
"""How the programme team is called there; it is not blind to the jury, and the jury not to it."""


class Stance(StrEnum):
    AGREE = "agree"
    DISAGREE = "disagree"
    UNCLEAR = "unclear"
    """The review leaves open what it means."""


class NoSuchDiscussion(NotFound):
    message = (
        "There is no discussion of this file in this jury, or none that you may see. "
        "It is open to those who submitted a review of the file: list yours with GET /reviews."
    )


class NoSuchVoice(Invalid):
    slug = "no-such-voice"

    def __init__(self) -> None:
        super().__init__(
            "Nobody else whose review is submitted has this letter here. Read the other reviews to see their letters.",
            errors=[FieldError(pointer="#/about", detail="no other reviewer of this file", code="unknown_voice")],
        )


def voices(reviews: Iterable[tuple[UUID, datetime, UUID]]) -> dict[UUID, str]:
    """Each reviewer's letter, from (review, when it was assigned, juror) of one file and one jury.

    Reviews assigned together come in an order that says nothing of who wrote them, and one assigned later comes after:
    so a letter stays a person's for this file, and tells nothing in another.
    """
    ordered = sorted(reviews, key=lambda one: (one[1], hashlib.sha256(one[0].bytes).digest()))
    found: dict[UUID, str] = {}
    for _, _, juror in ordered:
        found.setdefault(juror, letter(len(found)))
    return found


def letter(place: int) -> str:
    """A, B, …, Z, AA, AB, …"""
    before, last = divmod(place, len(ascii_uppercase))
    return (letter(before - 1) if before else "") + ascii_uppercase[last]


def spoken_of(voice: str, known: Mapping[UUID, str], submitted: Collection[UUID], *, by: UUID) -> UUID:
    """The reviewer with this letter. Raises NoSuchVoice, also for one's own."""
    for juror, letters in known.items():
        if letters == voice and juror in submitted and juror != by:
            return juror
    raise NoSuchVoice
