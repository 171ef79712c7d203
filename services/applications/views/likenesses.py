"""Applications that look alike, as staff may see them, and what they have in common."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.applications import relations, repository
from services.applications.domain import applications
from services.applications.domain.challenges import NoSuchCall
from services.applications.models import Application, Call, Likeness, LikenessSearch, Revision
from services.applications.views.files import visible_applications
from services.applications.views.paging import After, page_of
from shared.differences import in_common
from shared.work import Work

LEAST_WORDS = 8
MOST_PASSAGES = 20


class Passage(NamedTuple):
    """The same words in two applications."""

    field: str
    other_field: str
    text: str


class Evidence(NamedTuple):
    """What two applications have in common."""

    likeness: Likeness
    people: Sequence[UUID]
    passages: Sequence[Passage]


async def searched_at(work: Work, call_id: UUID) -> datetime | None:
    """When a call's files were compared; None if that is still to come."""
    found = await work.session.get(LikenessSearch, call_id)
    return found.searched_at if found else None


async def likenesses(work: Work, call_id: UUID, *, after: After, limit: int) -> Sequence[Likeness]:
    """Pairs of which both may be seen: who is in conflict with one of them learns nothing by the other."""
    call = await work.session.get(Call, call_id)
    if call is None:
        raise NoSuchCall
    relations.require_opened(work.actor, "read_likenesses", call)
    visible = select(Application.id).where(visible_applications(work.actor))
    query = select(Likeness).where(
        col(Likeness.call_id) == call_id, col(Likeness.first_id).in_(visible), col(Likeness.second_id).in_(visible)
    )
    return await page_of(work, query, Likeness, after=after, limit=limit)


async def likeness_evidence(work: Work, application_id: UUID, other_id: UUID) -> Evidence:
    """What exactly two applications have in common, looked up now."""
    pair = [await _opened(work, each) for each in (application_id, other_id)]
    ids = sorted((application_id, other_id))
    query = select(Likeness).where(col(Likeness.first_id) == ids[0], col(Likeness.second_id) == ids[1])
    likeness = (await work.session.exec(query)).first()
    if likeness is None:
        raise applications.NoSuchApplication
    one, other = [await repository.members_of(work, each.team_id) for each in pair]
    texts = [_fields(await repository.counting_revision(work, each)) for each in pair]
    passages = [
        Passage(field, other_field, passage)
        for field, text in texts[0].items()
        for other_field, other_text in texts[1].items()
        for passage in in_common(text, other_text, least=LEAST_WORDS)
    ]
    longest = sorted(passages, key=lambda each: len(each.text), reverse=True)[:MOST_PASSAGES]
    return Evidence(likeness, [person for person in one if person in other], longest)


async def _opened(work: Work, application_id: UUID) -> Application:
    found, _ = await relations.file_to(work, application_id, "read_likenesses")
    return found


def _fields(revision: Revision) -> dict[str, str]:
    fields = {"summary": revision.summary} | {f"answers/{id_}": text for id_, text in revision.answers.items()}
    return {name: text for name, text in fields.items() if len(text.split()) >= LEAST_WORDS}
