"""Proposes an edition's decisions, lets one outcome be changed, and publishes all of them by one act."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from services.selection import repository
from services.selection.commands import ChangeOutcome, ProposeDecisions
from services.selection.domain import decisions as domain
from services.selection.domain.decisions import Decided, DecisionsState, Outcome
from services.selection.domain.matching import Preferences
from services.selection.models import Candidate, Decision, Deliberation
from services.selection.permissions import person_id
from services.selection.rounds import require_in_edition
from services.selection.views.scope import in_conflict_with
from shared.errors import FieldError, Invalid, NotFound, StaleVersion
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
    await _make_way(command.edition_id, work)
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
    return draft


async def change_outcome(command: ChangeOutcome, work: Work) -> Deliberation:
    """Decide otherwise than the matching on one application, for a reason that is kept."""
    draft = await repository.deliberation_to_change(work.session, command.decisions_id)
    if draft.version != command.version:
        raise StaleVersion
    if draft.state != DecisionsState.DRAFT:
        raise domain.DecisionsNotOpen(draft.state)
    await require_in_edition(work.session, draft.edition_id, "staff", "change_decisions", now=work.now)
    rows = {row.application_id: row for row in await decisions_in(draft, work)}
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
    row.changed_because = command.reason
    row.changed_by = work.actor.name
    # The draft's own version must change with any of its outcomes: who publishes says which version was read.
    draft.changes += 1
    await work.session.flush()
    return draft


async def decisions_in(deliberation: Deliberation, work: Work) -> Sequence[Decision]:
    query = select(Decision).where(Decision.deliberation_id == deliberation.id)
    return (await work.session.exec(query.order_by(col(Decision.application_id)))).all()


def decided_of(row: Decision) -> Decided:
    return Decided(application_id=row.application_id, outcome=Outcome(row.outcome), challenge_id=row.challenge_id)


async def _make_way(edition_id: UUID, work: Work) -> None:
    """Supersede the edition's draft. Raises ResultsAlreadyPublished."""
    query = select(Deliberation).where(
        Deliberation.edition_id == edition_id, Deliberation.state != DecisionsState.SUPERSEDED
    )
    for present in (await work.session.exec(query.with_for_update())).all():
        if present.state == DecisionsState.PUBLISHED:
            raise domain.ResultsAlreadyPublished
        present.state = DecisionsState.SUPERSEDED
    await work.session.flush()


def _check_known(command: ProposeDecisions, orders: Preferences) -> None:
    pointers = [f"#/capacities/{one}" for one in sorted(command.capacities.keys() - orders.keys())]
    pointers += [f"#/reserves_by_challenge/{one}" for one in sorted(command.reserves.keys() - orders.keys())]
    if pointers:
        raise UnknownChallenges(pointers)
