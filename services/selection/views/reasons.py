"""The reasons that applicants will get, with what in them might tell who wrote them, for who is to sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import any_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.leaks import Found, leaks_in
from services.selection.domain.reasons import NoSuchReasons, passages_of
from services.selection.models import Candidate, Decision, Deliberation, Jury, NamePrint, Reasons, Review, Seat
from services.selection.views.scope import without_conflict


@dataclass(frozen=True)
class ReasonsRow:
    """What one applicant will be told; `hints` of each passage, in the same order."""

    reasons: Reasons
    outcome: str
    hints: list[list[Found]]


async def reasons(
    session: AsyncSession,
    decisions_id: UUID,
    *,
    person_id: UUID,
    unsigned: bool = False,
    application: UUID | None = None,
    after: UUID | None = None,
    limit: int,
) -> list[ReasonsRow]:
    """By application, without those in conflict with this person."""
    query = (
        select(Reasons, Decision.outcome, Deliberation)
        .join(Deliberation, col(Deliberation.id) == Reasons.deliberation_id)
        .join(
            Decision,
            (col(Decision.deliberation_id) == Reasons.deliberation_id)
            & (col(Decision.application_id) == Reasons.application_id),
        )
        .where(Reasons.deliberation_id == decisions_id, without_conflict(col(Reasons.application_id), person_id))
        .order_by(col(Reasons.application_id))
        .limit(limit)
    )
    if unsigned:
        query = query.where(col(Reasons.signed_at).is_(None))
    if application is not None:
        query = query.where(Reasons.application_id == application)
    if after is not None:
        query = query.where(col(Reasons.application_id) > after)
    return [
        ReasonsRow(reasons=row, outcome=outcome, hints=await hints_in(session, deliberation, row))
        for row, outcome, deliberation in (await session.exec(query)).all()
    ]


async def reasons_for(
    session: AsyncSession, decisions_id: UUID, application_id: UUID, *, person_id: UUID
) -> ReasonsRow:
    """Raises NoSuchReasons."""
    found = await reasons(session, decisions_id, person_id=person_id, application=application_id, limit=1)
    if not found:
        raise NoSuchReasons
    return found[0]


async def hints_in(session: AsyncSession, deliberation: Deliberation, row: Reasons) -> list[list[Found]]:
    """Of each passage what might tell a juror of the file's juries, or one of the staff who acted."""
    prints = {one.id: one.words for one in await _whom_not_to_name(session, deliberation, row.application_id)}
    return [leaks_in(passage.text, prints=prints) for passage in passages_of(row.passages)]


async def _whom_not_to_name(
    session: AsyncSession, deliberation: Deliberation, application_id: UUID
) -> Sequence[NamePrint]:
    seated = (
        select(Seat.juror_id)
        .join(Jury, col(Jury.id) == Seat.jury_id)
        .join(Candidate, col(Jury.challenge_id) == any_(col(Candidate.challenge_ids)))
        .where(Candidate.id == application_id)
    )
    reviewed = select(Review.juror_id).where(Review.application_id == application_id)
    acted = {deliberation.proposed_by, *(await _changers(session, deliberation.id))}
    staff = {UUID(one) for one in acted if one and not one.startswith("system:")}
    query = select(NamePrint).where(
        col(NamePrint.id).in_(seated) | col(NamePrint.id).in_(reviewed) | col(NamePrint.id).in_(staff)
    )
    return (await session.exec(query.order_by(col(NamePrint.id)))).all()


async def _changers(session: AsyncSession, deliberation_id: UUID) -> Sequence[str | None]:
    query = select(Decision.changed_by).where(
        Decision.deliberation_id == deliberation_id, col(Decision.changed_by).is_not(None)
    )
    return (await session.exec(query.distinct())).all()
