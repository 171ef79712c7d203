"""Which mails are drafts, which act brought them about, and how staff change them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast
from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.domain.mail import TO_BE_SENT
from services.notifications.models import Entry, Mail


def is_draft() -> tuple[ColumnElement[bool], ...]:
    """Nobody has begun to send it."""
    return col(Mail.drafted).is_(True), col(Mail.attempts) == 0, col(Mail.state).in_(TO_BE_SENT)


def act_of_mail() -> ColumnElement[str]:
    """What one act told has one correlation; an event that is not in the log yet stands for itself."""
    return func.coalesce(col(Entry.correlation_id), cast(col(Mail.about_event_id), Text))


async def change_drafts(
    session: AsyncSession, *, template: str, correlation_id: str, seen_until: datetime, changes: dict[str, Any]
) -> list[UUID]:
    """The events that the changed ones are about."""
    wanted = (
        select(Mail.id)
        .outerjoin(Entry, col(Entry.event_id) == col(Mail.about_event_id))
        .where(
            *is_draft(),
            col(Mail.template) == template,
            act_of_mail() == correlation_id,
            col(Mail.created_at) <= seen_until,
        )
    )
    # Said again of the row itself, as it may have been claimed while we waited for it.
    changed = update(Mail).where(col(Mail.id).in_(wanted), *is_draft()).values(**changes)
    rows = await (await session.connection()).execute(changed.returning(col(Mail.about_event_id)))
    return sorted(row.about_event_id for row in rows)
