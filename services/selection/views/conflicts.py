"""Conflicts of interest: a juror sees its own, staff see all."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.models import Conflict


async def conflicts(
    session: AsyncSession, *, only_of: UUID | None, application: UUID | None, after: UUID | None, limit: int
) -> Sequence[Conflict]:
    query = select(Conflict).order_by(col(Conflict.id)).limit(limit)
    if only_of is not None:
        query = query.where(Conflict.juror_id == only_of)
    if application is not None:
        query = query.where(Conflict.application_id == application)
    if after is not None:
        query = query.where(col(Conflict.id) > after)
    return (await session.exec(query)).all()
