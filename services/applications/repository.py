"""Loads what a command decides on, locked where two commands could race; saves what it made."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.applications import models
from services.applications.domain import applications, attachments, calls, challenges, teams
from services.applications.models import (
    Application,
    Attachment,
    Call,
    CallChallenge,
    Challenge,
    DeadlineRule,
    Edition,
    Person,
    ReviewReader,
    Revision,
    Team,
    TeamMember,
)
from services.applications.schedules import Schedule
from shared.errors import StaleVersion
from shared.work import Work


def require_version(found: int, wanted: int | None) -> None:
    """Raises StaleVersion if the caller read another version; None does not care."""
    if wanted is not None and found != wanted:
        raise StaleVersion


async def edition(work: Work, edition_id: UUID) -> Edition:
    found = await work.session.get(Edition, edition_id)
    if found is None:
        raise challenges.NoSuchEdition
    return found


async def challenge(work: Work, challenge_id: UUID) -> Challenge:
    """Locked, as it is about to change."""
    found = await work.session.get(Challenge, challenge_id, with_for_update=True)
    if found is None:
        raise challenges.NoSuchChallenge
    return found


async def published_among(work: Work, challenge_ids: Collection[UUID], *, edition_id: UUID) -> set[UUID]:
    """Those of them that are published challenges of the edition."""
    query = select(Challenge.id).where(
        col(Challenge.id).in_(challenge_ids),
        col(Challenge.edition_id) == edition_id,
        col(Challenge.status) == challenges.ChallengeStatus.PUBLISHED,
    )
    return set(await work.session.exec(query))


async def call(work: Work, call_id: UUID) -> Call:
    """Locked, as it is about to be closed or opened: waits for those who are handing in."""
    found = await work.session.get(Call, call_id, with_for_update=True)
    if found is None:
        raise challenges.NoSuchCall
    return found


async def call_to_close(work: Work, *, grace: timedelta) -> Call | None:
    """The call that is longest due, if any, locked: waits for those who are handing in, and for another worker."""
    query = (
        select(Call)
        .where(
            col(Call.status) == calls.CallStatus.ANNOUNCED,
            col(Call.last_deadline_at) < work.now - grace,
        )
        .order_by(col(Call.last_deadline_at))
        .limit(1)
        .with_for_update()
    )
    return (await work.session.exec(query)).first()


async def schedule(work: Work, call_id: UUID, *, hold: bool) -> Schedule:
    """A call's schedule; with `hold` the call can't be closed before this work is saved."""
    lock = {"read": True} if hold else None
    found = await work.session.get(Call, call_id, with_for_update=lock, populate_existing=hold)
    if found is None:
        raise challenges.NoSuchCall
    return await _scheduled(work, found)


async def _scheduled(work: Work, found: Call) -> Schedule:
    return Schedule.of(found, await rules_of(work, found.id))


async def offered(work: Work, call_id: UUID) -> list[UUID]:
    """The challenges that may be applied for, in the call's order."""
    query = select(CallChallenge.challenge_id).where(col(CallChallenge.call_id) == call_id)
    return list(await work.session.exec(query.order_by(col(CallChallenge.position))))


async def rules_of(work: Work, call_id: UUID) -> list[DeadlineRule]:
    """The call's deadlines: the one for all, then those of single challenges."""
    query = select(DeadlineRule).where(col(DeadlineRule.call_id) == call_id)
    return list(await work.session.exec(query.order_by(col(DeadlineRule.challenge_id).nulls_first())))


async def handed_in(work: Work, call_id: UUID) -> list[UUID]:
    """The applications that a call closes with: submitted and not taken back."""
    query = (
        select(Application.id)
        .where(col(Application.call_id) == call_id, col(Application.status) == applications.Status.SUBMITTED)
        .order_by(col(Application.id))
    )
    return list(await work.session.exec(query))


async def person_to_change(work: Work, person_id: UUID) -> Person | None:
    return await work.session.get(Person, person_id, with_for_update=True)


async def registered(work: Work, person_ids: Collection[UUID]) -> set[UUID]:
    """Those of them who said how to be reached, and were not forgotten since."""
    query = select(Person.id).where(col(Person.id).in_(person_ids), col(Person.forgotten_at).is_(None))
    return set(await work.session.exec(query))


async def teams_led_by_registered(work: Work, person_id: UUID) -> int:
    """How many teams this person leads; the person is locked, so that the number holds. Raises NotRegistered."""
    person = await person_to_change(work, person_id)
    if person is None or person.forgotten_at is not None:
        raise teams.NotRegistered
    query = select(func.count()).select_from(Team).where(col(Team.lead_id) == person_id)
    return (await work.session.exec(query)).one()


async def team(work: Work, team_id: UUID, *, member: UUID) -> Team:
    """A team of this person's, locked. Others are not told that it exists."""
    found = await work.session.get(Team, team_id, with_for_update=True)
    if found is None or member not in await members_of(work, team_id):
        raise teams.NotYourTeam
    return found


