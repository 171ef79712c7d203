"""A challenge gets its focus group."""

from services.incubation.commands import FormFocusGroup
from services.incubation.domain import focus_groups
from services.incubation.models import Challenge, FocusGroup
from services.incubation.repository import focus_group_of, lock, projects_of_challenge
from shared.events.incubation import FocusGroupFormed
from shared.work import Work


async def form_focus_group(command: FormFocusGroup, work: Work) -> FocusGroup:
    """Bring Numa's representative and those of the partner together; a challenge has one such group."""
    challenge = await lock(work.session, Challenge, command.challenge_id)
    numa, of_partner = focus_groups.compose(command.representatives, partner=challenge.partner)
    if existing := await focus_group_of(work.session, challenge.id):
        raise focus_groups.FocusGroupExists(focus_group_id=existing.id)

    group = FocusGroup(
        challenge_id=challenge.id,
        partner=challenge.partner,
        numa_representative_id=numa,
        partner_representative_ids=of_partner,
        formed_at=work.now,
    )
    work.session.add(group)

    projects = await projects_of_challenge(work.session, challenge.id)
    work.publish(
        FocusGroupFormed(
            focus_group_id=group.id,
            challenge_id=challenge.id,
            numa_representative_id=numa,
            partner_representative_ids=of_partner,
            project_ids=[project.id for project in projects],
        )
    )
    return group
