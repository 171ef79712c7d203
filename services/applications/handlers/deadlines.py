"""Staff correct a call's dates before it opens, and postpone a deadline while it is open."""

from collections.abc import Iterable
from uuid import UUID

from services.applications import repository
from services.applications.commands import PostponeDeadline, RescheduleCall
from services.applications.domain import calls, deadlines
from services.applications.domain.deadlines import Cause, Rule
from services.applications.handlers.telling import as_event
from services.applications.models import Call
from shared.events import applications as events
from shared.work import Work


async def reschedule_call(command: RescheduleCall, work: Work) -> Call:
    """Set the dates anew that were announced; nobody has handed in yet."""
    log = await repository.rule_log(work, command.call_id)
    call, known = log.call, log.schedule.deadlines
    repository.require_version(call.version, command.version)
    deadlines.require_ahead(known.opens, status=call.status, now=work.now)

    opens = command.opens.resolved() if command.opens else known.opens
    closes = command.closes.resolved() if command.closes else known.closes
    own = dict(known.own)
    if command.challenge_deadlines is not None:
        own = {id_: wall.resolved() for id_, wall in command.challenge_deadlines.items()}
    grace = known.grace if command.grace is None else command.grace
    await _require_offered(own, call.id, work)
    calls.check_schedule(opens=opens, closes=closes, own=own, now=work.now, shortest=command.shortest)

    log.add(Rule(cause=Cause.RESCHEDULED, deadline=closes, opens=opens, grace=grace), work)
    for challenge_id, deadline in own.items():
        log.add(Rule(cause=Cause.RESCHEDULED, deadline=deadline, challenge_id=challenge_id), work)

    work.publish(
        events.CallRescheduled(
            call_id=call.id,
            edition_id=call.edition_id,
            opens_at=opens.instant,
            deadline=as_event(closes),
            challenge_deadlines={id_: as_event(deadline) for id_, deadline in own.items()},
            grace_seconds=int(grace.total_seconds()),
        )
    )
    return call


async def postpone_deadline(command: PostponeDeadline, work: Work) -> Call:
    """Give more time to everyone, or to whoever answers one challenge; it was still to come."""
    log = await repository.rule_log(work, command.call_id)
    call, known = log.call, log.schedule.deadlines
    if call.status != calls.CallStatus.ANNOUNCED:
        raise calls.CallOver
    if command.challenge_id:
        await _require_offered([command.challenge_id], call.id, work)
    before = known.own.get(command.challenge_id, known.closes) if command.challenge_id else known.closes
    if before.has_passed(work.now):
        raise deadlines.PassedAlready(before, now=work.now)
    deadline = command.until.resolved()
    deadlines.require_later("#/until", before=before, wanted=deadline, now=work.now)

    log.add(
        Rule(
            cause=Cause.POSTPONED,
            deadline=deadline,
            challenge_id=command.challenge_id,
            opens=None if command.challenge_id else known.opens,
            grace=known.grace,
        ),
        work,
    )

    work.publish(
        events.DeadlinePostponed(
            call_id=call.id,
            edition_id=call.edition_id,
            challenge_id=command.challenge_id,
            before=as_event(before),
            deadline=as_event(deadline),
        )
    )
    return call


async def _require_offered(challenge_ids: Iterable[UUID], call_id: UUID, work: Work) -> None:
    offered = await repository.offered(work, call_id)
    if strangers := [id_ for id_ in challenge_ids if id_ not in offered]:
        raise deadlines.NotOffered(strangers)
