"""New time zone data came: what a call's times are by them, and what of that counts."""

from services.applications import repository
from services.applications.domain import deadlines, forms
from services.applications.domain.deadlines import Cause, Rule
from services.applications.handlers.forms import keep_form
from services.applications.handlers.telling import as_event
from services.applications.models import Call
from services.applications.repository import RuleLog
from shared import clock
from shared.clock import Deadline
from shared.events import applications as events
from shared.work import Work


async def resolve_next_call(work: Work) -> Call | None:
    """Resolve one call's times anew that were resolved with other data than today's; None if there is none."""
    version = clock.tzdata_version()
    call = await repository.call_to_resolve(work, tzdata_version=version)
    if call is None:
        return None
    _resolve_rules(RuleLog(call, await repository.whole_log(work, call.id)), work, version=version)
    await _resolve_form(call, work)
    call.resolved_with = version
    return call


def _resolve_rules(log: RuleLog, work: Work, *, version: str) -> None:
    known = log.schedule.deadlines

    def anew(deadline: Deadline) -> Deadline | None:
        return deadlines.resolved_anew(deadline, now=work.now)

    opens, closes = _opening_anew(known.opens, work), anew(known.closes)
    own = {id_: moved for id_, deadline in known.own.items() if (moved := anew(deadline))}
    personal = {id_: moved for id_, deadline in known.personal.items() if (moved := anew(deadline))}
    if not (opens or closes or own or personal):
        return
    applications = log.applications
    if opens or closes:
        rule = Rule(cause=Cause.TZDATA, deadline=closes or known.closes, opens=opens or known.opens, grace=known.grace)
        log.add(rule, work)
    for challenge_id, deadline in own.items():
        log.add(Rule(cause=Cause.TZDATA, deadline=deadline, challenge_id=challenge_id), work)
    for team_id, deadline in personal.items():
        rule = Rule(cause=Cause.TZDATA, deadline=deadline, team_id=team_id)
        log.add(rule, work, application_id=applications.get(team_id))

    work.publish(
        events.CallResolvedAnew(
            call_id=log.call.id,
            edition_id=log.call.edition_id,
            tzdata_version=version,
            opens_at=opens.instant if opens else None,
            deadline=as_event(closes) if closes else None,
            challenge_deadlines={id_: as_event(deadline) for id_, deadline in own.items()},
            application_deadlines={applications[id_]: as_event(deadline) for id_, deadline in personal.items()},
        )
    )


def _opening_anew(opens: Deadline, work: Work) -> Deadline | None:
    """A call opens when the wall shows the time that was announced, unless it has opened."""
    if opens.has_passed(work.now):
        return None
    fresh = clock.resolve_deadline(opens.local, opens.zone)
    return None if fresh.instant == opens.instant else fresh


async def _resolve_form(call: Call, work: Work) -> None:
    """The times of its fields follow the same rule as deadlines, in a version of their own."""
    before = await repository.form_set(work, call)
    if before is None:
        return
    form = forms.read(before.definition)
    after = forms.with_times(form, lambda moment: deadlines.resolved_anew(moment, now=work.now) or moment)
    if after != form:
        keep_form(after, call, work, number=before.number + 1)
