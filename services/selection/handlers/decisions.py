"""Proposes an edition's decisions, and lets one outcome be changed before they are published."""

import secrets
from uuid import UUID

from services.selection import repository
from services.selection.commands import ChangeOutcome, ProposeDecisions
from services.selection.domain import decisions as domain
from services.selection.domain.approvals import VoidedBecause, commitment_to
from services.selection.domain.decisions import Decided, Kind, Outcome
from services.selection.domain.markets import Market
from services.selection.domain.matching import Preferences
from services.selection.handlers.drafts import begin, changed, draft_to_change, make_way
from services.selection.models import Candidate, Decision, Deliberation
from services.selection.permissions import person_id
from services.selection.rounds import require_in_edition
from services.selection.views import shortlists
from services.selection.views.scope import in_conflict_with
from shared.errors import FieldError, Invalid, NotFound
from shared.work import Work


class UnknownChallenges(Invalid):
    slug = "unknown-challenges"

    def __init__(self, pointers: list[str]) -> None:
        super().__init__(
            "Places or a reserve are given for challenges without a frozen ranking in this edition. Leave them out.",
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
    """Match startups and challenges by both sides' preferences; an earlier draft gives way to this one."""
    await repository.lock_edition(work.session, command.edition_id)
    await require_in_edition(work.session, command.edition_id, "staff", "propose_decisions", now=work.now)
    if await repository.published_results(work.session, command.edition_id):
        raise domain.ResultsAlreadyPublished
    earlier = await make_way(command.edition_id, work)
    candidates = await repository.eligible_files(work.session, edition_id=command.edition_id)
    rankings = repository.orders_of(await repository.rankings_of(work.session, command.edition_id))
    wishes = repository.wishes_of(candidates)
    domain.check_rankings(wishes, rankings, leave_unranked=command.leave_unranked)
    _check_known(command, rankings)
    given = await shortlists.orders_given(work.session, command.edition_id)

    market = Market(
        wishes=wishes,
        orders=shortlists.orders_with(rankings, given),
        capacities={challenge: command.capacities.get(challenge, command.capacity) for challenge in rankings},
        minimums={challenge: command.minimums.get(challenge, command.minimum) for challenge in rankings},
        by_partner=frozenset(given),
    )
    domain.check_minimums(market.minimums, market.capacities)
    reserves = {challenge: command.reserves.get(challenge, command.reserve) for challenge in rankings}

    draft = Deliberation(
        edition_id=command.edition_id,
        kind=Kind.RESULTS,
        capacities={str(challenge): places for challenge, places in market.capacities.items()},
        reserves={str(challenge): places for challenge, places in reserves.items()},
        market=market.as_json(),
        approvals_needed=command.approvals_needed,
        salt=secrets.token_hex(16),
        proposed_at=work.now,
        proposed_by=work.actor.name,
    )
    await begin(draft, domain.propose(market, reserves=reserves), work, supersedes=earlier)
    return draft


async def change_outcome(command: ChangeOutcome, work: Work) -> Deliberation:
    """Decide otherwise than the matching on one application, for a reason that is kept."""
    draft = await draft_to_change(command.decisions_id, work, action="change_decisions", version=command.version)
    if draft.kind != Kind.RESULTS:
        raise domain.PromotionFollowsTheList
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


def decided_of(row: Decision) -> Decided:
    return Decided(application_id=row.application_id, outcome=Outcome(row.outcome), challenge_id=row.challenge_id)


def _check_known(command: ProposeDecisions, rankings: Preferences) -> None:
    given = {
        "capacities": command.capacities,
        "minimums": command.minimums,
        "reserves_by_challenge": command.reserves,
    }
    pointers = [
        f"#/{field}/{challenge}"
        for field, places in given.items()
        for challenge in sorted(places.keys() - rankings.keys())
    ]
    if pointers:
        raise UnknownChallenges(pointers)
