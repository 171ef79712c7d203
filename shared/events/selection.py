"""What selection tells: juries, conflicts, reviews, rankings, published results, matches."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events.envelope import Event
from shared.events.operations import SharedEvent

TOPIC = "selection.events.v1"
SOURCE = "/services/selection"


class JuryAppointed(Event):
    """A challenge has its jurors, and the rule of how many of them read each file."""

    TYPE: ClassVar[str] = "io.datacity.jury.appointed.v1"
    SUBJECT: ClassVar[str] = "jury_id"

    jury_id: UUID
    challenge_id: UUID
    edition_id: UUID
    juror_ids: list[UUID]
    reviews_per_file: int
    files_per_juror: int


ConflictKind = Literal["employer", "shareholder", "mentor", "family", "competitor", "other"]


class ConflictDeclared(Event):
    """A juror is bound to an application's people: that juror may not read the file, by any route."""

    TYPE: ClassVar[str] = "io.datacity.conflict.declared.v1"
    SUBJECT: ClassVar[str] = "conflict_id"
    KEY: ClassVar[str] = "application_id"

    conflict_id: UUID
    juror_id: UUID
    application_id: UUID
    kind: ConflictKind


class ReviewAssigned(Event):
    """A juror is to review a file for a challenge."""

    TYPE: ClassVar[str] = "io.datacity.review.assigned.v1"
    SUBJECT: ClassVar[str] = "review_id"
    KEY: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    challenge_id: UUID
    juror_id: UUID


class ReviewRecused(Event):
    """The juror steps back from this file; a recusal never lowers a score."""

    TYPE: ClassVar[str] = "io.datacity.review.recused.v1"
    SUBJECT: ClassVar[str] = "review_id"
    KEY: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    challenge_id: UUID
    juror_id: UUID


class ReviewSubmitted(Event):
    """A juror scored a file by criterion, pinned to the revision read; the comments stay with selection."""

    TYPE: ClassVar[str] = "io.datacity.review.submitted.v1"
    SUBJECT: ClassVar[str] = "review_id"
    KEY: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    challenge_id: UUID
    juror_id: UUID
    revision: int
    scores: dict[str, int]


class ReviewCancelled(Event):
    """The review is no longer asked for, as its application was withdrawn or its jury re-assigned."""

    TYPE: ClassVar[str] = "io.datacity.review.cancelled.v1"
    SUBJECT: ClassVar[str] = "review_id"
    KEY: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    challenge_id: UUID
    juror_id: UUID


class RankedFile(BaseModel):
    """A line of a ranking. `score` is on the scale from 0 to 100; files with equal scores share a rank."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    application_id: UUID
    rank: int
    score: float
    reviews: int


class RankingFrozen(Event):
    """A challenge's ranking, with the digest of its inputs and its method: a later change can't move it.

    With `severity-corrected/1` there is a cut after so many `places`, and a seed of its draws.
    """

    TYPE: ClassVar[str] = "io.datacity.ranking.frozen.v1"
    SUBJECT: ClassVar[str] = "ranking_id"

    ranking_id: UUID
    challenge_id: UUID
    edition_id: UUID
    method: str
    inputs_digest: str
    files: list[RankedFile]
    result_digest: str | None = None
    places: int | None = None
    seed: int | None = None
    libraries: dict[str, str] | None = None


class ApplicationSelected(Event):
    """The startup is selected, and matched to this one challenge and its partner."""

    TYPE: ClassVar[str] = "io.datacity.application.selected.v1"
    SUBJECT: ClassVar[str] = "decision_id"
    KEY: ClassVar[str] = "application_id"

    decision_id: UUID
    application_id: UUID
    edition_id: UUID
    challenge_id: UUID
    partner: str
    lead_id: UUID
    member_ids: list[UUID]


class ApplicationReserved(Event):
    """The application is on the reserve list."""

    TYPE: ClassVar[str] = "io.datacity.application.reserved.v1"
    SUBJECT: ClassVar[str] = "decision_id"
    KEY: ClassVar[str] = "application_id"

    decision_id: UUID
    application_id: UUID
    edition_id: UUID
    lead_id: UUID


class ApplicationNotSelected(Event):
    """The application is not selected; its applicant receives reasons from selection."""

    TYPE: ClassVar[str] = "io.datacity.application.not-selected.v1"
    SUBJECT: ClassVar[str] = "decision_id"
    KEY: ClassVar[str] = "application_id"

    decision_id: UUID
    application_id: UUID
    edition_id: UUID
    lead_id: UUID


class Match(BaseModel):
    """One startup, one challenge, one partner."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    application_id: UUID
    challenge_id: UUID
    partner: str


class ResultsPublished(Event):
    """All decisions of an edition were published by one act."""

    TYPE: ClassVar[str] = "io.datacity.results.published.v1"
    SUBJECT: ClassVar[str] = "results_id"

    results_id: UUID
    edition_id: UUID
    matches: list[Match]
    selected: int
    reserved: int
    not_selected: int
    published_at: datetime


AnyEvent = (
    JuryAppointed
    | ConflictDeclared
    | ReviewAssigned
    | ReviewRecused
    | ReviewSubmitted
    | ReviewCancelled
    | RankingFrozen
    | ApplicationSelected
    | ApplicationReserved
    | ApplicationNotSelected
    | ResultsPublished
    | SharedEvent
)
