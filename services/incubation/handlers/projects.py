"""A selected startup becomes a project, gets its coach, and ends it by withdrawing."""

import structlog

from services.incubation.commands import EndProject, NameCoach, OpenProject
from services.incubation.domain.milestones import CoachIsMember
from services.incubation.domain.projects import End, require_going_on
from services.incubation.handlers.data_room import close_data
from services.incubation.handlers.experimentations import stop_running
from services.incubation.models import Project, Withdrawal
from services.incubation.repository import hold_application, lock, project_of_application
from shared.database import id_after, new_id
from shared.events.incubation import CoachAssigned, ProjectEnded, ProjectOpened
from shared.work import Work

log = structlog.get_logger(__name__)


async def open_project(command: OpenProject, work: Work) -> None:
    """Accompany the startup from now on; an application becomes one project, however often it is told.

    Selection and withdrawal are told on different topics, so in any order, and leave the same project behind: heard
    second, the selection opens nothing and is told to nobody.
    """
    await hold_application(work.session, command.application_id)
    withdrawal = await work.session.get(Withdrawal, command.application_id)
    if await project_of_application(work.session, command.application_id):
        return
    members = list(dict.fromkeys([command.lead_id, *command.member_ids]))
    project = Project(
        # Both are the event's, so that handling it again, in an empty database too, opens the same project.
        id=id_after(work.cause.id) if work.cause else new_id(),
        opened_at=work.cause.time if work.cause else work.now,
        application_id=command.application_id,
        edition_id=command.edition_id,
        challenge_id=command.challenge_id,
        partner=command.partner,
        lead_id=command.lead_id,
        member_ids=members,
        ended_at=withdrawal.withdrawn_at if withdrawal else None,
        ended_because=End.WITHDRAWN if withdrawal else None,
    )
    work.session.add(project)
    if withdrawal:
        log.info("selected_after_withdrawal", application_id=str(project.application_id))
        return

    work.publish(
        ProjectOpened(
            project_id=project.id,
            application_id=project.application_id,
            edition_id=project.edition_id,
            challenge_id=project.challenge_id,
            partner=project.partner,
            lead_id=project.lead_id,
            member_ids=members,
        )
    )


async def end_project(command: EndProject, work: Work) -> None:
    """The startup withdrew: whatever was or would have been its project is over, and partners' data is closed to it."""
    await hold_application(work.session, command.application_id)
    if await work.session.get(Withdrawal, command.application_id):
        return
    work.session.add(Withdrawal(id=command.application_id, withdrawn_at=command.withdrawn_at))
    known = await project_of_application(work.session, command.application_id)
    if known is None:
        return

    project = await lock(work.session, Project, known.id)
    project.ended_at, project.ended_because = command.withdrawn_at, End.WITHDRAWN
    work.session.add(project)
    await close_data(project, work)
    await stop_running(project, work)

    work.publish(
        ProjectEnded(
            project_id=project.id,
            application_id=project.application_id,
            edition_id=project.edition_id,
            challenge_id=project.challenge_id,
            partner=project.partner,
            lead_id=project.lead_id,
            coach_id=project.coach_id,
            reason=End.WITHDRAWN.value,
            ended_at=command.withdrawn_at,
        )
    )


async def name_coach(command: NameCoach, work: Work) -> Project:
    """Let this person accompany the project, in place of whoever did before."""
    project = await lock(work.session, Project, command.project_id)
    require_going_on(ended_at=project.ended_at, because=project.ended_because)
    if command.coach_id in project.member_ids:
        raise CoachIsMember
    if project.coach_id == command.coach_id:
        return project

    project.coach_id = command.coach_id
    work.session.add(project)

    work.publish(CoachAssigned(project_id=project.id, application_id=project.application_id, coach_id=command.coach_id))
    return project
