"""A selected startup becomes a project, and gets its coach."""

from services.incubation.commands import NameCoach, OpenProject
from services.incubation.domain.milestones import CoachIsMember
from services.incubation.models import Project
from services.incubation.repository import lock, project_of_application
from shared.database import id_after, new_id
from shared.events.incubation import CoachAssigned, ProjectOpened
from shared.work import Work


async def open_project(command: OpenProject, work: Work) -> None:
    """Accompany the startup from now on; an application becomes one project, however often it is told."""
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
    )
    work.session.add(project)

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


async def name_coach(command: NameCoach, work: Work) -> Project:
    """Let this person accompany the project, in place of whoever did before."""
    project = await lock(work.session, Project, command.project_id)
    if command.coach_id in project.member_ids:
        raise CoachIsMember
    if project.coach_id == command.coach_id:
        return project

    project.coach_id = command.coach_id
    work.session.add(project)

    work.publish(CoachAssigned(project_id=project.id, application_id=project.application_id, coach_id=command.coach_id))
    return project
