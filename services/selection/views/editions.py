"""What editions and their challenges are called."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.models import Edition


async def zone_of(session: AsyncSession, edition_id: UUID | None) -> str | None:
    """The zone of that edition, or of the newest; None before there is one."""
    query = select(Edition.zone).order_by(col(Edition.id).desc()).limit(1)
    if edition_id is not None:
        query = query.where(Edition.id == edition_id)
    return (await session.exec(query)).one_or_none()
