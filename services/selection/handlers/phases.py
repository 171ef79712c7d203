"""Plans a jury's phases, opens one by hand, and tells of those that their date has opened."""

from uuid import UUID

from sqlmodel import col, select

from services.selection import repository
from services.selection.commands import OpenPhase, PlanPhases
from services.selection.domain.juries import JuryState
from services.selection.domain.phases import Opened, Phase, PhaseAlreadyOpen, Planned, Round, check_plan
from services.selection.models import Jury, PhaseOpening
from services.selection.rounds import require, round_of, stored
from shared.clock import resolve_deadline
from shared.errors import StaleVersion
from shared.events.selection import JuryPhaseOpened, JuryPhasesPlanned, PlannedPhase
from shared.work import Work

BEGINS_IN = {
    JuryState.APPOINTED: Phase.DECLARING,
    JuryState.ASSIGNED: Phase.REVIEWING,
    JuryState.RANKED: Phase.DELIBERATING,
}
"""Where a jury stands that had no phases until it was given a plan."""


async def plan_phases(command: PlanPhases, work: Work) -> Jury:
    """Say when each phase opens by itself; what was opened stays opened."""
    jury = await repository.jury_to_change(work.session, command.jury_id)
    if jury.version != command.version:
        raise StaleVersion
    require(jury, "staff", "plan_phases", now=work.now)
    _tell_due(jury, work)
    present = Phase(jury.phase) if jury.phase else BEGINS_IN[JuryState(jury.state)]
    plan = [Planned(phase=phase, opens=resolve_deadline(local, command.zone)) for phase, local in command.plan]
    check_plan(plan, present=present, now=work.now)

    jury.plan = [stored(planned) for planned in plan]
    work.publish(
        JuryPhasesPlanned(
            jury_id=jury.id,
            challenge_id=jury.challenge_id,
            edition_id=jury.edition_id,
            plan=[PlannedPhase.model_validate(one) for one in jury.plan],
        )
    )
    if jury.phase is None:
        _open(jury, Opened(phase=present, at=work.now), work)
    _look_ahead(jury, work)
    await work.session.flush()
    return jury


async def open_phase(command: OpenPhase, work: Work) -> Jury:
    """Move the round on, or back, by hand; dates that lie ahead still move it forwards."""
    jury = await repository.jury_to_change(work.session, command.jury_id)
    require(jury, "staff", "open_phase", now=work.now)
    _tell_due(jury, work)
    if jury.phase == command.phase:
        raise PhaseAlreadyOpen(command.phase)

    _open(jury, Opened(phase=command.phase, at=work.now), work, reason=command.reason)
    _look_ahead(jury, work)
    await work.session.flush()
    return jury


async def tell_due_phases(work: Work) -> UUID | None:
    """Tell of the phases that a date opened in one jury, the longest due; None if there is none. It changes nothing
    of what is allowed, as that follows from the plan."""
    query = (
        select(Jury)
        .where(col(Jury.phase_due_at) <= work.now)
        .order_by(col(Jury.phase_due_at))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    jury = (await work.session.exec(query)).one_or_none()
    if jury is None:
        return None
    _tell_due(jury, work)
    _look_ahead(jury, work)
    return jury.id


def _tell_due(jury: Jury, work: Work) -> None:
    for opened in round_of(jury).due(work.now):
        _open(jury, opened, work)


def _open(jury: Jury, opened: Opened, work: Work, *, reason: str | None = None) -> None:
    jury.phase, jury.phase_since, jury.phase_by_date = opened.phase, opened.at, opened.by_date
    # Its version is what an If-Match of the plan asks for, so each opening counts.
    jury.changes += 1
    work.session.add(
        PhaseOpening(
            jury_id=jury.id,
            phase=opened.phase,
            opened_at=opened.at,
            by_date=opened.by_date,
            reason=reason,
            opened_by="system:selection" if opened.by_date else work.actor.name,
        )
    )
    work.publish(
        JuryPhaseOpened(
            jury_id=jury.id,
            challenge_id=jury.challenge_id,
            edition_id=jury.edition_id,
            phase=opened.phase.value,
            opened_at=opened.at,
            by_date=opened.by_date,
        )
    )


def _look_ahead(jury: Jury, work: Work) -> None:
    ahead: Round = round_of(jury)
    jury.phase_due_at = next((planned.opens.instant for planned in ahead.ahead(work.now)), None)
