"""A review from its assignment to its submission, or to a step back."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.envelope import Event


class ReviewAssigned(Event):
    """A juror is to review a file for a challenge; with `blind` without learning whose it is."""

    TYPE: ClassVar[str] = "io.datacity.review.assigned.v1"
    SUBJECT: ClassVar[str] = "review_id"
    KEY: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    challenge_id: UUID
    juror_id: UUID
    blind: bool = False


class ReviewRecused(Event):
    """The juror steps back from this file; a recusal never lowers a score.

    With `abstained` because it can't judge what it read, and not for whom it is from.
    """

    TYPE: ClassVar[str] = "io.datacity.review.recused.v1"
    SUBJECT: ClassVar[str] = "review_id"
    KEY: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    challenge_id: UUID
    juror_id: UUID
    abstained: bool = False


class ReviewSubmitted(Event):
    """A juror scored a file by criterion, pinned to the revision read; the comments stay with selection.

    Of the criteria in `abstained` the juror gave no score, which is no zero.
    """

    TYPE: ClassVar[str] = "io.datacity.review.submitted.v1"
    SUBJECT: ClassVar[str] = "review_id"
    KEY: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    challenge_id: UUID
    juror_id: UUID
    revision: int
    scores: dict[str, int]
    abstained: list[str] = Field(default_factory=list)


class ReviewCancelled(Event):
    """The review is no longer asked for, as its application was withdrawn or its jury re-assigned."""

    TYPE: ClassVar[str] = "io.datacity.review.cancelled.v1"
    SUBJECT: ClassVar[str] = "review_id"
    KEY: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    challenge_id: UUID
    juror_id: UUID
