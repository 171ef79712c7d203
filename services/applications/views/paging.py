"""One page of a list."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import col

from shared.work import Work

After = tuple[Any, ...] | None


async def page_of(work: Work, query: Any, of: Any, *, after: After, limit: int) -> Sequence[Any]:
    """Keyset paging, oldest first."""
    made, id_ = col(of.created_at), col(of.id)
    if after is not None:
        query = query.where(or_(made > after[0], and_(made == after[0], id_ > after[1])))
    return list(await work.session.exec(query.order_by(made, id_).limit(limit)))
