"""When a part of this service was last alive."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.applications.models import Heartbeat
from shared.database import new_id
from shared.work import Work


async def last_beat(work: Work, part: str) -> datetime | None:
    """When it beat before, if ever; from now on it beat now. Whoever else beats waits."""
    connection = await work.session.connection()
    first = {"id": new_id(), "version": 1, "part": part, "beat_at": work.now}
    made = await connection.execute(insert(Heartbeat).values(**first).on_conflict_do_nothing())
    if made.rowcount:
        return None
    query = select(Heartbeat.beat_at).where(col(Heartbeat.part) == part).with_for_update()
    before = (await work.session.exec(query)).one()
    if before < work.now:
        await connection.execute(update(Heartbeat).where(col(Heartbeat.part) == part).values(beat_at=work.now))
    return before
