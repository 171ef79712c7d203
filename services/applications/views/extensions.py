"""More time for single teams, as those of the staff may read of it who may decide on that file."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import col, select

from services.applications import repository
from services.applications.models import Application, Extension, Person
from services.applications.permissions import person_id
from services.applications.views.files import is_barred
from services.applications.views.paging import After, page_of
from shared.work import Work


async def extensions_of(work: Work, call_id: UUID, *, after: After, limit: int) -> Sequence[Extension]:
    """All that were asked for, but for files of one's own team or in conflict with oneself."""
    await repository.call_as_it_is(work, call_id)
    query = (
        select(Extension)
        .join(Application, col(Application.id) == col(Extension.application_id))
        .where(col(Extension.call_id) == call_id, ~is_barred(person_id(work.actor)))
    )
    return await page_of(work, query, Extension, after=after, limit=limit)


async def names_of(work: Work, actors: Collection[str | None]) -> dict[str, str]:
    """By actor, of those who said how to be reached and were not forgotten since."""
    ids = [found for each in actors if (found := _as_person(each))]
    query = select(Person.id, Person.name).where(col(Person.id).in_(ids), col(Person.forgotten_at).is_(None))
    return {str(id_): name for id_, name in await work.session.exec(query)} if ids else {}


def _as_person(actor: str | None) -> UUID | None:
    try:
        return UUID(actor or "")
    except ValueError:
        return None
