"""We note that we are alive; and whoever lost time before a deadline because we were not gets it back."""

from datetime import timedelta

from services.applications import repository
from services.applications.domain import deadlines
from services.applications.domain.calls import CallStatus
from services.applications.domain.deadlines import API, Cause, Rule
from services.applications.handlers.telling import as_event
from services.applications.models import Outage
from services.applications.repository import RuleLog
from shared.clock import Deadline
from shared.events import applications as events
from shared.work import Work


async def note_alive(work: Work, *, threshold: timedelta, window: timedelta) -> Outage | None:
    """The outage that ends by this, if the API was silent for longer than the threshold: told and made up for at once,
    as part of the same act, so that it happens once.
    """
    before = await repository.last_beat(work, API)
    if before is None or work.now - before <= threshold:
        return None

    outage = Outage(began_at=before, ended_at=work.now)
    work.session.add(outage)
    await work.session.flush()
    for call_id in await repository.calls_to_extend(work):
        log = await repository.rule_log(work, call_id)
        if log.call.status == CallStatus.ANNOUNCED:
            _extend(log, outage, window, work)
    return outage


def _extend(log: RuleLog, outage: Outage, window: timedelta, work: Work) -> None:
    """Move what of the call's deadlines lost some of its last hours."""
    known = log.schedule.deadlines

    def later(deadline: Deadline) -> Deadline | None:
        return deadlines.after_outage(
            deadline, opens=known.opens, began=outage.began_at, ended=outage.ended_at, window=window, grace=known.grace
        )

    everyone = later(known.closes)
    own = {id_: moved for id_, deadline in known.own.items() if (moved := later(deadline))}
    personal = {id_: moved for id_, deadline in known.personal.items() if (moved := later(deadline))}
    if not (everyone or own or personal):
        return
    applications = log.applications
    if everyone:
        rule = Rule(cause=Cause.OUTAGE, deadline=everyone, opens=known.opens, grace=known.grace)
        log.add(rule, work, outage_id=outage.id)
    for challenge_id, deadline in own.items():
        log.add(Rule(cause=Cause.OUTAGE, deadline=deadline, challenge_id=challenge_id), work, outage_id=outage.id)
    for team_id, deadline in personal.items():
        rule = Rule(cause=Cause.OUTAGE, deadline=deadline, team_id=team_id)
        log.add(rule, work, application_id=applications.get(team_id), outage_id=outage.id)

    work.publish(
        events.CallExtendedAfterOutage(
            call_id=log.call.id,
            edition_id=log.call.edition_id,
            outage_id=outage.id,
            began_at=outage.began_at,
            ended_at=outage.ended_at,
            deadline=as_event(everyone) if everyone else None,
            challenge_deadlines={id_: as_event(deadline) for id_, deadline in own.items()},
            application_deadlines={applications[id_]: as_event(deadline) for id_, deadline in personal.items()},
        )
    )
