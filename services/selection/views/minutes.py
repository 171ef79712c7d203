"""What minutes are made of: recorded facts as plain JSON, and apart from them what can be forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection import repository
from services.selection.domain.approvals import InConflictWithDecisions
from services.selection.domain.decisions import DecisionsState, Kind, Outcome
from services.selection.domain.proof import prove
from services.selection.domain.ranking import digest_of
from services.selection.domain.remarks import RemarkKind
from services.selection.models import Challenge, Decision, Deliberation, Edition, Minutes, Reasons, Remark
from services.selection.views.approvals import approvals
from services.selection.views.dossiers import newest_dossiers
from services.selection.views.minutes_of_juries import juries_of
from services.selection.views.naming import names_in_minutes, people_in
from services.selection.views.scope import in_conflict_with
from shared.errors import NotFound

FORMAT = "minutes/1"

EVENTS = text(
    """
    SELECT event_id, type, sequence, subject, happened_at, encode(sha256(value), 'hex') AS sha256
    FROM event_log WHERE subject = ANY(:subjects) ORDER BY position
    """
)


@dataclass(frozen=True)
class MinutesRow:
    """`facts` were frozen with the publication, and `digest` is of them; `words` are people's, and may be erased."""

    facts: dict[str, Any]
    digest: str
    words: dict[str, dict[str, str]]
    """startups, by application; changes, by application; dissent, by its id; people, by id, empty if forgotten."""


class NoMinutes(NotFound):
    message = "There are no minutes of these decisions: they are not published, or were before minutes were kept."


async def minutes(session: AsyncSession, decisions_id: UUID, *, person_id: UUID) -> MinutesRow:
    """Whole or not at all. Raises NoMinutes, InConflictWithDecisions."""
    kept = (await session.exec(select(Minutes).where(Minutes.deliberation_id == decisions_id))).one_or_none()
    if kept is None:
        raise NoMinutes
    rows = await repository.decisions_in(session, decisions_id)
    if await in_conflict_with(session, person_id, [row.application_id for row in rows]):
        raise InConflictWithDecisions
    newest = newest_dossiers()
    named = select(newest.c.application_id, newest.c.startup).where(newest.c.application_id.in_(_files_in(kept.facts)))
    said = select(Remark).where(col(Remark.id).in_([UUID(one["id"]) for one in kept.facts["dissent"]]))
    people = await names_in_minutes(session, set(people_in(kept.facts)))
    return MinutesRow(
        facts=kept.facts,
        digest=kept.digest,
        words={
            "startups": {str(file): startup for file, startup in (await session.exec(named)).all()},
            "changes": {str(row.application_id): row.changed_because for row in rows if row.changed_because},
            "people": {str(person): name for person, name in people.items()},
            "dissent": {str(one.id): one.words for one in (await session.exec(said)).all() if one.words},
        },
    )


async def facts_of(session: AsyncSession, deliberation: Deliberation) -> dict[str, Any]:
    """All that led to these decisions, up to now."""
    rows = await repository.decisions_in(session, deliberation.id)
    drafts = await _drafts_before(session, deliberation)
    juries = await juries_of(session, deliberation.edition_id)
    subjects = [str(one.id) for one in (*drafts, deliberation)]
    subjects += [jury["ranking"]["id"] for jury in juries if jury["ranking"]]
    events = await (await session.connection()).execute(EVENTS, {"subjects": subjects})
    return {
        "format": FORMAT,
        "decisions_id": str(deliberation.id),
        "kind": deliberation.kind,
        "amends": str(deliberation.amends) if deliberation.amends else None,
        "edition": await _edition(session, deliberation.edition_id),
        "challenges": await _challenges(session, deliberation.edition_id),
        "juries": juries,
        "drafts": [await _draft(session, one) for one in (*drafts, deliberation)],
        "outcomes": [_outcome(row) for row in rows],
        "vacated": deliberation.vacated,
        "matching": await _matching(session, deliberation, rows),
        "reasons": await _reasons(session, deliberation, rows),
        "dissent": [_dissented(one) for one in await _dissent(session, [deliberation, *drafts])],
        "published_at": _at(deliberation.published_at),
        "published_by": deliberation.published_by,
        "events": [
            {
                "id": str(row.event_id),
                "type": row.type,
                "subject": row.subject,
                "sequence": row.sequence,
                "happened_at": _at(row.happened_at),
                "sha256": row.sha256,
            }
            for row in events
        ],
    }


