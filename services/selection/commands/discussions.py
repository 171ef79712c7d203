"""What those who reviewed a file can do once they talk about it."""

from dataclasses import dataclass
from uuid import UUID

from services.selection.commands.reviews import ReviewDraft
from services.selection.domain.discussions import Stance


@dataclass(frozen=True, kw_only=True)
class PostMessage:
    jury_id: UUID
    application_id: UUID
    words: str


@dataclass(frozen=True, kw_only=True)
class GiveOpinion:
    """`about` is the letter of the reviewer whose review it is."""

    jury_id: UUID
    application_id: UUID
    about: str
    stance: Stance
    words: str | None = None


@dataclass(frozen=True, kw_only=True)
class RevisitReview:
    review_id: UUID
    juror_id: UUID
    revision: int
    draft: ReviewDraft
    reason: str
