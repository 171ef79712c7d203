"""What was published: the matches for anyone, and for an applicant its own outcome with the jurors' comments."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, exists, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.decisions import DecisionsState
from services.selection.domain.reviews import ReviewState
from services.selection.models import Candidate, Challenge, Decision, Deliberation, Review, TeamMember
from services.selection.views.dossiers import newest_dossiers


@dataclass(frozen=True)
class MatchRow:
    """One startup, one challenge, one partner; the startup's name if its dossier is still held."""

    decision: Decision
    challenge: Challenge
    startup: str | None


@dataclass(frozen=True)
class OwnResult:
    """What one application got, and why, in an order and a form that tell nobody who wrote."""

    decision: Decision
    deliberation: Deliberation
    comments: list[str]


async def published(
    session: AsyncSession, *, edition: UUID | None, after: UUID | None, limit: int
) -> Sequence[Deliberation]:
    query = select(Deliberation).where(Deliberation.state == DecisionsState.PUBLISHED)
    if edition is not None:
        query = query.where(Deliberation.edition_id == edition)
    if after is not None:
        query = query.where(col(Deliberation.id) > after)
    return (await session.exec(query.order_by(col(Deliberation.id)).limit(limit))).all()


async def matches(session: AsyncSession, deliberations: Sequence[Deliberation]) -> dict[UUID, list[MatchRow]]:
    """The matches of each published deliberation."""
    newest = newest_dossiers()
    query = (
        select(Decision, Challenge, newest.c.startup)
        .join(Challenge, col(Challenge.id) == Decision.challenge_id)
        .outerjoin(newest, newest.c.application_id == Decision.application_id)
        .where(col(Decision.deliberation_id).in_([one.id for one in deliberations]))
        .order_by(col(Challenge.id), col(Decision.application_id))
    )
    found: dict[UUID, list[MatchRow]] = {one.id: [] for one in deliberations}
    for decision, challenge, startup in (await session.exec(query)).all():
        found[decision.deliberation_id].append(MatchRow(decision, challenge, startup))
    return found


async def own_results(session: AsyncSession, person_id: UUID, *, after: UUID | None, limit: int) -> list[OwnResult]:
    """The published outcomes of the applications whose team this person leads or belongs to."""
    in_team = (
        exists()
        .where(col(TeamMember.team_id) == Candidate.team_id, col(TeamMember.person_id) == person_id)
        .correlate_except(TeamMember)
    )
    query = (
        select(Decision, Deliberation)
        .join(Deliberation, col(Deliberation.id) == Decision.deliberation_id)
        .join(Candidate, col(Candidate.id) == Decision.application_id)
        .where(Deliberation.state == DecisionsState.PUBLISHED, or_(col(Candidate.lead_id) == person_id, in_team))
        .order_by(col(Decision.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(Decision.id) > after)
    rows = (await session.exec(query)).all()
    comments = await _comments(session, [decision.application_id for decision, _ in rows])
    return [
        OwnResult(decision, deliberation, comments.get(decision.application_id, [])) for decision, deliberation in rows
    ]


async def _comments(session: AsyncSession, application_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """In an order that always is the same, and that follows neither time nor juror."""
    query = select(Review).where(
        col(Review.application_id).in_(application_ids),
        Review.state == ReviewState.SUBMITTED,
        col(Review.comment).is_not(None),
    )
    shuffled = sorted((await session.exec(query)).all(), key=lambda one: hashlib.sha256(one.id.bytes).digest())
    found: dict[UUID, list[str]] = {}
    for review in shuffled:
        if review.comment:
            found.setdefault(review.application_id, []).append(review.comment)
    return found
