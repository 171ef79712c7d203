"""The phases of a jury: which were opened, by what, and why."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.juries import JuryState
from services.selection.domain.phases import Opened
from services.selection.models import Jury, PhaseOpening
from services.selection.rounds import allows, round_of
from services.selection.views.scope import sits_in


async def openings(session: AsyncSession, jury: Jury) -> Sequence[PhaseOpening]:
    """What was told so far, in order."""
    query = select(PhaseOpening).where(PhaseOpening.jury_id == jury.id)
    return (await session.exec(query.order_by(col(PhaseOpening.opened_at), col(PhaseOpening.id)))).all()


def since(jury: Jury, opened: Sequence[Opened]) -> Opened | None:
    """What opened the present phase: a date, though nobody told of it yet, or what was told last."""
    return opened[-1] if opened else round_of(jury).last


async def juries_with_the_whole_field(session: AsyncSession, person_id: UUID, *, now: datetime) -> list[UUID]:
    """Those of this juror in which nothing is assigned yet, and whose phase shows all that they will judge."""
    query = select(Jury).where(Jury.state == JuryState.APPOINTED, sits_in(col(Jury.id), person_id))
    found = (await session.exec(query)).all()
    return [jury.id for jury in found if allows(jury, "juror", "see_the_whole_field", now=now)]
