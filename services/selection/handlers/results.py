"""Publishes an edition's decisions: all of them, together, once."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from services.selection import repository
from services.selection.commands import PublishDecisions
from services.selection.domain import decisions as domain
from services.selection.domain.decisions import DecisionsState, Kind, Outcome
from services.selection.domain.ranking import digest_of
from services.selection.handlers.approvals import require_approvals
from services.selection.handlers.compiling import require_signed
from services.selection.handlers.promotions import require_promotion_still_so
from services.selection.handlers.published_rankings import tell_rankings
from services.selection.models import Candidate, Challenge, Decision, Deliberation, Minutes
from services.selection.rounds import require_in_edition
from services.selection.views.minutes import facts_of
from services.selection.views.shortlists import orders_given
from shared.errors import StaleVersion
from shared.events.selection import (
    ApplicationNotSelected,
    ApplicationReserved,
    ApplicationSelected,
    Match,
    ResultsAmended,
    ResultsPublished,
)
from shared.work import Work


class LeadUnknown(RuntimeError):
    """An admitted application without a lead: its event would have been refused at the door."""


async def publish_decisions(command: PublishDecisions, work: Work) -> tuple[Deliberation, Counter[str]]:
    """Tell everyone at once what was decided, as it was read by whoever publishes it."""
    draft = await repository.deliberation_to_change(work.session, command.decisions_id)
    if draft.state == DecisionsState.PUBLISHED:
        raise domain.ResultsAlreadyPublished
    if draft.state != DecisionsState.DRAFT:
        raise domain.DecisionsNotOpen(draft.state)
    if draft.version != command.version:
        raise StaleVersion
    await require_in_edition(work.session, draft.edition_id, "staff", "publish_decisions", now=work.now)
    decisions = await repository.decisions_in(work.session, draft.id)
    candidates = {file.id: file for file in await repository.eligible_files(work.session, edition_id=draft.edition_id)}
    await _require_still_so(draft, decisions, candidates, work)
    await require_signed(draft, work)
    await require_approvals(draft, work)

    draft.state = DecisionsState.PUBLISHED
    draft.published_at = work.now
    draft.published_by = work.actor.name
    partners = await _partners(decisions, work)
    teams = await repository.members_of(
        work.session, {candidate.team_id for candidate in candidates.values() if candidate.team_id}
    )
    for decision in decisions:
        _tell(decision, candidates[decision.application_id], partners, teams, work)

    if not draft.amends:
        await tell_rankings(draft, work)
    counted = Counter(decision.outcome for decision in decisions)
    matches = [
        Match(
            application_id=decision.application_id,
            challenge_id=decision.challenge_id,
            partner=partners[decision.challenge_id],
        )
        for decision in decisions
        if decision.challenge_id is not None
    ]
    digest = await _keep_minutes(draft, work)
    if draft.amends:
        work.publish(_amended(draft, matches, digest=digest, now=work.now))
    else:
        work.publish(_published(draft, matches, counted, digest=digest, now=work.now))
    await work.session.flush()
    return draft, counted


async def _keep_minutes(draft: Deliberation, work: Work) -> str:
    """Freeze what led here; the event of the publication tells the digest."""
    await work.session.flush()
    facts = await facts_of(work.session, draft)
    digest = digest_of(facts)
    work.session.add(Minutes(deliberation_id=draft.id, facts=facts, digest=digest))
    return digest


async def _require_still_so(
    draft: Deliberation, decisions: Sequence[Decision], eligible: Collection[UUID], work: Work
) -> None:
    """Raise unless the same files are in the running, and the orders are those that were matched by."""
    if draft.kind == Kind.PROMOTION:
        await require_promotion_still_so(draft, decisions, work)
        return
    market = await repository.market_of(work.session, draft)
    given = await orders_given(work.session, draft.edition_id)
    reordered = {
        challenge
        for challenge, order in market.orders.items()
        if list(order[: len(given.get(challenge, ()))]) != given.get(challenge, [])
    }
    domain.check_still_true([decision.application_id for decision in decisions], eligible, reordered=reordered)


def _published(
    draft: Deliberation, matches: list[Match], counted: Counter[str], *, digest: str, now: datetime
) -> ResultsPublished:
    return ResultsPublished(
        results_id=draft.id,
        edition_id=draft.edition_id,
        matches=matches,
        selected=counted[Outcome.SELECTED],
        reserved=counted[Outcome.RESERVE],
        not_selected=counted[Outcome.NOT_SELECTED],
        published_at=now,
        minutes_digest=digest,
    )


def _amended(draft: Deliberation, matches: list[Match], *, digest: str, now: datetime) -> ResultsAmended:
    assert draft.amends is not None  # noqa: S101  # asked before
    return ResultsAmended(
        decisions_id=draft.id,
        results_id=draft.amends,
        edition_id=draft.edition_id,
        matches=matches,
        vacated_ids=[UUID(file) for file in sorted(draft.vacated)],
        published_at=now,
        minutes_digest=digest,
    )


def _tell(
    decision: Decision, candidate: Candidate, partners: dict[UUID, str], teams: dict[UUID, list[UUID]], work: Work
) -> None:
    lead_id = candidate.lead_id
    if lead_id is None:
        raise LeadUnknown
    if decision.challenge_id is not None:
        members = teams.get(candidate.team_id, []) if candidate.team_id else []
        work.publish(
            ApplicationSelected(
                decision_id=decision.id,
                application_id=candidate.id,
                edition_id=candidate.edition_id,
                challenge_id=decision.challenge_id,
                partner=partners[decision.challenge_id],
                lead_id=lead_id,
                member_ids=members or [lead_id],
            )
        )
        return
    told = ApplicationReserved if decision.outcome == Outcome.RESERVE else ApplicationNotSelected
    work.publish(
        told(
            decision_id=decision.id,
            application_id=candidate.id,
            edition_id=candidate.edition_id,
            lead_id=lead_id,
        )
    )


async def _partners(decisions: Sequence[Decision], work: Work) -> dict[UUID, str]:
    matched = {decision.challenge_id for decision in decisions if decision.challenge_id is not None}
    found = await work.session.exec(select(Challenge).where(col(Challenge.id).in_(matched)))
    return {challenge.id: challenge.partner for challenge in found.all()}
