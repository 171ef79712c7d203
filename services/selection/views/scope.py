"""Which files a person must not see, as a part of the query itself: what is never read can't leak.

Each EXISTS says what it correlates: SQLAlchemy by itself looks one query outwards only, and would quietly ask about any
file where two levels up the one at hand is meant.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Exists, Select, SQLColumnExpression, any_, exists, func, union
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.conflicts import BARRING, ConflictState
from services.selection.domain.juries import Blind
from services.selection.domain.reviews import LIVE, ReviewState
from services.selection.models import Candidate, Challenge, Conflict, Jury, Review, Seat, TeamMember, Waiver


def files_in_conflict(person_id: UUID, *, organisation: str | None = None) -> CompoundSelect[tuple[UUID]]:
    """The applications with which this person is in conflict, or to whose team it belongs: hidden in whatever role.

    In conflict by its own word, or by ties that no person has found not to matter. `organisation` is what its sign-in
    vouches for now: if that is a partner, who answers the partner's challenge is hidden from it, noted as a tie or not.
    """
    parts: list[Select[Any]] = [
        select(Conflict.application_id).where(Conflict.juror_id == person_id, col(Conflict.state).in_(BARRING)),
        select(Candidate.id)
        .join(TeamMember, col(TeamMember.team_id) == Candidate.team_id)
        .where(TeamMember.person_id == person_id),
        select(Candidate.id).where(Candidate.lead_id == person_id),
    ]
    if organisation is not None:
        parts.append(_answering(organisation, person_id))
    return union(*parts)


def _answering(partner: str, person_id: UUID) -> Select[Any]:
    """Who answers a challenge of this partner in whose jury the person sits, unless that was found not to matter."""
    waived = exists().where(col(Waiver.challenge_id) == col(Challenge.id), col(Waiver.juror_id) == person_id)
    dismissed = exists().where(
        col(Conflict.application_id) == col(Candidate.id),
        col(Conflict.juror_id) == person_id,
        col(Conflict.state) == ConflictState.DISMISSED,
    )
    return (
        select(Candidate.id)
        .join(Challenge, col(Challenge.id) == any_(col(Candidate.challenge_ids)))
        .join(Jury, col(Jury.challenge_id) == col(Challenge.id))
        .where(
            func.lower(Challenge.partner) == partner.lower(),
            sits_in(col(Jury.id), person_id),
            ~waived.correlate_except(Waiver),
            ~dismissed.correlate_except(Conflict),
        )
    )


def without_conflict(
    application_id: SQLColumnExpression[UUID], person_id: UUID, *, organisation: str | None = None
) -> ColumnElement[bool]:
    """For a WHERE: the file is not in conflict with this person."""
    return application_id.not_in(files_in_conflict(person_id, organisation=organisation))


async def in_conflict_with(
    session: AsyncSession, person_id: UUID, application_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Those of these files that are hidden from this person."""
    query = select(Candidate.id).where(
        col(Candidate.id).in_(application_ids), ~without_conflict(col(Candidate.id), person_id)
    )
    return frozenset((await session.exec(query)).all())


def sits_in(jury_id: SQLColumnExpression[UUID], person_id: UUID) -> Exists:
    """For a WHERE: this person sits in the jury."""
    return exists().where(col(Seat.jury_id) == jury_id, col(Seat.juror_id) == person_id).correlate_except(Seat)


def blind_to(person_id: UUID) -> Exists:
    """For a WHERE over Candidate: a jury in which this person sits judges it blind."""
    return (
        exists()
        .where(
            col(Jury.blind) == Blind.BOTH,
            col(Jury.challenge_id) == any_(col(Candidate.challenge_ids)),
            sits_in(col(Jury.id), person_id),
        )
        .correlate_except(Jury)
    )


def still_reviews(application_id: SQLColumnExpression[UUID], person_id: UUID) -> Exists:
    """For a WHERE: this person has not submitted its own review of the file yet, so must not see those of others."""
    return (
        exists()
        .where(
            col(Review.application_id) == application_id,
            col(Review.juror_id) == person_id,
            col(Review.state) == ReviewState.ASSIGNED,
        )
        .correlate_except(Review)
    )


def holds_live_review(
    jury_id: SQLColumnExpression[UUID], application_id: SQLColumnExpression[UUID], person_id: UUID
) -> Exists:
    """For a WHERE: the file is assigned to this person by the jury, and was not given back."""
    return (
        exists()
        .where(
            col(Review.jury_id) == jury_id,
            col(Review.application_id) == application_id,
            col(Review.juror_id) == person_id,
            col(Review.state).in_(LIVE),
        )
        .correlate_except(Review)
    )
