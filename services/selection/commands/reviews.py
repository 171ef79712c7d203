"""What a juror can ask of a review."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class ReviewDraft:
    """What a juror wrote; a field that is not in `given` stays as it was."""

    scores: Mapping[str, int | None] = field(default_factory=dict)
    abstained: Mapping[str, bool] = field(default_factory=dict)
    remarks: Mapping[str, str | None] = field(default_factory=dict)
    comment: str | None = None
    note: str | None = None
    revision: int | None = None
    """Which the juror read while writing."""
    given: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class SaveReview:
    review_id: UUID
    juror_id: UUID
    version: int
    draft: ReviewDraft


@dataclass(frozen=True, kw_only=True)
class SubmitReview:
    review_id: UUID
    juror_id: UUID
    revision: int
    draft: ReviewDraft = field(default_factory=ReviewDraft)


@dataclass(frozen=True, kw_only=True)
class RecuseFromReview:
    review_id: UUID
    juror_id: UUID
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class AbstainFromReview:
    review_id: UUID
    juror_id: UUID
    reason: str | None = None
