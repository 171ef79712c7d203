"""A challenge's own order of the best files, besides its ranking."""

from typing import ClassVar
from uuid import UUID

from shared.events.envelope import Event


class ShortlistOpened(Event):
    """The challenge's partner may see the files that reach a score, and order them; which files is not told here."""

    TYPE: ClassVar[str] = "io.datacity.shortlist.opened.v1"
    SUBJECT: ClassVar[str] = "shortlist_id"

    shortlist_id: UUID
    challenge_id: UUID
    edition_id: UUID
    ranking_id: UUID
    lowest_score: float
    files: int


class ShortlistOrdered(Event):
    """The files of a shortlist were put into an order, by the partner or for it; into which is not told here."""

    TYPE: ClassVar[str] = "io.datacity.shortlist.ordered.v1"
    SUBJECT: ClassVar[str] = "shortlist_id"

    shortlist_id: UUID
    challenge_id: UUID
    edition_id: UUID
    ranking_id: UUID
