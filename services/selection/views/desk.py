"""What a desk begins with: a juror's juries and files, and for staff all juries with their progress."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.reviews import ReviewState
from services.selection.models import Candidate, Challenge, Edition, Jury, Review, Seat
from services.selection.repository import ADMITTED
from services.selection.views.scope import sits_in, without_conflict
from services.selection.views.seen import SeenName, names_seen


@dataclass(frozen=True, kw_only=True)
class OwnJury:
    """A jury in which somebody sits."""

    jury: Jury
    title: Mapping[str, str]
    partner: str


@dataclass(frozen=True, kw_only=True)
class OwnFile:
    """A review that somebody was given, with what the file is called."""

    review: Review
    startup: str | None
    title: str | None


@dataclass(frozen=True, kw_only=True)
class JuryProgress:
    """A challenge, its jury if it has one, and how many files, reviews and jurors there are."""

    challenge: Challenge
    edition: Edition | None
    jury: Jury | None
    jurors: int
    files: int
    reviews: Mapping[str, int]

    @property
    def due(self) -> int:
        return self.reviews.get(ReviewState.ASSIGNED, 0) + self.done

    @property
    def done(self) -> int:
        return self.reviews.get(ReviewState.SUBMITTED, 0)


async def my_juries(session: AsyncSession, person_id: UUID) -> list[OwnJury]:
    query = (
        select(Jury, Challenge)
        .join(Challenge, col(Challenge.id) == Jury.challenge_id)
        .where(sits_in(col(Jury.id), person_id))
        .order_by(col(Jury.id).desc())
    )
    rows = (await session.exec(query)).all()
    return [OwnJury(jury=jury, title=challenge.title, partner=challenge.partner) for jury, challenge in rows]


async def my_files(session: AsyncSession, person_id: UUID, *, organisation: str | None) -> list[OwnFile]:
    """What was given to this person and not given back, open ones first; a file in conflict is not there."""
    query = (
        select(Review)
        .join(Candidate, col(Candidate.id) == Review.application_id)
        .where(
            Review.juror_id == person_id,
            col(Review.state).in_([ReviewState.ASSIGNED, ReviewState.SUBMITTED]),
            Candidate.state == ADMITTED,
            without_conflict(col(Review.application_id), person_id, organisation=organisation),
        )
        .order_by(col(Review.state), col(Review.id))
    )
    reviews = (await session.exec(query)).all()
    names = await names_seen(session, {review.application_id for review in reviews}, person_id=person_id)
    shown = [(review, names.get(review.application_id, SeenName())) for review in reviews]
    return [OwnFile(review=review, startup=name.startup, title=name.title) for review, name in shown]


async def all_juries(session: AsyncSession, person_id: UUID) -> list[JuryProgress]:
    """Every published challenge, the newest edition first; counted without files in conflict with this person."""
    query = (
        select(Challenge, Edition, Jury)
        .outerjoin(Edition, col(Edition.id) == Challenge.edition_id)
        .outerjoin(Jury, col(Jury.challenge_id) == Challenge.id)
        .order_by(col(Challenge.edition_id).desc(), col(Challenge.id))
    )
    rows = (await session.exec(query)).all()
    seats = dict((await session.exec(select(Seat.jury_id, func.count()).group_by(col(Seat.jury_id)))).all())
    challenge_id = func.unnest(Candidate.challenge_ids).label("challenge_id")
    named = (
        select(Candidate.id, challenge_id)
        .where(Candidate.state == ADMITTED, without_conflict(col(Candidate.id), person_id))
        .subquery()
    )
    counted = select(named.c.challenge_id, func.count(func.distinct(named.c.id))).group_by(named.c.challenge_id)
    files = dict((await session.exec(counted)).all())
    by_state = (
        select(Review.jury_id, Review.state, func.count())
        .where(without_conflict(col(Review.application_id), person_id))
        .group_by(col(Review.jury_id), col(Review.state))
    )
    reviews: dict[UUID, dict[str, int]] = {}
    for jury_id, state, count in (await session.exec(by_state)).all():
        reviews.setdefault(jury_id, {})[state] = count
    return [
        JuryProgress(
            challenge=challenge,
            edition=edition,
            jury=jury,
            jurors=seats.get(jury.id, 0) if jury else 0,
            files=files.get(challenge.id, 0),
            reviews=reviews.get(jury.id, {}) if jury else {},
        )
        for challenge, edition, jury in rows
    ]
