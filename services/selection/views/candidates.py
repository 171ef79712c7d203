"""Who is in the running: staff see all that was admitted, a juror what it may judge, and nobody a file in conflict."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Exists, any_, exists, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.models import Candidate, Jury
from services.selection.repository import ADMITTED
from services.selection.views.dossiers import newest_dossiers
from services.selection.views.phases import juries_with_the_whole_field
from services.selection.views.scope import holds_live_review, sits_in, without_conflict


@dataclass(frozen=True)
class CandidateRow:
    """An application, with the name and the title of its newest dossier if there is one."""

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
    """The admitted that this person may see, of one challenge or of all; `search` looks in startup and title."""
    newest = newest_dossiers()
    query = (
        select(Candidate, newest.c.startup, newest.c.title)
        .outerjoin(newest, newest.c.application_id == Candidate.id)
        .where(Candidate.state == ADMITTED, without_conflict(col(Candidate.id), person_id, organisation=organisation))
        .order_by(col(Candidate.id))
        .limit(limit)
    )
    if not all_juries:
        query = query.where(
            _judged_by(person_id, challenge, await juries_with_the_whole_field(session, person_id, now=now))
        )
    if challenge is not None:
        query = query.where(col(Candidate.challenge_ids).contains([challenge]))
    if search is not None:
        query = query.where(
            or_(newest.c.startup.icontains(search, autoescape=True), newest.c.title.icontains(search, autoescape=True))
        )
    if after is not None:
        query = query.where(col(Candidate.id) > after)
    rows: Sequence[tuple[Candidate, str | None, str | None]] = (await session.exec(query)).all()
    return [CandidateRow(candidate, startup, title) for candidate, startup, title in rows]


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
