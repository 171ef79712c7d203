"""What selection told of who reads what."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

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
    """Note a conflict, which lasts for ever."""
    values = {"id": conflict_id, "version": 1, "application_id": application_id, "juror_id": juror_id}
    await (await work.session.connection()).execute(insert(models.Conflict).values(**values).on_conflict_do_nothing())
