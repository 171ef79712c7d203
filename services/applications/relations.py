"""How who asks stands to a challenge or a file, and whether the file is sealed: what the permission table asks for."""

from uuid import UUID

from sqlmodel import col, select

from services.applications import repository
from services.applications.domain import applications
from services.applications.domain.applications import SHOWN_ONCE_OPENED, Status
from services.applications.domain.calls import CallStatus
from services.applications.domain.teams import relations_of
from services.applications.models import Application, Call, Challenge, Conflict, ReviewReader, Team
from services.applications.permissions import PERMISSIONS, authorise, person_id
from shared.errors import Forbidden
from shared.identity import Actor, Resource
from shared.work import Work


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


async def to_file(work: Work, application: Application) -> Resource:
    """Member, editor or lead of its team, its matched partner, a juror who reviews it; sealed, private or opened.

    A person in conflict with it stands in no relation to it and finds no state of it that any rule names. Its team
    finds no such state either: who belongs to it and is staff too reads it as the team does, and never screens it.
    """
    me = person_id(work.actor)
    role = (await repository.members_of(work, application.team_id)).get(me)
    if role is not None:
        return Resource(relations_of(role, leads=me == application.lead_id), "own")
    if await _is_barred(work, application.id, me):
        return Resource(state="barred")
    relations = set()
    if _is_matched(application, work.actor):
        relations.add("matched")
    if await _is_assigned(work, application.id, me):
        relations.add("assigned")
    return Resource(relations, await seal_of(work, application))


async def may(work: Work, action: str, application: Application) -> bool:
    """For pages, which don't offer what would be refused."""
    return PERMISSIONS.decide(work.actor, action, await to_file(work, application)).allowed


async def seal_of(work: Work, application: Application) -> str:
    """`sealed` until staff opened the call's files; then `opened`, or `private` if nobody handed it in for good."""
    status = (await work.session.exec(select(Call.status).where(col(Call.id) == application.call_id))).one()
    if status != CallStatus.OPENED:
        return "sealed"
    return "opened" if application.status in SHOWN_ONCE_OPENED else "private"


def require_opened(actor: Actor, action: str, call: Call) -> None:
    """Return if who asks may do this with the files of a call, all together. Raises Sealed until they are opened."""
    state = "opened" if call.status == CallStatus.OPENED else "sealed"
    authorise_file(actor, action, Resource(state=state))


async def seal_of_team(work: Work, team: Team) -> str:
    """`opened` once one of the team's files is; never to whom is in conflict with one of them."""
    me = person_id(work.actor)
    conflicts = (
        select(Conflict.id)
        .join(Application, col(Application.id) == col(Conflict.application_id))
        .where(col(Application.team_id) == team.id, col(Conflict.juror_id) == me)
    )
    if (await work.session.exec(conflicts.limit(1))).first():
        return "barred"
    query = (
        select(Application.id)
        .join(Call, col(Call.id) == col(Application.call_id))
        .where(
            col(Application.team_id) == team.id,
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


def _is_matched(application: Application, actor: Actor) -> bool:
    return (
        application.status == Status.SELECTED
        and actor.organisation is not None
        and application.matched_partner == actor.organisation
    )


async def _is_barred(work: Work, application_id: UUID, me: UUID) -> bool:
    query = select(Conflict.id).where(col(Conflict.application_id) == application_id, col(Conflict.juror_id) == me)
    return (await work.session.exec(query)).first() is not None


async def reads_blind(work: Work, application_id: UUID) -> bool:
    """Whether who asks reviews it in a blind round: whatever else it is, it then sees no more than others there."""
    query = select(ReviewReader.id).where(
        col(ReviewReader.application_id) == application_id,
        col(ReviewReader.juror_id) == person_id(work.actor),
        col(ReviewReader.active),
        col(ReviewReader.blind),
    )
    return (await work.session.exec(query.limit(1))).first() is not None


async def _is_assigned(work: Work, application_id: UUID, me: UUID) -> bool:
    query = select(ReviewReader.id).where(
        col(ReviewReader.application_id) == application_id,
        col(ReviewReader.juror_id) == me,
        col(ReviewReader.active),
    )
    return (await work.session.exec(query.limit(1))).first() is not None
