"""More time for one team: a member of staff asks for it, and another decides. Neither reads the file for that."""

from datetime import datetime
from uuid import UUID

from services.applications import relations, repository
from services.applications.commands import AskExtension
from services.applications.domain import calls, deadlines
from services.applications.domain.deadlines import Cause, ExtensionStatus, Rule
from services.applications.handlers.telling import as_event
from services.applications.models import Application, Extension
from services.applications.schedules import columns_of, resolved
from shared import clock
from shared.clock import Deadline
from shared.events import applications as events
from shared.work import Work


async def ask_extension(command: AskExtension, work: Work) -> Extension:
    """Put on record who needs more time, until when, and why."""
    application = await _application(command.application_id, work)
    schedule = await repository.schedule(work, application.call_id, hold=True, team_id=application.team_id)
    if schedule.call.status != calls.CallStatus.ANNOUNCED:
        raise calls.CallOver
    wanted = command.until.resolved()
    known = schedule.deadline_for(application.challenge_ids, team_id=application.team_id)
    deadlines.require_later("#/until", before=known, wanted=wanted, now=work.now)

    extension = Extension(
        call_id=application.call_id,
        application_id=application.id,
        team_id=application.team_id,
        status=ExtensionStatus.ASKED,
        reason=command.reason,
        words=command.words,
        asked_by=work.actor.name,
        created_at=work.now,
        **columns_of(wanted),
    )
    work.session.add(extension)

    work.publish(events.ExtensionAsked.model_validate(_told(extension, application, wanted)))
    return extension


async def approve_extension(extension_id: UUID, work: Work) -> Extension:
    """From now on the team has until then, whatever of its call's deadlines comes before."""
    extension = await repository.extension(work, extension_id)
    application = await _application(extension.application_id, work)
    log = await repository.rule_log(work, extension.call_id)
    _decide(extension, ExtensionStatus.APPROVED, work)
    if log.call.status != calls.CallStatus.ANNOUNCED:
        raise calls.CallOver
    until = clock.resolve_deadline(datetime.fromisoformat(extension.local), extension.zone)
    known = log.schedule.deadline_for(application.challenge_ids, team_id=application.team_id)
    deadlines.require_later("#/until", before=known, wanted=until, now=work.now)

    rule = Rule(cause=Cause.EXTENDED, deadline=until, team_id=application.team_id)
    log.add(rule, work, application_id=application.id, reason=extension.reason)

    work.publish(events.ExtensionApproved.model_validate(_told(extension, application, until)))
    return extension


async def refuse_extension(extension_id: UUID, work: Work) -> Extension:
    """The deadlines stay as they are."""
    extension = await repository.extension(work, extension_id)
    application = await _application(extension.application_id, work)
    _decide(extension, ExtensionStatus.REFUSED, work)

    work.publish(events.ExtensionRefused.model_validate(_told(extension, application, resolved(extension))))
    return extension


async def _application(application_id: UUID, work: Work) -> Application:
    """Staff decide on a sealed file; who belongs to its team or is in conflict with it finds none."""
    application, _ = await relations.file_to(work, application_id, "extend_deadline")
    return application


def _decide(extension: Extension, after: ExtensionStatus, work: Work) -> None:
    extension.status = deadlines.decide_extension(
        extension.status, asked_by=extension.asked_by, decider=work.actor.name, after=after
    )
    extension.decided_by = work.actor.name
    extension.decided_at = work.now


def _told(extension: Extension, application: Application, until: Deadline) -> dict[str, object]:
    return {
        "extension_id": extension.id,
        "application_id": application.id,
        "call_id": application.call_id,
        "edition_id": application.edition_id,
        "reason": extension.reason,
        "deadline": as_event(until),
    }
