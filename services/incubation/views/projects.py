"""Projects and their milestones, as they are shown."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from services.incubation.days import today_in
from services.incubation.domain.milestones import MilestoneState, is_late
from services.incubation.domain.projects import End
from services.incubation.models import Challenge, Evidence, Milestone, Project, Startup
from services.incubation.permissions import authorise
from services.incubation.relations import to_project
from services.incubation.repository import load, zone_of
from services.incubation.views import scope
from shared.events.incubation import MilestoneKind
from shared.http import Page, Paging, View
from shared.identity import Actor
from shared.work import Work


class ProjectView(View):
    """A startup that is accompanied on its challenge."""

    id: UUID
    application_id: UUID
    edition_id: UUID
    challenge_id: UUID
    challenge_title: dict[str, str] | None
    partner: str
    startup: str | None
    title: str | None
    lead_id: UUID
    member_ids: list[UUID]
    coach_id: UUID | None
    opened_at: datetime
    ended_at: datetime | None
    ended_because: End | None
    version: int


class PublicProjectView(View):
    """What anybody may know of a project: which startup works on which challenge, with whom."""

    startup: str | None
    challenge_title: dict[str, str] | None
    partner: str
    opened_at: datetime


class EvidenceView(View):
    """One attempt to show that the milestone is reached."""

    attempt: int
    text: str
    links: list[str]
    submitted_by: UUID
    submitted_at: datetime
    verdict: Literal["approved", "returned"] | None
    words: str | None
    decided_at: datetime | None


class MilestoneView(View):
    """What the project promised, and how far it is."""

    id: UUID
    project_id: UUID
    kind: MilestoneKind
    title: str
    due_on: date
    state: MilestoneState
    attempt: int
    late: bool
    planned_at: datetime
    evidence: list[EvidenceView]
    version: int


async def page_of_projects(
    work: Work, paging: Paging, *, application_id: UUID | None = None, challenge_id: UUID | None = None
) -> Page[ProjectView]:
    query = _with_names().where(scope.projects(work.actor))
    if application_id:
        query = query.where(col(Project.application_id) == application_id)
    if challenge_id:
        query = query.where(col(Project.challenge_id) == challenge_id)
    if after := paging.after(UUID):
        query = query.where(col(Project.id) > after[0])
    rows = (await work.session.exec(query.order_by(col(Project.id)).limit(paging.fetch))).all()
    return paging.page(rows, key=lambda row: (row[0].id,), view=_project)


async def page_of_public_projects(work: Work, paging: Paging) -> Page[PublicProjectView]:
    query = _with_names().where(col(Project.ended_at).is_(None))
    if after := paging.after(UUID):
        query = query.where(col(Project.id) > after[0])
    rows = (await work.session.exec(query.order_by(col(Project.id)).limit(paging.fetch))).all()
    return paging.page(rows, key=lambda row: (row[0].id,), view=_public_project)


async def project(work: Work, project_id: UUID) -> ProjectView:
    await readable_project(work.session, work.actor, project_id)
    return await project_view(work.session, project_id)


async def project_view(session: AsyncSession, project_id: UUID) -> ProjectView:
    return _project((await session.exec(_with_names().where(col(Project.id) == project_id))).one())


async def readable_project(session: AsyncSession, actor: Actor, project_id: UUID) -> Project:
    found = await load(session, Project, project_id)
    authorise(actor, "read_project", to_project(actor, found))
    return found


async def page_of_milestones(work: Work, paging: Paging, project_id: UUID) -> Page[MilestoneView]:
    owner = await readable_project(work.session, work.actor, project_id)
    query = select(Milestone).where(col(Milestone.project_id) == owner.id)
    if after := paging.after(UUID):
        query = query.where(col(Milestone.id) > after[0])
    rows = (await work.session.exec(query.order_by(col(Milestone.id)).limit(paging.fetch))).all()
    views = {view.id: view for view in await milestone_views(work, rows, edition_id=owner.edition_id)}
    return paging.page(rows, key=lambda row: (row.id,), view=lambda row: views[row.id])


async def milestone(work: Work, milestone_id: UUID) -> MilestoneView:
    found = await load(work.session, Milestone, milestone_id)
    owner = await readable_project(work.session, work.actor, found.project_id)
    return (await milestone_views(work, [found], edition_id=owner.edition_id))[0]


async def milestone_view(work: Work, changed: Milestone) -> MilestoneView:
    """As it is after the change that was just made."""
    await work.flush()
    owner = await load(work.session, Project, changed.project_id)
    return (await milestone_views(work, [changed], edition_id=owner.edition_id))[0]


async def milestone_views(work: Work, rows: Sequence[Milestone], *, edition_id: UUID) -> list[MilestoneView]:
    """The milestones of one project, each with all that was shown for it."""
    today = today_in(await zone_of(work.session, edition_id), now=work.now)
    query = select(Evidence).where(col(Evidence.milestone_id).in_([row.id for row in rows]))
    attempts: dict[UUID, list[EvidenceView]] = defaultdict(list)
    for evidence in await work.session.exec(query.order_by(col(Evidence.attempt))):
        attempts[evidence.milestone_id].append(EvidenceView.model_validate(evidence))
    return [
        MilestoneView(
            **row.model_dump(),
            late=is_late(row.state, due_on=row.due_on, today=today),
            evidence=attempts[row.id],
        )
        for row in rows
    ]


def _with_names() -> Select[Project, Challenge, Startup]:
    return (
        select(Project, Challenge, Startup)
        .join(Challenge, col(Challenge.id) == col(Project.challenge_id), isouter=True)
        .join(Startup, col(Startup.id) == col(Project.application_id), isouter=True)
    )


def _project(row: tuple[Project, Challenge | None, Startup | None]) -> ProjectView:
    found, challenge, startup = row
    return ProjectView(
        **found.model_dump(),
        challenge_title=challenge.title if challenge else None,
        startup=startup.name if startup else None,
        title=startup.title if startup else None,
    )


def _public_project(row: tuple[Project, Challenge | None, Startup | None]) -> PublicProjectView:
    found, challenge, startup = row
    return PublicProjectView(
        startup=startup.name if startup else None,
        challenge_title=challenge.title if challenge else None,
        partner=found.partner,
        opened_at=found.opened_at,
    )
