"""What is compared to find applications that look alike."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, delete, text
from sqlmodel import col, select

from services.applications.domain.applications import SHOWN_ONCE_OPENED
from services.applications.domain.calls import CallStatus
from services.applications.domain.likenesses import whole_text
from services.applications.models import Application, Call, Likeness, LikenessSearch, Revision
from shared.work import Work

_SHARING_PEOPLE = text(
    """
    SELECT one.id AS first_id, other.id AS second_id, count(DISTINCT mine.person_id) AS people
    FROM application one
    JOIN application other ON other.call_id = one.call_id AND other.id > one.id AND other.team_id <> one.team_id
    JOIN team_member mine ON mine.team_id = one.team_id
    JOIN team_member theirs ON theirs.team_id = other.team_id AND theirs.person_id = mine.person_id
    WHERE one.call_id = :call_id AND one.status = ANY(:shown) AND other.status = ANY(:shown)
    GROUP BY one.id, other.id
    """
)


class Pair(NamedTuple):
    """Two applications, the lower id first."""

    first_id: UUID
    second_id: UUID


async def call_to_compare(work: Work) -> Call | None:
    """An opened call whose files nobody compared as they are, locked; nobody else takes it."""
    compared = select(LikenessSearch.id)
    query = (
        select(Call)
        .where(col(Call.status) == CallStatus.OPENED, col(Call.id).not_in(compared))
        .order_by(col(Call.opened_at))
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return (await work.session.exec(query)).first()


async def compare_again(work: Work, call_id: UUID) -> None:
    """A file of this call says something else now; whoever compares it holds the call, which is held here too."""
    await (await work.session.connection()).execute(delete(LikenessSearch).where(col(LikenessSearch.id) == call_id))


async def likenesses_of(work: Work, call_id: UUID) -> dict[Pair, Likeness]:
    """What was found before."""
    rows = await work.session.exec(select(Likeness).where(col(Likeness.call_id) == call_id))
    return {Pair(row.first_id, row.second_id): row for row in rows}


async def texts_handed_in(work: Work, call_id: UUID) -> dict[UUID, str]:
    """Application → all that its last revision says."""
    query = (
        select(Application.id, Revision)
        .join(
            Revision,
            and_(
                col(Revision.application_id) == col(Application.id),
                col(Revision.number) == col(Application.revision),
            ),
        )
        .where(col(Application.call_id) == call_id, col(Application.status).in_(SHOWN_ONCE_OPENED))
    )
    return {
        id_: whole_text([revision.summary, *revision.answers.values()])
        for id_, revision in await work.session.exec(query)
    }


async def sharing_people(work: Work, call_id: UUID) -> Mapping[Pair, int]:
    """Applications of different teams that have members in common, and how many."""
    shown = [str(status) for status in SHOWN_ONCE_OPENED]
    rows = await (await work.session.connection()).execute(_SHARING_PEOPLE, {"call_id": call_id, "shown": shown})
    return {Pair(row.first_id, row.second_id): row.people for row in rows}
