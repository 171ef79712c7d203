"""Applications, their revisions and their attachments."""

from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, select

from services.applications.domain import applications, attachments
from services.applications.models import (
    Application,
    Attachment,
    Call,
    Revision,
    Team,
)
from services.applications.repository.people import of_team_with
from services.applications.repository.rules import scheduled
from services.applications.schedules import Schedule
from shared.work import Work


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


async def application(work: Work, application_id: UUID, *, by: UUID | None = None) -> Application:
    """Locked, as it is about to change; with `by` only if that person belongs to its team."""
    query = select(Application).where(col(Application.id) == application_id)
    if by is not None:
        query = query.where(of_team_with(by))
    found = (await work.session.exec(query.with_for_update())).first()
    if found is None:
        raise applications.NoSuchApplication
    return found


async def handing_in(work: Work, application_id: UUID, *, by: UUID) -> tuple[Application, Team, Schedule]:
    """An application and its team, locked, and its call, which can't be closed before this work is saved.

    Only if that person belongs to the team. All three locks in one statement, as this is what everybody does at once in
    the last hour.
    """
    query = (
        select(Application, Team, Call)
        .join(Team, col(Team.id) == col(Application.team_id))
        .join(Call, col(Call.id) == col(Application.call_id))
        .where(col(Application.id) == application_id, of_team_with(by))
        .suffix_with(text("FOR UPDATE OF application FOR SHARE OF call FOR UPDATE OF team"))
    )
    found = (await work.session.exec(query)).first()
    if found is None:
        raise applications.NoSuchApplication
    application, team, call = found
    # Read once the locks are held: what was waited for may have changed the rules.
    return application, team, await scheduled(work, call, team_id=team.id)


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
