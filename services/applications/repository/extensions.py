"""More time for one team, as staff ask for it."""

from uuid import UUID

from services.applications.domain import deadlines
from services.applications.models import Extension
from shared.work import Work


async def extension(work: Work, extension_id: UUID) -> Extension:
    """Locked, as it is about to be decided."""
    found = await work.session.get(Extension, extension_id, with_for_update=True)
    if found is None:
        raise deadlines.NoSuchExtension
    return found
