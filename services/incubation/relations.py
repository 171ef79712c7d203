"""How whoever asks stands to a project, a challenge or its partner: what the permission table's relations mean."""

from collections.abc import Iterable
from uuid import UUID

from services.incubation.models import Project
from shared.errors import Forbidden
from shared.identity import Actor, Resource


class NoPersonId(Forbidden):
    slug = "no-person-id"
    message = "Your account has no person id that this programme knows (a UUID). Ask the programme team to mend it."


def person_of(actor: Actor) -> UUID:
    """Who asks, as a person. Raises NoPersonId for an account that is none."""
    try:
        return UUID(actor.person_id)
    except ValueError:
        raise NoPersonId from None


def to_project(actor: Actor, project: Project) -> Resource:
    """Member of its team, its coach, its partner: each counts only with the role that the table pairs it with."""
    return to_projects(actor, [project], partner=project.partner)


def to_projects(actor: Actor, projects: Iterable[Project], *, partner: str) -> Resource:
    """The same for what belongs to a challenge: its partner, and the members and coaches of its projects."""
    relations = {"partner"} if actor.organisation == partner else set()
    for project in projects:
        if actor.person_id in map(str, project.member_ids):
            relations.add("member")
        if project.coach_id is not None and actor.person_id == str(project.coach_id):
            relations.add("coach")
    return Resource(relations)


def to_partner(actor: Actor, partner: str) -> Resource:
    return Resource({"partner"} if actor.organisation == partner else ())
