"""Staff screen the files of an opened call: the jury reads those admitted."""

from uuid import UUID

from services.applications import relations, repository
from services.applications.commands import DeclineApplication
from services.applications.domain import applications
from services.applications.domain.applications import Status
from services.applications.models import Application
from shared.events import applications as events
from shared.work import Work


async def admit_application(application_id: UUID, work: Work) -> Application:
    """Find the file eligible, as its last revision stands."""
    application = await _screenable(application_id, work)

    application.status = applications.become(application.status, Status.ADMITTED)
    application.screened_at = work.now
    revision = await repository.counting_revision(work, application)

    work.publish(
        events.ApplicationAdmitted(
            application_id=application.id,
            edition_id=application.edition_id,
            call_id=application.call_id,
            lead_id=application.lead_id,
            challenge_ids=revision.challenge_ids,
            revision=revision.number,
        )
    )
    return application


async def decline_application(command: DeclineApplication, work: Work) -> Application:
    """Find the file not eligible, with reasons; the words stay here, for the applicant."""
    application = await _screenable(command.application_id, work)

    application.status = applications.become(application.status, Status.DECLINED)
    application.screened_at = work.now
    application.screening_reasons = list(command.reasons)
    application.screening_words = command.words

    work.publish(
        events.ApplicationDeclined(
            application_id=application.id,
            edition_id=application.edition_id,
            call_id=application.call_id,
            lead_id=application.lead_id,
            reasons=list(command.reasons),
        )
    )
    return application


async def _screenable(application_id: UUID, work: Work) -> Application:
    application = await repository.application(work, application_id)
    relations.authorise_file(work.actor, "screen_application", await relations.to_file(work, application))
    return application
