"""What was published: the matches for anyone, and for an applicant its own outcome with the reasons."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import any_, or_
from sqlmodel import col, exists, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.decisions import DecisionsState, Kind
from services.selection.domain.reasons import Passage, Written, compile_reasons, passages_of
from services.selection.domain.reviews import ReviewState
from services.selection.models import Candidate, Challenge, Decision, Deliberation, Jury, Reasons, Review, TeamMember
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
    reasons: list[Passage]


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
    signed = await _signed(session, rows)
    raw = await _comments(session, [decision.application_id for decision, told in rows if _is_of_first_release(told)])
    return [
        OwnResult(
            decision,
            told,
            raw.get(decision.application_id, []) if _is_of_first_release(told) else signed.get(decision.id, []),
        )
        for decision, told in rows
    ]


async def startups_of(session: AsyncSession, results: Sequence[OwnResult]) -> dict[UUID, str]:
    """Application → what it calls itself, while its words are held."""
    newest = newest_dossiers()
    of_these = newest.c.application_id.in_([one.decision.application_id for one in results])
    query = select(newest.c.application_id, newest.c.startup).where(of_these)
    rows: Sequence[tuple[UUID, str]] = (await session.exec(query)).all()
    return dict(rows)


def _is_of_first_release(deliberation: Deliberation) -> bool:
    """Published before there were reasons to sign: its applicants were told what jurors had written, as it was."""
    return deliberation.kind == Kind.RESULTS and deliberation.market is None


async def _signed(session: AsyncSession, rows: Sequence[tuple[Decision, Deliberation]]) -> dict[UUID, list[Passage]]:
    """Decision → the reasons that somebody answers for."""
    query = (
        select(Decision.id, Reasons.passages)
        .join(
            Reasons,
            (col(Reasons.deliberation_id) == Decision.deliberation_id)
            & (col(Reasons.application_id) == Decision.application_id),
        )
        .where(col(Decision.id).in_([decision.id for decision, _ in rows]), col(Reasons.signed_at).is_not(None))
    )
    return {decision: passages_of(passages) for decision, passages in (await session.exec(query)).all()}


async def _comments(session: AsyncSession, application_ids: Sequence[UUID]) -> dict[UUID, list[Passage]]:
    query = select(Review).where(col(Review.application_id).in_(application_ids), Review.state == ReviewState.SUBMITTED)
    found: dict[UUID, list[Written]] = {}
    for review in (await session.exec(query)).all():
        written = Written(review_id=review.id, comment=review.comment, remarks=review.remarks)
        found.setdefault(review.application_id, []).append(written)
    return {application: compile_reasons(written) for application, written in found.items()}


async def criteria_of_files(
    session: AsyncSession, application_ids: Collection[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    """By file the criteria of the juries that judged it, as those were given them."""
    query = (
        select(Candidate.id, Jury.criteria)
        .join(Jury, col(Jury.challenge_id) == any_(col(Candidate.challenge_ids)))
        .where(col(Candidate.id).in_(application_ids))
        .order_by(col(Jury.id))
    )
    found: dict[UUID, list[dict[str, Any]]] = {}
    for application_id, criteria in (await session.exec(query)).all():
        found.setdefault(application_id, []).extend(criteria)
    return found
