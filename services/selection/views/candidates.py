"""Who is in the running: staff see all that was admitted, a juror what it may judge, and nobody a file in conflict."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Exists, any_, case, exists, null, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.models import Candidate, Jury
from services.selection.repository import ADMITTED
from services.selection.views.dossiers import newest_dossiers
from services.selection.views.phases import juries_with_the_whole_field
from services.selection.views.scope import blind_to, holds_live_review, sits_in, without_conflict
from services.selection.views.seen import SeenName, names_seen


@dataclass(frozen=True)
class CandidateRow:
    """An application, with the name and the title of its newest dossier, as far as they may be known."""

    candidate: Candidate
    startup: str | None
    title: str | None


async def candidates(
    session: AsyncSession,
    *,
    person_id: UUID,
    all_juries: bool,
    now: datetime,
    challenge: UUID | None,
    search: str | None,
    after: UUID | None,
    limit: int,
    organisation: str | None = None,
) -> list[CandidateRow]:
    """The admitted that this person may see, of one challenge or of all; `search` looks in what it may read of them."""
    if all_juries:
        return await _for_staff(
            session,
            person_id=person_id,
            organisation=organisation,
            challenge=challenge,
            search=search,
            after=after,
            limit=limit,
        )
    whole = await juries_with_the_whole_field(session, person_id, now=now)
    query = (
        select(Candidate)
        .where(
            Candidate.state == ADMITTED,
            without_conflict(col(Candidate.id), person_id, organisation=organisation),
            _judged_by(person_id, challenge, whole),
        )
        .order_by(col(Candidate.id))
    )
    if after is not None:
        query = query.where(col(Candidate.id) > after)
    # All of them if words decide which: those are read in a role that sees nothing of conflicts.
    found = (await session.exec(query if search is not None else query.limit(limit))).all()
    names = await names_seen(session, [one.id for one in found], person_id=person_id, search=search)
    if search is not None:
        found = [one for one in found if one.id in names][:limit]
    shown = [(one, names.get(one.id, SeenName())) for one in found]
    return [CandidateRow(one, name.startup, name.title) for one, name in shown]


async def _for_staff(
    session: AsyncSession,
    *,
    person_id: UUID,
    organisation: str | None,
    challenge: UUID | None,
    search: str | None,
    after: UUID | None,
    limit: int,
) -> list[CandidateRow]:
    """Whoever is staff and sits in a blind jury too does not learn its names by the other door."""
    newest = newest_dossiers()
    blind = blind_to(person_id)
    startup, title = (case((blind, null()), else_=column) for column in (newest.c.startup, newest.c.title))
    query = (
        select(Candidate, startup, title)
        .outerjoin(newest, newest.c.application_id == Candidate.id)
        .where(Candidate.state == ADMITTED, without_conflict(col(Candidate.id), person_id, organisation=organisation))
        .order_by(col(Candidate.id))
        .limit(limit)
    )
    if challenge is not None:
        query = query.where(col(Candidate.challenge_ids).contains([challenge]))
    if search is not None:
        query = query.where(or_(startup.icontains(search, autoescape=True), title.icontains(search, autoescape=True)))
    if after is not None:
        query = query.where(col(Candidate.id) > after)
    return [CandidateRow(*row) for row in (await session.exec(query)).all()]


def _judged_by(person_id: UUID, challenge: UUID | None, whole: Collection[UUID]) -> Exists:
    """Of the juries `whole` all that they will judge, so that a juror can declare conflicts; of others its own only."""
    mine = (
        exists()
        .where(
            col(Jury.challenge_id) == any_(col(Candidate.challenge_ids)),
            sits_in(col(Jury.id), person_id),
            or_(
                col(Jury.id).in_(whole),
                holds_live_review(col(Jury.id), col(Candidate.id), person_id),
            ),
        )
        .correlate_except(Jury)
    )
    return mine if challenge is None else mine.where(col(Jury.challenge_id) == challenge)
