"""Where the jury's pages are, and by which clock they tell times."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.views import editions as views
from shared import clock
from shared.errors import Invalid
from shared.web import Page

PREFIX = "/jury"
UTC = "UTC"


async def in_zone(page: Page, session: AsyncSession, *, edition: UUID | None = None) -> Page:
    """The same page with the times of the edition, or of the newest; UTC before there is one."""
    try:
        zone = clock.zone_named(await views.zone_of(session, edition) or UTC)
    except Invalid:
        zone = clock.zone_named(UTC)
    return page.in_zone(zone)
