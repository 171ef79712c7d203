"""On what a juror may bid: the files that its jury will judge, without who handed them in."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import any_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.models import Bid, Candidate, Jury
from services.selection.repository import ADMITTED
from services.selection.views.scope import sits_in, without_conflict
from services.selection.views.seen import SeenName, names_seen


@dataclass(frozen=True)
class BidRow:
    """A file by its title and summary, never by its startup, and what the juror said of it."""

    application_id: UUID
    title: str | None
    summary: str | None
    bid: str | None


async def files_to_bid_on(
    session: AsyncSession, jury: Jury, *, person_id: UUID, organisation: str | None, after: UUID | None, limit: int
) -> list[BidRow]:
    """The admitted files of the jury's challenge, but those in conflict with this juror. The caller asks the phase."""
    query = (
        select(Candidate.id, Bid.bid)
        .join(Jury, col(Jury.challenge_id) == any_(col(Candidate.challenge_ids)))
        .outerjoin(
            Bid,
            (col(Bid.application_id) == Candidate.id)
            & (col(Bid.juror_id) == person_id)
            & (col(Bid.jury_id) == jury.id),
        )
        .where(
            Jury.id == jury.id,
            sits_in(col(Jury.id), person_id),
            Candidate.state == ADMITTED,
            without_conflict(col(Candidate.id), person_id, organisation=organisation),
        )
        .order_by(col(Candidate.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(Candidate.id) > after)
    rows = (await session.exec(query)).all()
    names = await names_seen(session, [file for file, _ in rows], person_id=person_id)
    shown = [(file, names.get(file, SeenName()), bid) for file, bid in rows]
    return [BidRow(file, name.title, name.summary, bid) for file, name, bid in shown]
