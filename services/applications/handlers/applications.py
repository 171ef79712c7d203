"""A team writes its application, hands it in, revises it, takes it back.

Whether it is in time is decided on `work.now`: the server's clock when it had received the whole request. What then
still takes a moment to be saved is not held against the applicant: a call is closed a while after its last deadline.
"""

import secrets
from collections.abc import Sequence
from uuid import UUID

from services.applications import contents, repository
from services.applications.commands import DraftApplication, SubmitApplication
from services.applications.domain import applications
from services.applications.domain.applications import Status
from services.applications.domain.calls import CallClosedMeanwhile, DeadlinePassed
from services.applications.domain.completeness import completeness, handed_in
from services.applications.domain.requests import ATTACHMENTS, Asked
from services.applications.domain.teams import relations_of
from services.applications.handlers.telling import as_event
from services.applications.models import Application, Revision
from services.applications.permissions import authorise, person_id
from services.applications.schedules import Schedule
from shared.clock import Deadline
from shared.events import applications as events
from shared.events import forgettable
from shared.identity import Resource
from shared.work import Work


async def draft_application(command: DraftApplication, work: Work) -> Application:
    """A team begins to write."""
    me = person_id(work.actor)
    team, role = await repository.team(work, command.team_id, member=me)
    authorise(work.actor, "draft_application", Resource(relations_of(role, leads=me == team.lead_id)))
    schedule = await repository.schedule(work, command.call_id, hold=True, team_id=team.id)
    schedule.require_not_over(team_id=team.id, now=work.now)
    if live := await repository.live_application(work, team_id=team.id, call_id=command.call_id):
        raise applications.AlreadyApplied(live.id)
    begun = await repository.applications_begun(work, team_id=team.id, call_id=command.call_id)
    applications.require_attempt_left(begun)

    application = Application(
        call_id=schedule.call.id,
        edition_id=schedule.call.edition_id,
        team_id=team.id,
        lead_id=team.lead_id,
        status=Status.DRAFT,
        created_at=work.now,
        updated_at=work.now,
    )
    work.session.add(application)

    work.publish(
        events.ApplicationDrafted(
            application_id=application.id,
            call_id=application.call_id,
            edition_id=application.edition_id,
            team_id=application.team_id,
            lead_id=application.lead_id,
        )
    )
    return application


async def submit_application(command: SubmitApplication, work: Work) -> tuple[Application, Revision, Deadline]:
    """Freeze the draft as the revision that counts from now on; it was in time for this deadline."""
    application, team, schedule = await repository.handing_in(work, command.application_id, by=person_id(work.actor))
    members = await require_own(application, "submit_application", work)
    repository.require_version(application.version, command.version)
    deadline = schedule.require_open(application.challenge_ids, team_id=team.id, now=work.now)

    attachments = await repository.draft_attachments(work, application.id)
    last = await repository.revision(work, application.id, application.revision) if application.revision else None
    form = await repository.form_in_force(work, schedule.call)
    draft = contents.of_draft(application, attachments)
    content = handed_in(form, draft)

    status = applications.hand_in(
        application.status,
        draft=content,
        lacking=completeness(form, draft, work.now).lacking,
        last=contents.of_revision(last),
        revision=application.revision,
    )

    application.status = status
    application.revision += 1
    application.submitted_at = application.updated_at = work.now
    dossier = forgettable.Dossier(
        application_id=application.id,
        revision=application.revision,
        startup=team.name,
        title=application.title or "",
        summary=application.summary or "",
        answers=dict(content.answers),
        attachments=tuple(contents.as_forgettable(attachment) for attachment in attachments),
        salt=secrets.token_hex(16),
    )
    revision = frozen(dossier, application.challenge_ids, work, form_id=schedule.call.form_id)
    work.session.add(revision)

    facts = {
        "application_id": application.id,
        "call_id": application.call_id,
        "edition_id": application.edition_id,
        "challenge_ids": application.challenge_ids,
        "revision": application.revision,
        "dossier_digest": revision.digest,
        "deadline": as_event(deadline),
        "grace_seconds": int(schedule.grace.total_seconds()),
    }
    if last is None:
        people = {"team_id": team.id, "lead_id": team.lead_id, "member_ids": members}
        work.publish(events.ApplicationSubmitted.model_validate({**facts, **people, "submitted_at": work.now}))
    else:
        work.publish(events.ApplicationRevised.model_validate({**facts, "revised_at": work.now}))
    work.remember(dossier)
    return application, revision, deadline


async def withdraw_application(application_id: UUID, work: Work) -> Application:
    """Take the application back: nobody reads it any more. A call that is still to be closed waits for it."""
    application = await own(application_id, "withdraw_application", work)
    await repository.hold_if_open(work, application.call_id)

    application.status = applications.become(application.status, Status.WITHDRAWN)
    application.withdrawn_at = application.updated_at = work.now

    work.publish(
        events.ApplicationWithdrawn(
            application_id=application.id,
            call_id=application.call_id,
            edition_id=application.edition_id,
            lead_id=application.lead_id,
            withdrawn_at=work.now,
        )
    )
    return application


async def own(application_id: UUID, action: str, work: Work) -> Application:
    """An application of this person's team, locked; to others it does not exist."""
    application = await repository.application(work, application_id, by=person_id(work.actor))
    await require_own(application, action, work)
    return application


async def require_own(application: Application, action: str, work: Work) -> list[UUID]:
    """The team's members, of whom this person is one who may do that."""
    me = person_id(work.actor)
    members = await repository.members_of(work, application.team_id)
    if me not in members:
        raise applications.NoSuchApplication
    authorise(work.actor, action, Resource(relations_of(members[me], leads=me == application.lead_id)))
    return list(members)


async def require_open_for(application: Application, schedule: Schedule, work: Work) -> Asked | None:
    """Return None while its call takes files, else what of the file staff opened again. Raises DeadlinePassed, …"""
    try:
        schedule.require_not_over(team_id=application.team_id, now=work.now)
    except (DeadlinePassed, CallClosedMeanwhile):
        row = await repository.waiting_request(work, application.id)
        asked = repository.asked_of(row) if row else None
        if asked is None or application.status != Status.SUBMITTED:
            raise
        asked.require_open(work.now)
        return asked
    return None


async def attachable(application_id: UUID, action: str, work: Work) -> tuple[Application, Schedule]:
    """An application whose team may still change its files, and its call, which can't be closed meanwhile."""
    application = await own(application_id, action, work)
    applications.require_writable(application.status)
    schedule = await repository.schedule(work, application.call_id, hold=True, team_id=application.team_id)
    if asked := await require_open_for(application, schedule, work):
        asked.require_asked({ATTACHMENTS})
    return application, schedule


def frozen(
    dossier: forgettable.Dossier, challenge_ids: Sequence[UUID], work: Work, *, form_id: UUID | None
) -> Revision:
    """What is handed in, as it is kept for good."""
    return Revision(
        application_id=dossier.application_id,
        number=dossier.revision,
        startup=dossier.startup,
        title=dossier.title,
        summary=dossier.summary,
        answers=dossier.answers,
        challenge_ids=list(challenge_ids),
        attachments=[attachment.model_dump(mode="json") for attachment in dossier.attachments],
        salt=dossier.salt,
        digest=dossier.digest(),
        submitted_at=work.now,
        form_id=form_id,
    )
