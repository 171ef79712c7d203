"""An event as a row: of the log, of what comes live, of causes and effects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from markupsafe import Markup
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.models import Entry
from services.notifications.pages.naming import event_name, service_of
from services.notifications.pages.sight import Sight
from shared.web import Page


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a row shows."""

    position: int
    name: Markup
    service: str
    time: datetime
    actor: str
    actor_name: str | None
    file: UUID | None


async def rows_of(page: Page, entries: Sequence[Entry], session: AsyncSession) -> list[Row]:
    sight = await Sight.of(page.actor, entries, session)
    return [row_of(page, entry, sight) for entry in entries]


def row_of(page: Page, entry: Entry, sight: Sight) -> Row:
    return Row(
        position=entry.position,
        name=event_name(page, entry.type),
        service=service_of(entry.source),
        time=entry.happened_at,
        actor=entry.actor,
        actor_name=sight.name(entry.actor),
        file=entry.file,
    )
