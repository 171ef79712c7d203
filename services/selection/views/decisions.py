"""Pending and published decisions, with the pairs that would both rather have each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection import repository
from services.selection.domain.decisions import Kind, Outcome
from services.selection.domain.matching import blocking_pairs
from services.selection.domain.promotions import reserve_lists
from services.selection.models import Candidate, Decision, Deliberation
from services.selection.views.approvals import Approvals, approvals
from services.selection.views.scope import in_conflict_with


@dataclass(frozen=True)
class DecisionsRow:
    """An edition's decisions, whole."""

    deliberation: Deliberation
    decisions: Sequence[Decision]
    blocking: list[tuple[UUID, UUID]]
    minimums: Mapping[UUID, int]
    short: dict[UUID, int]
    """Challenges that got fewer than they were to get at least, with how many."""
    reserve_lists: dict[UUID, list[UUID]]
    vacated: list[tuple[UUID, UUID]]
    """Of a promotion: who left, and which challenge."""
    approvals: Approvals


async def deliberations(
    session: AsyncSession, *, edition: UUID | None, after: UUID | None, limit: int
) -> Sequence[Deliberation]:
    query = select(Deliberation).order_by(col(Deliberation.id)).limit(limit)
    if edition is not None:
        query = query.where(Deliberation.edition_id == edition)
    if after is not None:
        query = query.where(col(Deliberation.id) > after)
    return (await session.exec(query)).all()


async def decisions(session: AsyncSession, decisions_id: UUID, *, person_id: UUID) -> DecisionsRow:
    """Without the files in conflict with this person. Raises NoSuchDecisions."""
    deliberation = await session.get(Deliberation, decisions_id)
    if deliberation is None:
        raise repository.NoSuchDecisions
    query = select(Decision, Candidate).join(Candidate, col(Candidate.id) == Decision.application_id)
    query = query.where(Decision.deliberation_id == decisions_id).order_by(col(Decision.application_id))
    rows = (await session.exec(query)).all()
    market = await repository.market_of(session, deliberation)
    matched = {decision.application_id: decision.challenge_id for decision, _ in rows if decision.challenge_id}
    blocking = []
    if deliberation.kind == Kind.RESULTS:  # after the results, nobody selected moves
        blocking = blocking_pairs(matched, market.wishes, market.orders, market.capacities)
    hidden = await in_conflict_with(session, person_id, [candidate.id for _, candidate in rows])
    return DecisionsRow(
        deliberation=deliberation,
        decisions=[decision for decision, _ in rows if decision.application_id not in hidden],
        minimums=market.minimums,
        short=market.short(matched) if deliberation.kind == Kind.RESULTS else {},
        vacated=[
            (UUID(file), UUID(challenge))
            for file, challenge in sorted(deliberation.vacated.items())
            if UUID(file) not in await in_conflict_with(session, person_id, [UUID(file)])
        ],
        reserve_lists=reserve_lists(
            market,
            {row.application_id: Outcome(row.outcome) for row, _ in rows if row.application_id not in hidden},
        ),
        blocking=[pair for pair in blocking if pair[0] not in hidden],
        approvals=await approvals(session, deliberation),
    )
