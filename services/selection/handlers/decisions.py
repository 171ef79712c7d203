"""Proposes an edition's decisions, lets one outcome be changed, and publishes all of them by one act."""

import secrets
from uuid import UUID

from sqlmodel import select

from services.selection import repository
from services.selection.commands import ChangeOutcome, ProposeDecisions
from services.selection.domain import decisions as domain
from services.selection.domain.approvals import VoidedBecause, commitment_to
from services.selection.domain.decisions import Decided, DecisionsState, Outcome
from services.selection.domain.matching import Preferences
from services.selection.handlers.approvals import void_approvals
from services.selection.models import Candidate, Decision, Deliberation
from services.selection.permissions import person_id
from services.selection.rounds import require_in_edition
from services.selection.views.approvals import digest_of
from services.selection.views.scope import in_conflict_with
from shared.errors import FieldError, Invalid, NotFound, StaleVersion
from shared.events.selection import DecisionsChanged, DecisionsProposed
from shared.work import Work


class UnknownChallenges(Invalid):
    slug = "unknown-challenges"

    def __init__(self, pointers: list[str]) -> None:
        super().__init__(
            "A capacity or a reserve is given for challenges without a frozen ranking in this edition. Leave them out.",
            errors=[
                FieldError(pointer=pointer, detail="not ranked in this edition", code="unknown") for pointer in pointers
            ],
        )


class NotInTheseDecisions(NotFound):
    message = (
        "These decisions hold no such application, or none that you may decide on, as you are in conflict with it. "
        "Read them again to see whom they are about."
    )


async def propose_decisions(command: ProposeDecisions, work: Work) -> Deliberation:
    """Match startups and challenges from the frozen rankings; an earlier draft gives way to this one."""
    await repository.lock_edition(work.session, command.edition_id)
    await require_in_edition(work.session, command.edition_id, "staff", "propose_decisions", now=work.now)
    earlier = await _make_way(command.edition_id, work)
    candidates = await repository.eligible_files(work.session, edition_id=command.edition_id)
    rankings = await repository.rankings_of(work.session, command.edition_id)
    wishes, orders = repository.wishes_of(candidates), repository.orders_of(rankings)
    domain.check_rankings(wishes, orders, leave_unranked=command.leave_unranked)
    _check_known(command, orders)

    capacities = {challenge: command.capacities.get(challenge, command.capacity) for challenge in orders}
    reserves = {challenge: command.reserves.get(challenge, command.reserve) for challenge in orders}
    decided = domain.propose(wishes, orders, capacities=capacities, reserves=reserves)

    draft = Deliberation(
        edition_id=command.edition_id,
        capacities={str(challenge): places for challenge, places in capacities.items()},
        reserves={str(challenge): places for challenge, places in reserves.items()},
        approvals_needed=command.approvals_needed,
        salt=secrets.token_hex(16),
        proposed_at=work.now,
        proposed_by=work.actor.name,
    )
    work.session.add(draft)
    await work.session.flush()
    work.session.add_all(
        Decision(
            deliberation_id=draft.id,
            application_id=one.application_id,
            outcome=one.outcome,
            challenge_id=one.challenge_id,
        )
        for one in decided
    )
    await work.session.flush()
    work.publish(
        DecisionsProposed(
            decisions_id=draft.id,
            edition_id=draft.edition_id,
            content_digest=await digest_of(work.session, draft),
            approvals_needed=draft.approvals_needed,
            files=len(decided),
            supersedes=earlier,
        )
    )
    return draft


async def change_outcome(command: ChangeOutcome, work: Work) -> Deliberation:
    """Decide otherwise than the matching on one application, for a reason that is kept."""
    draft = await repository.deliberation_to_change(work.session, command.decisions_id)
    if draft.version != command.version:
        raise StaleVersion
    if draft.state != DecisionsState.DRAFT:
        raise domain.DecisionsNotOpen(draft.state)
    await require_in_edition(work.session, draft.edition_id, "staff", "change_decisions", now=work.now)
    rows = {row.application_id: row for row in await repository.decisions_in(work.session, draft.id)}
    row = rows.get(command.application_id)
    if row is None or await in_conflict_with(work.session, person_id(work.actor), [row.application_id]):
        raise NotInTheseDecisions
    candidate = await work.session.get_one(Candidate, command.application_id)

    decided = domain.change(
        Decided(application_id=command.application_id, outcome=command.outcome, challenge_id=command.challenge_id),
        named=candidate.challenge_ids,
        others=[decided_of(other) for other in rows.values() if other is not row],
        capacities={UUID(challenge): places for challenge, places in draft.capacities.items()},
    )

    row.outcome = decided.outcome
    row.challenge_id = decided.challenge_id
    salt = secrets.token_hex(16)
    row.changed_because, row.because_salt = command.reason, salt
    row.because_digest = commitment_to(command.reason, salt=salt)
    row.changed_by = work.actor.name
    await changed(draft, VoidedBecause.OUTCOME_CHANGED, work, application_id=row.application_id)
    return draft


async def changed(draft: Deliberation, kind: VoidedBecause, work: Work, *, application_id: UUID | None = None) -> None:
    """Whatever of a draft changes: it is another version, which nobody has approved yet."""
    draft.changes += 1
    await work.session.flush()
    work.publish(
        DecisionsChanged(
            decisions_id=draft.id,
            edition_id=draft.edition_id,
            kind=kind.value,
            content_digest=await digest_of(work.session, draft),
            application_id=application_id,
        )
    )
    await void_approvals(draft, kind, work)


def decided_of(row: Decision) -> Decided:
    return Decided(application_id=row.application_id, outcome=Outcome(row.outcome), challenge_id=row.challenge_id)


async def _make_way(edition_id: UUID, work: Work) -> UUID | None:
    """Supersede the edition's draft, if there is one. Raises ResultsAlreadyPublished."""
    query = select(Deliberation).where(
        Deliberation.edition_id == edition_id, Deliberation.state != DecisionsState.SUPERSEDED
    )
    present = (await work.session.exec(query.with_for_update())).all()
    if any(one.state == DecisionsState.PUBLISHED for one in present):
        raise domain.ResultsAlreadyPublished
    for draft in present:
        draft.state = DecisionsState.SUPERSEDED
        await work.session.flush()
        await void_approvals(draft, VoidedBecause.SUPERSEDED, work)
        return draft.id
    return None


def _check_known(command: ProposeDecisions, orders: Preferences) -> None:
    pointers = [f"#/capacities/{one}" for one in sorted(command.capacities.keys() - orders.keys())]
    pointers += [f"#/reserves_by_challenge/{one}" for one in sorted(command.reserves.keys() - orders.keys())]
    if pointers:
        raise UnknownChallenges(pointers)
