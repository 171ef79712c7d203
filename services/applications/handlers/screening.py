"""Staff screen the files of an opened call: the jury reads those admitted, and all teams are told by one act.

Rules find, a person decides: nothing is admitted or declined but by who signs it, having seen what was found.
"""

from collections.abc import Sequence
from uuid import UUID

from services.applications import relations, repository
from services.applications.commands import AdmitApplication, DeclineApplication
from services.applications.domain import applications, eligibility, screening
from services.applications.domain.applications import Status
from services.applications.domain.eligibility import RuleFinding
from services.applications.domain.screening import Outcome
from services.applications.handlers.requests import end_waiting
from services.applications.models import Application, Call, Revision, Screening
from shared.events import applications as events
from shared.work import Work


async def admit_application(command: AdmitApplication, work: Work) -> Application:
    """Find the file eligible, as its last revision stands; with a reason if one of the call's rules fails."""
    application, revision = await _screenable(command.application_id, work)
    found = await repository.findings_of(work, application, revision)
    overridden = screening.require_answered_for(found, seen=command.findings_digest, because=command.because)

    await _sign(application, Outcome.ADMITTED, found, overridden, command.because, work)
    work.publish(
        events.ApplicationAdmitted(
            application_id=application.id,
            edition_id=application.edition_id,
            call_id=application.call_id,
            lead_id=application.lead_id,
            challenge_ids=revision.challenge_ids,
            revision=revision.number,
            findings_digest=eligibility.digest(found) if found else None,
            overridden=overridden or None,
        )
    )
    return application


async def decline_application(command: DeclineApplication, work: Work) -> Application:
    """Find the file not eligible, with reasons; the words stay here, for the applicant."""
    application, revision = await _screenable(command.application_id, work)
    found = await repository.findings_of(work, application, revision)
    screening.require_seen(found, seen=command.findings_digest)

    application.screening_reasons = list(command.reasons)
    application.screening_words = command.words
    await _sign(application, Outcome.DECLINED, found, [], None, work)
    work.publish(
        events.ApplicationDeclined(
            application_id=application.id,
            edition_id=application.edition_id,
            call_id=application.call_id,
            lead_id=application.lead_id,
            reasons=list(command.reasons),
            findings_digest=eligibility.digest(found) if found else None,
        )
    )
    return application


async def publish_screening(call_id: UUID, work: Work) -> Call:
    """Tell all teams of a call what was found of their files. Who is screened later is told at once."""
    call = await repository.call(work, call_id)
    unscreened = await repository.unscreened_of(work, call.id)
    screening.require_publishable(status=call.status, told=call.screening_told_at is not None, unscreened=unscreened)
    await _tell_call(call, work)
    return call


async def tell_edition(edition_id: UUID, work: Work) -> None:
    """Results are published: nobody is left without knowing what screening found."""
    for call in await repository.calls_to_tell(work, edition_id):
        await _tell_call(call, work)


def tell(application: Application, work: Work) -> None:
    """From now on the team reads what was found of its file; once only, and nothing of one that it took back."""
    if application.screened is None or application.screening_told_at is not None:
        return
    if application.status != Status.SUBMITTED:
        return
    application.status = applications.become(application.status, Status(application.screened))
    application.screening_told_at = application.updated_at = work.now
    work.publish(
        events.ScreeningTold(
            application_id=application.id,
            edition_id=application.edition_id,
            call_id=application.call_id,
            lead_id=application.lead_id,
            admitted=application.screened == Outcome.ADMITTED,
            reasons=application.screening_reasons,
            revision=application.revision,
        )
    )


async def _tell_call(call: Call, work: Work) -> None:
    call.screening_told_at = work.now
    told = await repository.screened_of_call(work, call.id)
    for application in told:
        tell(application, work)
    admitted = sum(1 for application in told if application.screened == Outcome.ADMITTED)
    work.publish(
        events.ScreeningPublished(
            call_id=call.id,
            edition_id=call.edition_id,
            admitted=admitted,
            declined=len(told) - admitted,
            published_at=work.now,
        )
    )


async def _sign(
    application: Application,
    outcome: Outcome,
    found: Sequence[RuleFinding],
    overridden: Sequence[str],
    because: str | None,
    work: Work,
) -> None:
    """Keep who decided what, on which findings. The team is told later, together with all others."""
    application.screened = outcome
    application.screened_at = work.now
    work.session.add(
        Screening(
            id=application.id,
            findings=[eligibility.plain(each) for each in found],
            findings_digest=eligibility.digest(found),
            overridden=list(overridden),
            because=because,
            decided_by=work.actor.person_id,
            decided_at=work.now,
        )
    )
    await end_waiting(application, work)
    call = await repository.call_of(work, application.call_id)
    if call.screening_told_at is not None:
        tell(application, work)


async def _screenable(application_id: UUID, work: Work) -> tuple[Application, Revision]:
    relations.authorise_file(work.actor, "screen_application", await relations.to_file(work, application_id))
    application = await repository.application(work, application_id)
    screening.require_undecided(application.status, screened=application.screened)
    return application, await repository.counting_revision(work, application)
