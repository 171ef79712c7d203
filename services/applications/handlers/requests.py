"""Staff ask a team for more about its file, and the team answers: only what was asked for opens again."""

import secrets
from uuid import UUID

from services.applications import contents, relations, repository
from services.applications.commands import AnswerRequest, EndRequest, RequestInformation
from services.applications.domain import completeness, requests, screening
from services.applications.domain.requests import ATTACHMENTS, Asked, RequestState
from services.applications.handlers.applications import frozen, require_own
from services.applications.handlers.telling import as_event
from services.applications.models import Application, InformationRequest, Revision
from services.applications.permissions import person_id
from shared import clock
from shared.events import applications as events
from shared.events import forgettable
from shared.work import Work


async def request_information(command: RequestInformation, work: Work) -> InformationRequest:
    """Ask for some fields until a time; nothing happens to the file if the team does not answer."""
    application = await _screenable(command.application_id, work)
    until = clock.resolve_deadline(command.until.local, command.until.zone)
    if until.has_passed(work.now):
        raise requests.RequestTooShort(until, now=work.now)
    await _require_none_waiting(application, work)
    call = await repository.call_of(work, application.call_id)
    revision = await repository.counting_revision(work, application)
    form = await repository.form_in_force(work, call)
    requests.require_askable(command.fields, form=form, answers=revision.answers)
    fields = requests.opened(command.fields, form=form)

    asked = InformationRequest(
        application_id=application.id,
        fields=fields,
        words=command.words,
        until_local=until.local.isoformat(),
        until_zone=until.zone,
        until_tzdata=until.tzdata_version,
        until_at=until.instant,
        asked_at=work.now,
        asked_by=work.actor.person_id,
    )
    work.session.add(asked)

    work.publish(
        events.InformationRequested(
            request_id=asked.id,
            application_id=application.id,
            call_id=application.call_id,
            edition_id=application.edition_id,
            lead_id=application.lead_id,
            field_names=fields,
            until=as_event(until),
        )
    )
    return asked


async def answer_request(command: AnswerRequest, work: Work) -> tuple[Application, Revision, InformationRequest]:
    """Hand in what was asked for, as the draft says it now: the revision that counts from now on."""
    application, team, schedule = await repository.handing_in(work, command.application_id, by=person_id(work.actor))
    await require_own(application, "submit_application", work)
    row = await repository.information_request(work, application.id, command.request_id)
    asked = repository.asked_of(row)
    asked.require_open(work.now)
    repository.require_version(application.version, command.version)

    last = await repository.counting_revision(work, application)
    attachments = await repository.draft_attachments(work, application.id)
    draft = contents.of_draft(application, attachments)
    content = requests.supplied(contents.of_revision(last), draft, fields=asked.fields)
    form = await repository.form_in_force(work, schedule.call)
    lacks = completeness.completeness(form, content, work.now).lacking
    if lacking := requests.lacking(lacks, fields=asked.fields):
        raise requests.StillLacking(lacking)

    application.revision += 1
    application.submitted_at = application.updated_at = work.now
    now_attached = tuple(contents.as_forgettable(attachment) for attachment in attachments)
    before = tuple(forgettable.Attachment.model_validate(each) for each in last.attachments)
    dossier = forgettable.Dossier(
        application_id=application.id,
        revision=application.revision,
        startup=team.name,
        title=content.title or "",
        summary=content.summary or "",
        answers=dict(content.answers),
        attachments=now_attached if ATTACHMENTS in asked.fields else before,
        salt=secrets.token_hex(16),
    )
    revision = frozen(dossier, content.challenge_ids, work, form_id=schedule.call.form_id)
    work.session.add(revision)
    row.answered_at, row.revision = work.now, revision.number
    await repository.compare_again(work, application.call_id)

    work.publish(
        events.InformationSupplied(
            request_id=row.id,
            application_id=application.id,
            edition_id=application.edition_id,
            revision=revision.number,
            supplied_at=work.now,
        )
    )
    # Last, as its receipt is what the team gets.
    work.publish(
        events.ApplicationRevised(
            application_id=application.id,
            call_id=application.call_id,
            edition_id=application.edition_id,
            challenge_ids=list(content.challenge_ids),
            revision=revision.number,
            dossier_digest=revision.digest,
            revised_at=work.now,
            deadline=as_event(asked.until),
        )
    )
    work.remember(dossier)
    return application, revision, row


async def end_request(command: EndRequest, work: Work) -> InformationRequest:
    """Take a request back: nothing of the file is open any more."""
    application = await _screenable(command.application_id, work)
    row = await repository.information_request(work, application.id, command.request_id)
    asked = repository.asked_of(row)
    if asked.state(work.now) in {RequestState.ANSWERED, RequestState.ENDED}:
        raise requests.RequestNotOpen(asked.state(work.now), until=asked.until, now=work.now)
    _end(application, row, work)
    return row


async def end_waiting(application: Application, work: Work) -> None:
    """A person decided: nothing is asked any more."""
    row = await repository.waiting_request(work, application.id)
    if row is not None:
        _end(application, row, work)


async def reopened(application: Application, work: Work) -> Asked | None:
    """What of a file its team may change although its call is over; None if nothing."""
    row = await repository.waiting_request(work, application.id)
    asked = repository.asked_of(row) if row else None
    return asked if asked and asked.state(work.now) is RequestState.OPEN else None


async def _require_none_waiting(application: Application, work: Work) -> None:
    row = await repository.waiting_request(work, application.id)
    if row is None:
        return
    asked = repository.asked_of(row)
    if asked.state(work.now) is RequestState.OPEN:
        raise requests.AlreadyAsked(asked.until)
    _end(application, row, work)
    await work.session.flush()


async def _screenable(application_id: UUID, work: Work) -> Application:
    relations.authorise_file(work.actor, "screen_application", await relations.to_file(work, application_id))
    application = await repository.application(work, application_id)
    screening.require_undecided(application.status, screened=application.screened)
    return application


def _end(application: Application, row: InformationRequest, work: Work) -> None:
    row.ended_at = work.now
    work.publish(
        events.InformationRequestEnded(
            request_id=row.id, application_id=application.id, edition_id=application.edition_id
        )
    )
