"""What was remarked on decisions."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.models import Remark
from services.selection.views.scope import without_conflict


async def remarks(
    session: AsyncSession, decisions_id: UUID, *, person_id: UUID, after: UUID | None, limit: int
) -> Sequence[Remark]:
    """In order, without what is about a file in conflict with this person."""
    query = (
        select(Remark)
        .where(
            Remark.deliberation_id == decisions_id,
            or_(
                col(Remark.application_id).is_(None),
                without_conflict(col(Remark.application_id), person_id),  # type: ignore[arg-type]  # null comes first
            ),
        )
        .order_by(col(Remark.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(Remark.id) > after)
    return (await session.exec(query)).all()
