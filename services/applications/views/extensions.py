"""More time for single teams, as those of the staff may read of it who may decide on that file."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from services.applications import repository
from services.applications.models import Application, Extension
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
