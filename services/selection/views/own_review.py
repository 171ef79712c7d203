"""One review as its juror has it before the eyes: its jury, and the file where it may be read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.reviews import ReviewState
from services.selection.models import Challenge, Jury, Review
from services.selection.permissions import PERMISSIONS, authorise_or_hide, person_id
from services.selection.repository import NoSuchReview
from services.selection.rounds import allows
from services.selection.views import reviews as views
from services.selection.views.reviews import ReviewFile
from shared.identity import Actor, Resource


@dataclass(frozen=True, kw_only=True)
class OwnReview:
    """A review, its jury and its challenge; the file is None once it may not be read, or left the running."""

    review: Review
    jury: Jury
    challenge: Challenge
    file: ReviewFile | None
    writes: bool
    """Whether it is open, and so is the phase for writing it."""

    @property
    def newest(self) -> int | None:
        return self.file.revision if self.file else None


async def own_review(session: AsyncSession, actor: Actor, review_id: UUID, *, now: datetime) -> OwnReview:
    """Raises NoSuchReview, also to staff: what they may see of a review is elsewhere."""
    me = person_id(actor)
    review = await views.review(session, review_id, person_id=me, organisation=actor.organisation)
    resource = Resource({"reviewer"} if review.juror_id == me else (), review.state)
    authorise_or_hide(actor, "write_review", resource, hidden=NoSuchReview())
    jury = await session.get_one(Jury, review.jury_id)
    reads = bool(PERMISSIONS.decide(actor, "read_file", resource)) and allows(jury, "juror", "read_file", now=now)
    file = await views.file_of(session, review) if reads else None
    writes = review.state == ReviewState.ASSIGNED and allows(jury, "juror", "write_review", now=now)
    return OwnReview(
        review=review,
        jury=jury,
        challenge=await session.get_one(Challenge, review.challenge_id),
        file=file,
        writes=writes and file is not None,
    )
