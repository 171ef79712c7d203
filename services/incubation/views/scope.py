"""Which rows somebody may see: the query's own condition, so that a list, a count or a cursor can't tell more."""

from sqlalchemy import ColumnElement
from sqlmodel import col, false, or_, select, true

from services.incubation.models import DataGrant, Dataset, FocusGroup, Project
from services.incubation.permissions import EVERY_PROJECT
from services.incubation.relations import person_of
from shared.identity import Actor

Condition = ColumnElement[bool]


def projects(actor: Actor, *, all_for: frozenset[str] | set[str] = frozenset(EVERY_PROJECT)) -> Condition:
    """All for staff and the city; else a member's own, a coach's own, a partner's own. Nothing for anybody else."""
    if any(actor.holds(role) for role in all_for):
        return true()
    mine: list[Condition] = [false()]
    if actor.holds("applicant"):
        mine.append(col(Project.member_ids).contains([person_of(actor)]))
    if actor.holds("coach"):
        mine.append(col(Project.coach_id) == person_of(actor))
    if actor.holds("partner") and actor.organisation:
        mine.append(col(Project.partner) == actor.organisation)
    return or_(*mine)


def datasets(actor: Actor) -> Condition:
    """All for staff; else the partner's own, and those of the challenge on which a member works."""
    if actor.holds("staff"):
        return true()
    mine: list[Condition] = [false()]
    if actor.holds("partner") and actor.organisation:
        mine.append(col(Dataset.partner) == actor.organisation)
    if actor.holds("applicant"):
        own = select(Project.challenge_id).where(col(Project.member_ids).contains([person_of(actor)]))
        mine.append(col(Dataset.challenge_id).in_(own))
    return or_(*mine)


def grants(actor: Actor) -> Condition:
    """All for staff; else those on a partner's datasets, and those of a member's project. Joined with both."""
    if actor.holds("staff"):
        return true()
    mine: list[Condition] = [false()]
    if actor.holds("partner") and actor.organisation:
        own_data = select(Dataset.id).where(col(Dataset.partner) == actor.organisation)
        mine.append(col(DataGrant.dataset_id).in_(own_data))
    if actor.holds("applicant"):
        own_projects = select(Project.id).where(col(Project.member_ids).contains([person_of(actor)]))
        mine.append(col(DataGrant.project_id).in_(own_projects))
    return or_(*mine)


def focus_groups(actor: Actor) -> Condition:
    """All for staff; else the partner's own, and those of the challenge on which a member or coach works."""
    if actor.holds("staff"):
        return true()
    own = select(Project.challenge_id).where(projects(actor, all_for=frozenset()))
    return col(FocusGroup.challenge_id).in_(own) | (
        col(FocusGroup.partner) == actor.organisation if actor.holds("partner") and actor.organisation else false()
    )
