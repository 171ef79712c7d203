"""How who asks stands to a challenge or a file, and whether the file is sealed: what the permission table asks for."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy
from sqlalchemy import Uuid, and_, exists, literal
from sqlmodel import col, select

from services.applications.domain import applications
from services.applications.domain.applications import SHOWN_ONCE_OPENED, Status
from services.applications.domain.calls import CallStatus
from services.applications.domain.teams import relations_of
from services.applications.models import Application, Call, Challenge, Conflict, ReviewReader, Team, TeamMember
from services.applications.permissions import PERMISSIONS, authorise, person_id
from shared.errors import Forbidden
from shared.identity import Actor, Resource
from shared.work import Work

NONE = "none"
"""The state of what is not there."""


class Sealed(Forbidden):
    slug = "sealed"
    message = (
        "The files of this call are sealed: nobody but their team reads them until the call is closed and staff open "
        "its files. Come back then."
    )


def to_challenge(actor: Actor, challenge: Challenge) -> Resource:
    own = actor.organisation is not None and actor.organisation == challenge.partner
    return Resource({"own"} if own else (), challenge.status)


def may_read_challenge(actor: Actor, challenge: Challenge) -> bool:
    return PERMISSIONS.decide(actor, "read_challenge", to_challenge(actor, challenge)).allowed


async def to_file(work: Work, application_id: UUID) -> Resource:
    """Member, editor or lead of its team, its matched partner, a juror who reviews it; sealed, private or opened.

    A person in conflict with it stands in no relation to it and finds no state of it that any rule names. Its team
    finds no such state either: who belongs to it and is staff too reads it as the team does, and never screens it.
    One statement asks for all of it, also if there is no such file: how long it takes tells nobody which was so.
    """
    me = person_id(work.actor)
    asked = select(literal(application_id, Uuid).label("id")).subquery()
    barred = exists().where(col(Conflict.application_id) == asked.c.id, col(Conflict.juror_id) == me)
    assigned = exists().where(
        col(ReviewReader.application_id) == asked.c.id, col(ReviewReader.juror_id) == me, col(ReviewReader.active)
    )
    query = (
        sqlalchemy.select(
            col(Application.lead_id),
            col(Application.status),
            col(Application.matched_partner),
            col(TeamMember.role),
            col(Call.status),
            barred,
            assigned,
        )
        .select_from(asked)
        .outerjoin(Application, col(Application.id) == asked.c.id)
        .outerjoin(
            TeamMember, and_(col(TeamMember.team_id) == col(Application.team_id), col(TeamMember.person_id) == me)
        )
        .outerjoin(Call, col(Call.id) == col(Application.call_id))
    )
    row: Sequence[Any] = (await (await work.session.connection()).execute(query)).one()
    lead, status, partner, role, call_status, is_barred, is_assigned = row
    if status is None:
        return Resource(state=NONE)
    if role is not None:
        return Resource(relations_of(role, leads=me == lead), "own")
    if is_barred:
        return Resource(state="barred")
    relations = set()
    if status == Status.SELECTED and work.actor.organisation is not None and partner == work.actor.organisation:
        relations.add("matched")
    if is_assigned:
        relations.add("assigned")
    return Resource(relations, _seal(status, call_status))


async def file_to(work: Work, application_id: UUID, action: str) -> tuple[Application, Resource]:
    """A file for who may do this with it, and how they stand to it; for others there is none. Raises Sealed, …"""
    resource = await to_file(work, application_id)
    authorise_file(work.actor, action, resource)
    return await work.session.get_one(Application, application_id), resource


async def may(work: Work, action: str, application: Application) -> bool:
    """For pages, which don't offer what would be refused."""
    return PERMISSIONS.decide(work.actor, action, await to_file(work, application.id)).allowed


def _seal(status: str, call_status: str) -> str:
    """`sealed` until staff opened the call's files; then `opened`, or `private` if nobody handed it in for good."""
    if call_status != CallStatus.OPENED:
        return "sealed"
    return "opened" if status in SHOWN_ONCE_OPENED else "private"


def require_opened(actor: Actor, action: str, call: Call) -> None:
    """Return if who asks may do this with the files of a call, all together. Raises Sealed until they are opened."""
    state = "opened" if call.status == CallStatus.OPENED else "sealed"
    authorise_file(actor, action, Resource(state=state))


async def to_team(work: Work, team_id: UUID) -> Resource:
    """Member, editor or lead of a team, whether its files are opened; asked by the same statements if there is none."""
    me = person_id(work.actor)
    asked = select(literal(team_id, Uuid).label("id")).subquery()
    query = (
        sqlalchemy.select(col(Team.lead_id), col(TeamMember.role))
        .select_from(asked)
        .outerjoin(Team, col(Team.id) == asked.c.id)
        .outerjoin(TeamMember, and_(col(TeamMember.team_id) == asked.c.id, col(TeamMember.person_id) == me))
    )
    row: Sequence[Any] = (await (await work.session.connection()).execute(query)).one()
    lead, role = row
    seal = await seal_of_team(work, team_id)
    return Resource(state=NONE) if lead is None else Resource(relations_of(role, leads=lead == me), seal)


async def seal_of_team(work: Work, team_id: UUID) -> str:
    """`opened` once one of the team's files is; never to whom is in conflict with one of them."""
    me = person_id(work.actor)
    conflicts = (
        select(Conflict.id)
        .join(Application, col(Application.id) == col(Conflict.application_id))
        .where(col(Application.team_id) == team_id, col(Conflict.juror_id) == me)
    )
    if (await work.session.exec(conflicts.limit(1))).first():
        return "barred"
    query = (
        select(Application.id)
        .join(Call, col(Call.id) == col(Application.call_id))
        .where(
            col(Application.team_id) == team_id,
            col(Call.status) == CallStatus.OPENED,
            col(Application.status).in_(SHOWN_ONCE_OPENED),
        )
    )
    return "opened" if (await work.session.exec(query.limit(1))).first() else "sealed"


def authorise_file(actor: Actor, action: str, resource: Resource) -> None:
    """Like `authorise`, but only those who may know of a file are told more than that there is none."""
    decision = PERMISSIONS.decide(actor, action, resource)
    if decision.allowed:
        return
    if decision.reason == "state" and resource.state == "sealed":
        raise Sealed
    if decision.reason in {"state", "relation"}:
        raise applications.NoSuchApplication
    authorise(actor, action, resource)


async def reads_blind(work: Work, application_id: UUID) -> bool:
    """Whether who asks reviews it in a blind round: whatever else it is, it then sees no more than others there."""
    query = select(ReviewReader.id).where(
        col(ReviewReader.application_id) == application_id,
        col(ReviewReader.juror_id) == person_id(work.actor),
        col(ReviewReader.active),
        col(ReviewReader.blind),
    )
    return (await work.session.exec(query.limit(1))).first() is not None
