"""What selection told of who reads what."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.applications import models
from services.applications.models import (
    ReviewReader,
)
from shared.work import Work


async def let_read(
    work: Work, *, review_id: UUID, application_id: UUID, juror_id: UUID, active: bool, blind: bool = False
) -> None:
    """Note who reviews what. A review that ended never begins again."""
    values = {
        "id": review_id,
        "version": 1,
        "application_id": application_id,
        "juror_id": juror_id,
        "active": active,
        "blind": blind,
    }
    statement = insert(ReviewReader).values(**values)
    if active:
        statement = statement.on_conflict_do_nothing(index_elements=["id"])
    else:
        statement = statement.on_conflict_do_update(index_elements=["id"], set_={"active": False})
    await (await work.session.connection()).execute(statement)


async def bar(work: Work, *, conflict_id: UUID, application_id: UUID, juror_id: UUID) -> None:
    """Note a conflict, which lasts until it is dismissed. Told twice, it is one: selection has one for each pair."""
    values = {"id": conflict_id, "version": 1, "application_id": application_id, "juror_id": juror_id}
    await (await work.session.connection()).execute(insert(models.Conflict).values(**values).on_conflict_do_nothing())


async def lift_bar(work: Work, *, conflict_id: UUID) -> None:
    """Forget a conflict that was dismissed; events of one file come in order, so none is noted after it."""
    await (await work.session.connection()).execute(
        delete(models.Conflict).where(col(models.Conflict.id) == conflict_id)
    )
