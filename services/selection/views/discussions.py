"""The discussion of a file: who may enter, who is there under which letter, and what was said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import any_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.discussions import STAFF, NoSuchDiscussion, voices
from services.selection.domain.reviews import LIVE, ReviewState, StillJudging
from services.selection.models import Candidate, DiscussionMessage, Jury, Opinion, Review, Revisit
from services.selection.permissions import authorise_or_hide, person_id
from services.selection.repository import ADMITTED
from services.selection.rounds import allows, require
from services.selection.views.reviews import files_still_reviewed_by
from services.selection.views.scope import without_conflict
from shared.identity import Actor, Resource


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """Who came in: a reviewer of the file with its own review, or staff."""

    jury: Jury
    application_id: UUID
    me: UUID
    own: Review | None

    @property
    def role(self) -> str:
        return STAFF if self.own is None else "juror"


@dataclass(frozen=True, kw_only=True)
class SpokenReview:
    """A submitted review as it is talked about: its letter, its first scores if they were revisited, and opinions."""

    review: Review
    voice: str
    revisits: Sequence[Revisit]
    opinions: Sequence[Opinion]


@dataclass(frozen=True, kw_only=True)
class Discussion:
    """All but the messages, which are paged."""

    entrance: Entrance
    voices: Mapping[UUID, str]
    reviews: Sequence[SpokenReview]
    posts: bool
    """Whether something may be said now."""
    names: bool
    """Whether who asks may know who is behind a letter."""

    def voice_of(self, author_id: UUID, *, by_staff: bool = False) -> str:
        return STAFF if by_staff else self.voices.get(author_id, STAFF)


async def entrance(
    session: AsyncSession, actor: Actor, jury_id: UUID, application_id: UUID, action: str, *, now: datetime
) -> Entrance:
    """Let in whoever submitted a review of this file, or is staff.

    Raises NoSuchDiscussion, the same and by the same way for what is not there and for what is barred; StillJudging;
    StateNotPermitted before one's own review is submitted; PhaseNotOpen.
    """
    me = person_id(actor)
    own = (col(Review.jury_id) == Jury.id) & (col(Review.application_id) == Candidate.id)
    query = (
        select(Jury, Review)
        .join(Candidate, col(Jury.challenge_id) == any_(col(Candidate.challenge_ids)))
        .outerjoin(Review, own & (col(Review.juror_id) == me) & col(Review.state).in_(LIVE))
        .where(
            Jury.id == jury_id,
            Candidate.id == application_id,
            Candidate.state == ADMITTED,
            without_conflict(col(Candidate.id), me, organisation=actor.organisation),
        )
    )
    found = (await session.exec(query)).one_or_none()
    if found is None:
        raise NoSuchDiscussion
    jury, review = found
    resource = Resource({"reviewer"}, review.state) if review else Resource()
    authorise_or_hide(actor, action, resource, hidden=NoSuchDiscussion())
    if await files_still_reviewed_by(session, me, {application_id}):
        raise StillJudging
    came = Entrance(jury=jury, application_id=application_id, me=me, own=review)
    require(jury, came.role, action, now=now)
    return came


async def discussion(session: AsyncSession, came: Entrance, *, now: datetime) -> Discussion:
    """The submitted reviews of the file with what was said of each; in the order of their letters."""
    letters = await letters_of(session, came.jury.id, came.application_id)
    reviews = [
        review
        for review in await _reviews_of(session, came.jury.id, came.application_id)
        if review.state == ReviewState.SUBMITTED
    ]
    ids = [review.id for review in reviews]
    said = (await session.exec(select(Opinion).where(col(Opinion.review_id).in_(ids)).order_by(col(Opinion.id)))).all()
    latest = {(one.review_id, one.author_id): one for one in said}
    again = (await session.exec(select(Revisit).where(col(Revisit.review_id).in_(ids)).order_by(col(Revisit.id)))).all()
    spoken = [
        SpokenReview(
            review=review,
            voice=letters[review.juror_id],
            revisits=[one for one in again if one.review_id == review.id],
            opinions=sorted(
                (one for (about, _), one in latest.items() if about == review.id),
                key=lambda one: letters.get(one.author_id, STAFF),
            ),
        )
        for review in reviews
    ]
    return Discussion(
        entrance=came,
        voices=letters,
        reviews=sorted(spoken, key=lambda one: (len(one.voice), one.voice)),
        posts=allows(came.jury, came.role, "post_message", now=now),
        names=came.role == STAFF,
    )


async def messages(
    session: AsyncSession, came: Entrance, *, after: UUID | None, limit: int
) -> Sequence[DiscussionMessage]:
    """What was said, in the order in which it was said."""
    query = (
        select(DiscussionMessage)
        .where(DiscussionMessage.jury_id == came.jury.id, DiscussionMessage.application_id == came.application_id)
        .order_by(col(DiscussionMessage.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(DiscussionMessage.id) > after)
    return (await session.exec(query)).all()


async def letters_of(session: AsyncSession, jury_id: UUID, application_id: UUID) -> dict[UUID, str]:
    """Juror → letter, for this file alone."""
    reviews = await _reviews_of(session, jury_id, application_id)
    return voices((review.id, review.assigned_at, review.juror_id) for review in reviews)


async def revisits_of(session: AsyncSession, review_id: UUID) -> Sequence[Revisit]:
    """Each time other scores were given, in order."""
    return (await session.exec(select(Revisit).where(Revisit.review_id == review_id).order_by(col(Revisit.id)))).all()


async def _reviews_of(session: AsyncSession, jury_id: UUID, application_id: UUID) -> Sequence[Review]:
    query = select(Review).where(Review.jury_id == jury_id, Review.application_id == application_id)
    return (await session.exec(query)).all()
