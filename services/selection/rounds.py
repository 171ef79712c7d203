"""What a jury's row says of its phases, in the domain's terms: whoever needs "may this happen now" asks here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.phases import Opened, Phase, Planned, Round
from services.selection.models import Jury
from shared.clock import Deadline


def round_of(jury: Jury) -> Round:
    if jury.phase is None or jury.phase_since is None:
        return Round()
    last = Opened(phase=Phase(jury.phase), at=jury.phase_since, by_date=jury.phase_by_date)
    return Round(last=last, plan=tuple(planned_from(one) for one in jury.plan))


def require(jury: Jury, role: str, action: str, *, now: datetime) -> None:
    """Raise PhaseNotOpen, which says when it will be, unless this role may do it in the phase that it is."""
    round_of(jury).require(role, action, now)


async def require_in_edition(session: AsyncSession, edition_id: UUID, role: str, action: str, *, now: datetime) -> None:
    """The same of every jury of an edition: what concerns them all waits for the last of them."""
    for jury in (await session.exec(select(Jury).where(Jury.edition_id == edition_id).order_by(col(Jury.id)))).all():
        require(jury, role, action, now=now)


def allows(jury: Jury, role: str, action: str, *, now: datetime) -> bool:
    return round_of(jury).allows(role, action, now)


def planned_from(stored: dict[str, Any]) -> Planned:
    return Planned(
        phase=Phase(stored["phase"]),
        opens=Deadline(
            local=datetime.fromisoformat(stored["local"]),
            zone=stored["zone"],
            instant=datetime.fromisoformat(stored["instant"]),
            tzdata_version=stored["tzdata_version"],
        ),
    )


def stored(planned: Planned) -> dict[str, Any]:
    return {
        "phase": str(planned.phase),
        "local": planned.opens.local.isoformat(),
        "zone": planned.opens.zone,
        "instant": planned.opens.instant.isoformat(),
        "tzdata_version": planned.opens.tzdata_version,
    }
