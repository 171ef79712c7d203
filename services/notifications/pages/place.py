"""Where the monitor is, and by which clock it tells times."""

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.views import entries as views
from shared import clock
from shared.errors import Invalid
from shared.web import Page

PREFIX = "/monitor"
SERVICES = ("applications", "selection", "incubation", "notifications")
UTC = "UTC"


async def zone(session: AsyncSession, *, file: UUID | None = None) -> ZoneInfo:
    """The edition's; UTC before there is one, and for a zone that this machine's data does not have."""
    try:
        return clock.zone_named(await views.zone_of(session, file=file) or UTC)
    except Invalid:
        return clock.zone_named(UTC)


async def in_zone(page: Page, session: AsyncSession, *, file: UUID | None = None) -> Page:
    return page.in_zone(await zone(session, file=file))