def _files_in(facts: dict[str, Any]) -> list[UUID]:
    rankings = [jury["ranking"] for jury in facts["juries"] if jury["ranking"]]
    files = {line["application_id"] for ranking in rankings for line in ranking["files"]}
    files |= {one["application_id"] for one in facts["outcomes"]} | facts["vacated"].keys()
    return [UUID(file) for file in sorted(files)]


def _at(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


async def _edition(session: AsyncSession, edition_id: UUID) -> dict[str, Any]:
    found = await session.get(Edition, edition_id)
    if found is None:  # announced before selection listened
        return {"id": str(edition_id), "title": {}, "city": "", "zone": "UTC"}
    return {"id": str(edition_id), "title": found.title, "city": found.city, "zone": found.zone}


async def _challenges(session: AsyncSession, edition_id: UUID) -> dict[str, Any]:
    query = select(Challenge).where(Challenge.edition_id == edition_id).order_by(col(Challenge.id))
    return {str(one.id): {"title": one.title, "partner": one.partner} for one in (await session.exec(query)).all()}


async def _drafts_before(session: AsyncSession, deliberation: Deliberation) -> Sequence[Deliberation]:
    """What was proposed for the same and gave way, in order."""
    query = select(Deliberation).where(
        Deliberation.edition_id == deliberation.edition_id,
        Deliberation.kind == deliberation.kind,
        Deliberation.state == DecisionsState.SUPERSEDED,
        col(Deliberation.id) < deliberation.id,
    )
    return (await session.exec(query.order_by(col(Deliberation.id)))).all()


async def _draft(session: AsyncSession, deliberation: Deliberation) -> dict[str, Any]:
    found = await approvals(session, deliberation)
    return {
        "id": str(deliberation.id),
        "state": deliberation.state,
        "proposed_at": _at(deliberation.proposed_at),
        "proposed_by": deliberation.proposed_by,
        "content_digest": found.digest if deliberation.state != DecisionsState.SUPERSEDED else None,
        "approvals_needed": deliberation.approvals_needed,
        "changes": deliberation.changes,
        "approvals": [
            {
                "approver_id": str(one.approver_id),
                "approved_at": _at(one.approved_at),
                "digest": one.digest,
                "voided_at": _at(one.voided_at),
                "voided_because": one.voided_because,
            }
            for one in found.given
        ],
    }


def _outcome(row: Decision) -> dict[str, Any]:
    return {
        "application_id": str(row.application_id),
        "outcome": row.outcome,
        "challenge_id": str(row.challenge_id) if row.challenge_id else None,
        "changed_by": row.changed_by,
        "because_digest": row.because_digest,
    }


async def _matching(
    session: AsyncSession, deliberation: Deliberation, rows: Sequence[Decision]
) -> dict[str, Any] | None:
    if deliberation.kind != Kind.RESULTS:
        return None
    market = await repository.market_of(session, deliberation)
    matched = {row.application_id: row.challenge_id for row in rows if row.challenge_id is not None}
    return {
        "market": market.as_json(),
        "market_digest": digest_of(market.as_json()),
        "matched": {str(file): str(challenge) for file, challenge in sorted(matched.items())},
        "as_computed": matched == market.match(),
        "short": {str(challenge): got for challenge, got in sorted(market.short(matched).items())},
        "proof": prove(market, matched),
    }


async def _reasons(session: AsyncSession, deliberation: Deliberation, rows: Sequence[Decision]) -> dict[str, Any]:
    query = select(Reasons).where(Reasons.deliberation_id == deliberation.id).order_by(col(Reasons.application_id))
    found = (await session.exec(query)).all()
    return {
        "owed": sum(row.outcome != Outcome.SELECTED for row in rows),
        "signed": [
            {"application_id": str(one.application_id), "digest": one.digest, "signed_by": one.signed_by}
            for one in found
            if one.signed_at is not None
        ],
    }


async def _dissent(session: AsyncSession, deliberations: Sequence[Deliberation]) -> Sequence[Remark]:
    """Also what was said of drafts that gave way."""
    query = select(Remark).where(
        col(Remark.deliberation_id).in_([one.id for one in deliberations]), Remark.kind == RemarkKind.DISSENT
    )
    return (await session.exec(query.order_by(col(Remark.id)))).all()


def _dissented(remark: Remark) -> dict[str, Any]:
    return {
        "id": str(remark.id),
        "application_id": str(remark.application_id) if remark.application_id else None,
        "made_by": remark.made_by,
        "juror_id": str(remark.juror_id) if remark.juror_id else None,
        "made_at": _at(remark.made_at),
        "digest": remark.digest,
    }
