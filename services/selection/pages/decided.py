"""What a page shows of an edition's decisions: by challenge who is matched and who waits, and who approved what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.selection.domain.decisions import Kind, Outcome
from services.selection.models import Challenge, Decision
from services.selection.pages.naming import titled
from services.selection.permissions import person_id
from services.selection.views import decisions as views
from services.selection.views import deliberation, matchings
from services.selection.views import editions as edition_views
from services.selection.views.decisions import DecisionsRow
from shared.errors import Forbidden, NotFound
from shared.web import Page
from shared.work import Work


@dataclass(frozen=True, kw_only=True)
class OfChallenge:
    """A challenge, who is matched to it, and who waits, in order."""

    challenge: Challenge
    places: int
    matched: Sequence[Decision]
    reserve: Sequence[UUID]
    short_of: int | None
    """How many it was to get at least, if it got fewer."""


async def decided(page: Page, decisions_id: UUID, work: Work) -> Mapping[str, Any]:
    """Without files in conflict with who reads. Raises NoSuchDecisions."""
    me = person_id(work.actor)
    row = await views.decisions(work.session, decisions_id, person_id=me)
    challenges = await edition_views.challenges_of(work.session, row.deliberation.edition_id)
    files = [one.application_id for one in row.decisions] + [file for file, _ in row.vacated]
    counted = row.approvals.counted
    return {
        "deliberation": row.deliberation,
        "edition": titled(page, await edition_views.edition_title(work.session, row.deliberation.edition_id)),
        "titles": {each.id: titled(page, each.title) for each in challenges},
        "partners": {each.id: each.partner for each in challenges},
        "challenges": _by_challenge(row, challenges),
        "not_selected": [one for one in row.decisions if one.outcome == Outcome.NOT_SELECTED],
        "rows": row.decisions,
        "because": {one.application_id: one.changed_because for one in row.decisions if one.changed_because},
        "vacated": row.vacated,
        "blocking": row.blocking,
        "matching": await _matching(row, me, work),
        "names": await deliberation.names_of(work.session, files, person_id=me),
        "unsigned": await deliberation.unsigned_reasons(work.session, row.deliberation.id, person_id=me),
        "digest": row.approvals.digest,
        "needed": row.deliberation.approvals_needed,
        "counted": len(counted),
        "approvals": [
            {"one": one, "counts": one.voided_at is None and one.approver_id in counted} for one in row.approvals.given
        ],
        "mine": any(one.approver_id == me and one.voided_at is None for one in row.approvals.given),
    }


def _by_challenge(row: DecisionsRow, challenges: Sequence[Challenge]) -> list[OfChallenge]:
    capacities = {UUID(challenge): places for challenge, places in row.deliberation.capacities.items()}
    return [
        OfChallenge(
            challenge=each,
            places=capacities.get(each.id, 0),
            matched=[one for one in row.decisions if one.challenge_id == each.id],
            reserve=row.reserve_lists.get(each.id, ()),
            short_of=row.minimums.get(each.id) if each.id in row.short else None,
        )
        for each in challenges
        if each.id in capacities
    ]


async def _matching(row: DecisionsRow, me: UUID, work: Work) -> matchings.MatchingRow | None:
    """None of a promotion, and to who may not see all of it."""
    if row.deliberation.kind != Kind.RESULTS:
        return None
    try:
        return await matchings.matching(work.session, row.deliberation.id, person_id=me)
    except (Forbidden, NotFound):
        return None