async def members_of(work: Work, team_id: UUID) -> list[UUID]:
    query = select(TeamMember.person_id).where(col(TeamMember.team_id) == team_id)
    return list(await work.session.exec(query.order_by(col(TeamMember.joined_at), col(TeamMember.id))))


async def team_has_handed_in(work: Work, team_id: UUID) -> bool:
    query = select(Application.id).where(
        col(Application.team_id) == team_id,
        col(Application.status).notin_([applications.Status.DRAFT, applications.Status.WITHDRAWN]),
    )
    return (await work.session.exec(query.limit(1))).first() is not None


async def live_application(work: Work, *, team_id: UUID, call_id: UUID) -> Application | None:
    query = select(Application).where(
        col(Application.team_id) == team_id,
        col(Application.call_id) == call_id,
        col(Application.status) != applications.Status.WITHDRAWN,
    )
    return (await work.session.exec(query)).first()


async def applications_begun(work: Work, *, team_id: UUID, call_id: UUID) -> int:
    """How often the team began one for this call, withdrawn ones included."""
    query = (
        select(func.count())
        .select_from(Application)
        .where(col(Application.team_id) == team_id, col(Application.call_id) == call_id)
    )
    return (await work.session.exec(query)).one()


async def application(work: Work, application_id: UUID) -> Application:
    """Locked, as it is about to change."""
    found = await work.session.get(Application, application_id, with_for_update=True)
    if found is None:
        raise applications.NoSuchApplication
    return found


async def handing_in(work: Work, application_id: UUID) -> tuple[Application, Team, Schedule]:
    """An application and its team, locked, and its call, which can't be closed before this work is saved.

    All three locks in one statement, as this is what everybody does at once in the last hour.
    """
    query = (
        select(Application, Team, Call)
        .join(Team, col(Team.id) == col(Application.team_id))
        .join(Call, col(Call.id) == col(Application.call_id))
        .where(col(Application.id) == application_id)
        .suffix_with(text("FOR UPDATE OF application FOR SHARE OF call FOR UPDATE OF team"))
    )
    found = (await work.session.exec(query)).first()
    if found is None:
        raise applications.NoSuchApplication
    application, team, call = found
    # Read once the locks are held: what was waited for may have changed the rules.
    return application, team, await _scheduled(work, call)


async def application_if_known(work: Work, application_id: UUID) -> Application | None:
    return await work.session.get(Application, application_id, with_for_update=True)


async def draft_attachments(work: Work, application_id: UUID) -> list[Attachment]:
    query = select(Attachment).where(
        col(Attachment.application_id) == application_id, col(Attachment.removed_at).is_(None)
    )
    return list(await work.session.exec(query.order_by(col(Attachment.created_at), col(Attachment.id))))


async def attachments_kept(work: Work, application_id: UUID) -> int:
    """All files of an application, those that its draft dropped after they were handed in included."""
    query = select(func.count()).select_from(Attachment).where(col(Attachment.application_id) == application_id)
    return (await work.session.exec(query)).one()


async def draft_attachment(work: Work, application_id: UUID, attachment_id: UUID) -> Attachment:
    found = await work.session.get(Attachment, attachment_id, with_for_update=True)
    if found is None or found.application_id != application_id or found.removed_at is not None:
        raise attachments.NoSuchAttachment
    return found


async def counting_revision(work: Work, found: Application) -> Revision:
    """The revision that was handed in last; only for applications that were handed in."""
    query = select(Revision).where(col(Revision.application_id) == found.id, col(Revision.number) == found.revision)
    return (await work.session.exec(query)).one()


async def revision(work: Work, application_id: UUID, number: int) -> Revision | None:
    query = select(Revision).where(col(Revision.application_id) == application_id, col(Revision.number) == number)
    return (await work.session.exec(query)).first()


async def is_in_a_revision(work: Work, application_id: UUID, attachment_id: UUID) -> bool:
    query = (
        select(func.count())
        .select_from(Revision)
        .where(
            col(Revision.application_id) == application_id,
            col(Revision.attachments).contains([{"attachment_id": str(attachment_id)}]),
        )
    )
    return (await work.session.exec(query)).one() > 0


async def let_read(work: Work, *, review_id: UUID, application_id: UUID, juror_id: UUID, active: bool) -> None:
    """Note who reviews what. A review that ended never begins again."""
    values = {"id": review_id, "version": 1, "application_id": application_id, "juror_id": juror_id, "active": active}
    statement = insert(ReviewReader).values(**values)
    if active:
        statement = statement.on_conflict_do_nothing(index_elements=["id"])
    else:
        statement = statement.on_conflict_do_update(index_elements=["id"], set_={"active": False})
    await (await work.session.connection()).execute(statement)


async def bar(work: Work, *, conflict_id: UUID, application_id: UUID, juror_id: UUID) -> None:
    """Note a conflict, which lasts for ever."""
    values = {"id": conflict_id, "version": 1, "application_id": application_id, "juror_id": juror_id}
    await (await work.session.connection()).execute(insert(models.Conflict).values(**values).on_conflict_do_nothing())
