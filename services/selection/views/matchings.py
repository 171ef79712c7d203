"""A matching whole, with what it was made of and the proof that no pair would rather swap."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection import repository
from services.selection.domain.approvals import InConflictWithDecisions
from services.selection.domain.decisions import Kind
from services.selection.domain.proof import prove
from services.selection.domain.ranking import digest_of
from services.selection.models import Deliberation
from services.selection.views.scope import in_conflict_with


@dataclass(frozen=True)
class MatchingRow:
    """The market as plain JSON, who got what, and a line for each pair that did not get each other."""

    deliberation: Deliberation
    market: dict[str, Any]
    market_digest: str
    matched: dict[UUID, UUID]
    as_computed: bool
    """Whether this is what the method gives, and nobody changed it by hand."""
    proof: list[dict[str, Any]]


async def matching(session: AsyncSession, decisions_id: UUID, *, person_id: UUID) -> MatchingRow:
    """Whole or not at all. Raises NoSuchDecisions, InConflictWithDecisions."""
    deliberation = await session.get(Deliberation, decisions_id)
    if deliberation is None or deliberation.kind != Kind.RESULTS:
        raise repository.NoSuchDecisions
    rows = await repository.decisions_in(session, decisions_id)
    if await in_conflict_with(session, person_id, [row.application_id for row in rows]):
        raise InConflictWithDecisions
    market = await repository.market_of(session, deliberation)
    matched = {row.application_id: row.challenge_id for row in rows if row.challenge_id is not None}
    return MatchingRow(
        deliberation=deliberation,
        market=market.as_json(),
        market_digest=digest_of(market.as_json()),
        matched=matched,
        as_computed=matched == market.match(),
        proof=prove(market, matched),
    )
