"""What a project promises, shows, and is told by its coach."""

from typing import Any
from uuid import UUID

from services.incubation.commands import ApproveMilestone, PlanMilestone, ReturnMilestone, SubmitEvidence
from services.incubation.days import today_in
from services.incubation.domain import milestones
from services.incubation.domain.milestones import MilestoneState
from services.incubation.domain.projects import require_going_on
from services.incubation.models import Evidence, Milestone, Project
from services.incubation.permissions import authorise
from services.incubation.relations import person_of, to_project
from services.incubation.repository import evidence_under_review, load, lock, zone_of
from shared.events.incubation import (
    MilestoneApproved,
    MilestoneEvidenceSubmitted,
    MilestonePlanned,
    MilestoneReturned,
)
from shared.work import Work


async def plan_milestone(command: PlanMilestone, work: Work) -> Milestone:
    """Promise something by a day."""
    project = await load(work.session, Project, command.project_id)
    authorise(work.actor, "plan_milestone", to_project(work.actor, project))
    require_going_on(ended_at=project.ended_at, because=project.ended_because)

    today = today_in(await zone_of(work.session, project.edition_id), now=work.now)
    milestone = Milestone(
        project_id=project.id,
        kind=command.kind,
        title=command.title,
        due_on=command.due_on,
        state=milestones.plan(due_on=command.due_on, today=today),
        planned_at=work.now,
    )
    work.session.add(milestone)

    work.publish(MilestonePlanned(**_about(milestone, project), kind=command.kind, due_on=milestone.due_on))
    return milestone


async def submit_evidence(command: SubmitEvidence, work: Work) -> Milestone:
    """Show that the milestone is reached; what was returned can be shown better."""
    milestone, project = await _decide_on(command.milestone_id, "submit_evidence", work)

    milestone.state = milestones.become(milestone.state, MilestoneState.EVIDENCE_SUBMITTED)
    milestone.attempt += 1
    work.session.add(milestone)
    work.session.add(
        Evidence(
            milestone_id=milestone.id,
            attempt=milestone.attempt,
            text=command.text,
            links=command.links,
            submitted_by=person_of(work.actor),
            submitted_at=work.now,
        )
    )

    work.publish(
        MilestoneEvidenceSubmitted(**_about(milestone, project), kind=milestone.kind, attempt=milestone.attempt)
    )
    return milestone


async def approve_milestone(command: ApproveMilestone, work: Work) -> Milestone:
    """Accept the evidence: the milestone is reached, once and for all."""
    milestone, project = await _decide_on(command.milestone_id, "approve_milestone", work)

    milestone.state = milestones.become(milestone.state, MilestoneState.APPROVED)
    await _judge(milestone, words=None, work=work)

    work.publish(MilestoneApproved(**_about(milestone, project), kind=milestone.kind, approved_at=work.now))
    return milestone


async def return_milestone(command: ReturnMilestone, work: Work) -> Milestone:
    """Ask for better evidence, and say why."""
    milestone, project = await _decide_on(command.milestone_id, "return_milestone", work)

    milestone.state = milestones.become(milestone.state, MilestoneState.RETURNED)
    await _judge(milestone, words=command.words, work=work)

    work.publish(MilestoneReturned(**_about(milestone, project), kind=milestone.kind))
    return milestone


async def _decide_on(milestone_id: UUID, action: str, work: Work) -> tuple[Milestone, Project]:
    milestone = await lock(work.session, Milestone, milestone_id)
    project = await load(work.session, Project, milestone.project_id)
    authorise(work.actor, action, to_project(work.actor, project))
    require_going_on(ended_at=project.ended_at, because=project.ended_because)
    return milestone, project


async def _judge(milestone: Milestone, *, words: str | None, work: Work) -> None:
    work.session.add(milestone)
    evidence = await evidence_under_review(work.session, milestone)
    evidence.verdict = milestone.state
    evidence.words = words
    evidence.decided_by = person_of(work.actor)
    evidence.decided_at = work.now
    work.session.add(evidence)


def _about(milestone: Milestone, project: Project) -> dict[str, Any]:
    return {
        "milestone_id": milestone.id,
        "project_id": project.id,
        "application_id": project.application_id,
        "challenge_id": project.challenge_id,
        "partner": project.partner,
        "lead_id": project.lead_id,
    }
