"""Proposes who moves up from the reserve list once a selected startup has withdrawn."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from services.selection import repository
from services.selection.commands import PromoteReserve
from services.selection.domain import promotions as domain
from services.selection.domain.decisions import Decided, Kind
from services.selection.handlers.decisions import decided_of
from services.selection.handlers.drafts import begin, make_way
from services.selection.models import Decision, Deliberation
from services.selection.rounds import require_in_edition
from shared.work import Work


async def promote_reserve(command: PromoteReserve, work: Work) -> Deliberation:
    """Match the places that are free to those in reserve; it waits for approvals like any other decision."""
    await repository.lock_edition(work.session, command.edition_id)
    await require_in_edition(work.session, command.edition_id, "staff", "promote_reserve", now=work.now)
    results = await repository.published_results(work.session, command.edition_id)
    if results is None:
        raise domain.NotPublishedYet
    promotion = await promotion_of(results, work)
    earlier = await make_way(command.edition_id, work)

    draft = Deliberation(
        edition_id=command.edition_id,
        kind=Kind.PROMOTION,
        amends=results.id,
        vacated={str(file): str(challenge) for file, challenge in sorted(promotion.vacated.items())},
        capacities=results.capacities,
        reserves=results.reserves,
        market=results.market,
        approvals_needed=max(results.approvals_needed, command.approvals_needed),
        salt=secrets.token_hex(16),
        proposed_at=work.now,
        proposed_by=work.actor.name,
    )
    await begin(draft, promotion.decided, work, supersedes=earlier)
    return draft


async def require_promotion_still_so(draft: Deliberation, rows: Sequence[Decision], work: Work) -> None:
    """Raise PromotionOutdated unless the same would be proposed now."""
    results = await repository.published_results(work.session, draft.edition_id)
    if results is None:
        raise domain.NotPublishedYet
    present = await promotion_of(results, work)
    vacated = {str(file): str(challenge) for file, challenge in present.vacated.items()}
    if vacated != draft.vacated or set(present.decided) != {decided_of(row) for row in rows}:
        raise domain.PromotionOutdated


async def promotion_of(results: Deliberation, work: Work) -> domain.Promotion:
    """Raises NoPlaceLeft or ReserveEmpty."""
    there = {file.id for file in await repository.eligible_files(work.session, edition_id=results.edition_id)}
    decided: dict[UUID, Decided] = {}
    for deliberation in [results, *await repository.amendments_of(work.session, results.id)]:
        for row in await repository.decisions_in(work.session, deliberation.id):
            decided[row.application_id] = decided_of(row)
    market = await repository.market_of(work.session, results)
    return domain.promote(market, decided=list(decided.values()), still_there=there)
