"""Loads what forgetting a person is decided on, locked: its files and teams, its holds, its open wish."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, or_, select

from services.applications.domain.erasure import FILES_KEPT, File
from services.applications.models import Application, Erasure, Hold, Person, ReviewReader, Revision, Team, TeamMember
from shared.work import Work


async def person_to_forget(work: Work, person_id: UUID) -> Person | None:
    """Locked against any change of it; who makes a team or a file refer to it is not kept waiting, nor keeps us."""
    return await work.session.get(Person, person_id, with_for_update={"key_share": True})


async def teams_of(work: Work, person_id: UUID) -> Sequence[Team]:
    """The person's teams, locked with their applications: nobody hands in, joins or begins meanwhile.

    Applications first, in one statement with their team, as those who hand in take them in this order too.
    """
    mine = select(TeamMember.team_id).where(col(TeamMember.person_id) == person_id)
    both = (
        select(Application.id)
        .join(Team, col(Team.id) == col(Application.team_id))
        .where(col(Application.team_id).in_(mine))
        .order_by(col(Application.id))
        .suffix_with(text("FOR UPDATE OF application FOR UPDATE OF team"))
    )
    await work.session.exec(both)
    teams = select(Team).where(col(Team.id).in_(mine)).order_by(col(Team.id)).with_for_update()
    return (await work.session.exec(teams.execution_options(populate_existing=True))).all()


async def applications_of(work: Work, team_ids: Sequence[UUID]) -> Sequence[Application]:
    """All files of these teams, locked; asked once the teams are, so that none is begun meanwhile."""
    query = select(Application).where(col(Application.team_id).in_(team_ids)).order_by(col(Application.id))
    return (await work.session.exec(query.with_for_update().execution_options(populate_existing=True))).all()


async def others_in(work: Work, team_id: UUID, *, without: UUID) -> list[UUID]:
    """The team's members who are there to go on, longest-standing first."""
    query = (
        select(TeamMember.person_id)
        .join(Person, col(Person.id) == col(TeamMember.person_id))
        .where(
            col(TeamMember.team_id) == team_id,
            col(TeamMember.person_id) != without,
            col(Person.forgotten_at).is_(None),
        )
        .order_by(col(TeamMember.joined_at), col(TeamMember.id))
    )
    return list(await work.session.exec(query))


def as_file(application: Application, others: Sequence[UUID]) -> File:
    return File(
        application_id=application.id,
        team_id=application.team_id,
        status=application.status,
        others=tuple(others),
    )


async def revisions_of(work: Work, application_id: UUID) -> list[int]:
    query = select(Revision.number).where(col(Revision.application_id) == application_id)
    return list(await work.session.exec(query.order_by(col(Revision.number))))


async def holds_of(work: Work, person_id: UUID) -> Sequence[Hold]:
    """Those that oblige at this moment."""
    query = select(Hold).where(
        col(Hold.person_id) == person_id, col(Hold.lifted_at).is_(None), col(Hold.until) > work.now
    )
    return (await work.session.exec(query.order_by(col(Hold.placed_at)))).all()


async def all_holds_of(work: Work, person_id: UUID) -> Sequence[Hold]:
    query = select(Hold).where(col(Hold.person_id) == person_id).order_by(col(Hold.placed_at), col(Hold.id))
    return (await work.session.exec(query)).all()


async def hold_to_lift(work: Work, *, person_id: UUID, hold_id: UUID) -> Hold | None:
    query = select(Hold).where(col(Hold.id) == hold_id, col(Hold.person_id) == person_id).with_for_update()
    return (await work.session.exec(query)).one_or_none()


async def erasure_of(work: Work, person_id: UUID) -> Erasure | None:
    return await work.session.get(Erasure, person_id, with_for_update=True)


async def reviews_held(work: Work, person_id: UUID) -> int:
    """As far as is known here: the files that a juror may still read."""
    query = (
        select(func.count())
        .select_from(ReviewReader)
        .where(col(ReviewReader.juror_id) == person_id, col(ReviewReader.active))
    )
    return (await work.session.exec(query)).one()


async def next_open_erasure(work: Work) -> UUID | None:
    """Somebody who waits to be forgotten and whom nothing obliges us to keep any more; nobody else takes it."""
    obliged = select(Hold.person_id).where(col(Hold.lifted_at).is_(None), col(Hold.until) > work.now)
    query = (
        select(Erasure.id)
        .where(col(Erasure.completed_at).is_(None), col(Erasure.id).not_in(obliged))
        .order_by(col(Erasure.requested_at))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await work.session.exec(query)).one_or_none()


async def old_files(work: Work, *, limit: int) -> Sequence[Application]:
    """Files that were begun too long ago and still say something, whose members nothing obliges us to keep."""
    before: datetime = work.now - FILES_KEPT
    said = select(Revision.id).where(col(Revision.application_id) == col(Application.id), col(Revision.salt) != "")
    obliged = (
        select(TeamMember.team_id)
        .join(Hold, col(Hold.person_id) == col(TeamMember.person_id))
        .where(col(Hold.lifted_at).is_(None), col(Hold.until) > work.now, col(Hold.ground) == "dispute")
    )
    query = (
        select(Application)
        .where(
            col(Application.created_at) < before,
            or_(col(Application.title).is_not(None), col(Application.summary).is_not(None), said.exists()),
            col(Application.team_id).not_in(obliged),
        )
        .order_by(col(Application.created_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await work.session.exec(query)).all()
