"""What each jury of an edition did, for the minutes: its rule, who sat, conflicts, reviews, the frozen ranking."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.reviews import ReviewState
from services.selection.models import Candidate, Conflict, Jury, PhaseOpening, Ranking, Review, Seat, Shortlist


async def juries_of(session: AsyncSession, edition_id: UUID) -> list[dict[str, Any]]:
    query = select(Jury).where(Jury.edition_id == edition_id).order_by(col(Jury.challenge_id))
    return [await _jury(session, jury) for jury in (await session.exec(query)).all()]


async def _jury(session: AsyncSession, jury: Jury) -> dict[str, Any]:
    seats = await session.exec(select(Seat.juror_id).where(Seat.jury_id == jury.id).order_by(col(Seat.juror_id)))
    reviews = (await session.exec(select(Review).where(Review.jury_id == jury.id).order_by(col(Review.id)))).all()
    seated = [str(juror) for juror in seats.all()]
    # Who judged and has left the jury since, also by being forgotten, judged all the same.
    judged = sorted({str(review.juror_id) for review in reviews} - set(seated))
    return {
        "challenge_id": str(jury.challenge_id),
        "appointed_at": jury.appointed_at.isoformat(),
        "reviews_per_file": jury.reviews_per_file,
        "files_per_juror": jury.files_per_juror,
        "blind": jury.blind,
        "criteria": [
            {"key": one["key"], "weight": one["weight"], "title": one.get("title", {})} for one in jury.criteria
        ],
        "jurors": seated,
        "judged_and_left": judged,
        "phases": await _phases(session, jury.id),
        "conflicts": await _conflicts(session, jury, [*seated, *judged]),
        "recusals": [
            {
                "application_id": str(review.application_id),
                "juror_id": str(review.juror_id),
                "could_not_judge": review.could_not_judge,
                "after_submitting": review.submitted_at is not None,
            }
            for review in reviews
            if review.state == ReviewState.RECUSED
        ],
        "reviews": dict(sorted(Counter(review.state for review in reviews).items())),
        "ranking": await _ranking(session, jury.id),
        "shortlist": await _shortlist(session, jury.challenge_id),
    }


async def _phases(session: AsyncSession, jury_id: UUID) -> list[dict[str, Any]]:
    query = select(PhaseOpening).where(PhaseOpening.jury_id == jury_id).order_by(col(PhaseOpening.id))
    return [{"phase": one.phase, "opened_at": one.opened_at.isoformat()} for one in (await session.exec(query)).all()]


async def _conflicts(session: AsyncSession, jury: Jury, jurors: Sequence[str]) -> list[dict[str, Any]]:
    query = (
        select(Conflict)
        .join(Candidate, col(Candidate.id) == Conflict.application_id)
        .where(
            col(Conflict.juror_id).in_([UUID(juror) for juror in jurors]),
            col(Candidate.challenge_ids).contains([jury.challenge_id]),
        )
        .order_by(col(Conflict.id))
    )
    return [
        {
            "application_id": str(one.application_id),
            "juror_id": str(one.juror_id),
            "kind": one.kind,
            "state": one.state,
            "known_at": one.declared_at.isoformat(),
        }
        for one in (await session.exec(query)).all()
    ]


async def _ranking(session: AsyncSession, jury_id: UUID) -> dict[str, Any] | None:
    found = (await session.exec(select(Ranking).where(Ranking.jury_id == jury_id))).one_or_none()
    if found is None:
        return None
    parameters = found.inputs.get("parameters", {})
    sure = {line["application_id"]: line for line in (found.report or {}).get("files", ())}
    return {
        "id": str(found.id),
        "method": found.method,
        "inputs_digest": found.inputs_digest,
        "result_digest": found.result_digest,
        "places": parameters.get("places"),
        "seed": parameters.get("seed"),
        "interval_percent": parameters.get("interval_percent"),
        "libraries": found.libraries or {},
        "frozen_at": found.frozen_at.isoformat(),
        "frozen_by": found.frozen_by,
        "groups": len((found.report or {}).get("groups", ())),
        "agreement": (found.report or {}).get("agreement", {}).get("alpha"),
        "files": [{**line, **sure.get(line["application_id"], {})} for line in found.files],
    }


async def _shortlist(session: AsyncSession, challenge_id: UUID) -> dict[str, Any] | None:
    found = (await session.exec(select(Shortlist).where(Shortlist.challenge_id == challenge_id))).one_or_none()
    if found is None:
        return None
    return {
        "lowest_score": found.lowest_score,
        "files": len(found.files),
        "order": [str(file) for file in found.order] if found.order else None,
        "ordered_by": found.ordered_by,
        "ordered_at": found.ordered_at.isoformat() if found.ordered_at else None,
    }
