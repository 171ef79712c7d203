"""What happened in the discussion of a file; the words stay with selection."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.envelope import Event

StanceName = Literal["agree", "disagree", "unclear"]


class DiscussionMessagePosted(Event):
    """Somebody who reviewed a file, or staff, said something to the others."""

    TYPE: ClassVar[str] = "io.datacity.discussion.message-posted.v1"
    SUBJECT: ClassVar[str] = "message_id"
    KEY: ClassVar[str] = "application_id"

    message_id: UUID
    application_id: UUID
    jury_id: UUID
    challenge_id: UUID
    author_id: UUID
    by_staff: bool


class OpinionGiven(Event):
    """A reviewer of a file said whether it agrees with another's review of it."""

    TYPE: ClassVar[str] = "io.datacity.opinion.given.v1"
    SUBJECT: ClassVar[str] = "opinion_id"
    KEY: ClassVar[str] = "application_id"

    opinion_id: UUID
    review_id: UUID
    application_id: UUID
    challenge_id: UUID
    author_id: UUID
    stance: StanceName


class ReviewRevisited(Event):
    """A juror gave other scores after the discussion; those before are kept."""

    TYPE: ClassVar[str] = "io.datacity.review.revisited.v1"
    SUBJECT: ClassVar[str] = "review_id"
    KEY: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    challenge_id: UUID
    juror_id: UUID
    revision: int
    scores: dict[str, int]
    abstained: list[str]
    scores_before: dict[str, int]
    abstained_before: list[str]
