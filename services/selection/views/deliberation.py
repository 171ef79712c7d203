"""What staff see of one jury: its challenge, its files and jurors with their progress, and what startups are called."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.decisions import Outcome
from services.selection.domain.reviews import ReviewState
from services.selection.models import Candidate, Challenge, Decision, Edition, Jury, Reasons, Review, Seat
from services.selection.repository import ADMITTED, NoSuchJury
from services.selection.views.dossiers import newest_dossiers
from services.selection.views.scope import blind_to, without_conflict


@dataclass(frozen=True, kw_only=True)
class WholeJury:
    """A jury, with what it is of."""

    jury: Jury
    challenge: Challenge
    edition: Edition | None


@dataclass(frozen=True, kw_only=True)
class Named:
    """What a file is called; nothing once it is erased, or hidden from who asks."""

    startup: str | None = None
    title: str | None = None


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A file or a juror, and how many of its reviews are in which state."""

    id: UUID
    reviews: Mapping[str, int]

    @property
    def done(self) -> int:
        return self.reviews.get(ReviewState.SUBMITTED, 0)

    @property
    def due(self) -> int:
        return self.done + self.reviews.get(ReviewState.ASSIGNED, 0)

    @property
    def given_back(self) -> int:
        return self.reviews.get(ReviewState.RECUSED, 0)


async def whole_jury(session: AsyncSession, jury_id: UUID) -> WholeJury:
    """Raises NoSuchJury."""
    query = (
        select(Jury, Challenge, Edition)
        .join(Challenge, col(Challenge.id) == Jury.challenge_id)
        .outerjoin(Edition, col(Edition.id) == Jury.edition_id)
        .where(Jury.id == jury_id)
    )
    row = (await session.exec(query)).one_or_none()
    if row is None:
        raise NoSuchJury
    jury, challenge, edition = row
    return WholeJury(jury=jury, challenge=challenge, edition=edition)


async def files_of(session: AsyncSession, jury: Jury, *, person_id: UUID) -> list[Progress]:
    """The admitted files of its challenge, without those in conflict with this person."""
    admitted = select(Candidate.id).where(
        Candidate.state == ADMITTED,
        col(Candidate.challenge_ids).contains([jury.challenge_id]),
        without_conflict(col(Candidate.id), person_id),
    )
    files = (await session.exec(admitted.order_by(col(Candidate.id)))).all()
    counts = await _counts(session, jury, Review.application_id, person_id=person_id)
    return [Progress(id=file, reviews=counts.get(file, {})) for file in files]


async def jurors_of(session: AsyncSession, jury: Jury, *, person_id: UUID) -> list[Progress]:
    """Who sits in it, with the reviews of files that are not in conflict with this person."""
    seats = select(Seat.juror_id).where(Seat.jury_id == jury.id).order_by(col(Seat.juror_id))
    counts = await _counts(session, jury, Review.juror_id, person_id=person_id)
    return [Progress(id=juror, reviews=counts.get(juror, {})) for juror in (await session.exec(seats)).all()]


async def names_of(
    session: AsyncSession, application_ids: Collection[UUID], *, person_id: UUID
) -> Mapping[UUID, Named]:
    """What these files are called, without those in conflict with this person, or that it judges blind."""
    newest = newest_dossiers()
    query = (
        select(Candidate.id, newest.c.startup, newest.c.title)
        .join(newest, newest.c.application_id == Candidate.id)
        .where(
            col(Candidate.id).in_(application_ids),
            without_conflict(col(Candidate.id), person_id),
            ~blind_to(person_id),
        )
    )
    rows: Sequence[tuple[UUID, str, str]] = (await session.exec(query)).all()
    return {id_: Named(startup=startup, title=title) for id_, startup, title in rows}


async def seated_in_edition(session: AsyncSession, edition_id: UUID) -> Sequence[UUID]:
    """Everybody who sits in some jury of the edition."""
    query = select(Seat.juror_id).join(Jury, col(Jury.id) == Seat.jury_id).where(Jury.edition_id == edition_id)
    return sorted(set((await session.exec(query)).all()))


async def unsigned_reasons(session: AsyncSession, decisions_id: UUID, *, person_id: UUID) -> int:
    """Of how many who are not selected the reasons wait for a signature, without files in conflict with this person."""
    query = (
        select(func.count())
        .select_from(Decision)
        .outerjoin(
            Reasons,
            (col(Reasons.deliberation_id) == Decision.deliberation_id)
            & (col(Reasons.application_id) == Decision.application_id),
        )
        .where(
            Decision.deliberation_id == decisions_id,
            Decision.outcome != Outcome.SELECTED,
            col(Reasons.signed_at).is_(None),
            without_conflict(col(Decision.application_id), person_id),
        )
    )
    return (await session.exec(query)).one()


async def _counts(session: AsyncSession, jury: Jury, by: UUID, *, person_id: UUID) -> dict[UUID, dict[str, int]]:
    query = (
        select(col(by), Review.state, func.count())
        .where(Review.jury_id == jury.id, without_conflict(col(Review.application_id), person_id))
        .group_by(col(by), col(Review.state))
    )
    found: dict[UUID, dict[str, int]] = {}
    for id_, state, count in (await session.exec(query)).all():
        found.setdefault(id_, {})[state] = count
    return found
