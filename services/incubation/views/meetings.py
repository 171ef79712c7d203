"""Focus groups and workshops, as they are shown."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import col, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from services.incubation.domain.workshops import RegistrationState
from services.incubation.models import FocusGroup, Project, Workshop, WorkshopRegistration
from services.incubation.permissions import authorise
from services.incubation.relations import to_projects
from services.incubation.repository import load, projects_of_challenge
from services.incubation.views import scope
from shared.http import Page, Paging, View
from shared.work import Work


class FocusGroupView(View):
    """Who speaks for Numa and for the partner about a challenge, and with which projects."""

    id: UUID
    challenge_id: UUID
    partner: str
    numa_representative_id: UUID
    partner_representative_ids: list[UUID]
    project_ids: list[UUID]
    formed_at: datetime
    version: int


class WorkshopView(View):
    """A workshop, open to all: the time on the wall there, and the instant it stands for.

    How many seats are left is not shown: it would tell whether somebody has registered.
    """

    id: UUID
    edition_id: UUID
    title: dict[str, str]
    starts_local: str
    zone: str
    starts_at: datetime
    tzdata_version: str
    place: str
    seats: int
    full: bool


class WorkshopsView(View):
    """Several workshops that were scheduled together."""

    items: list[WorkshopView]


class AcceptedView(View):
    """The same answer whoever asked."""

    workshop_id: UUID
    status: Literal["accepted"] = "accepted"


class RegistrationAcceptedView(AcceptedView):
    """Keep the token: it is the only way to give the seat back."""

    cancellation_token: str


class RegistrationView(View):
    """Somebody who comes. A person with an account is known by id only."""

    id: UUID
    workshop_id: UUID
    person_id: UUID
    name: str | None
    email: str | None
    language: str | None
    registered_at: datetime


async def page_of_focus_groups(work: Work, paging: Paging) -> Page[FocusGroupView]:
    query = select(FocusGroup).where(scope.focus_groups(work.actor))
    if after := paging.after(UUID):
        query = query.where(col(FocusGroup.id) > after[0])
    rows = (await work.session.exec(query.order_by(col(FocusGroup.id)).limit(paging.fetch))).all()
    projects = await _projects_by_challenge(work.session, rows)
    return paging.page(rows, key=lambda row: (row.id,), view=lambda row: _focus_group(row, projects[row.challenge_id]))


async def focus_group(work: Work, focus_group_id: UUID) -> FocusGroupView:
    found = await load(work.session, FocusGroup, focus_group_id)
    projects = await projects_of_challenge(work.session, found.challenge_id)
    authorise(work.actor, "read_focus_group", to_projects(work.actor, projects, partner=found.partner))
    return _focus_group(found, [project.id for project in projects])


async def focus_group_view(work: Work, formed: FocusGroup) -> FocusGroupView:
    await work.flush()
    projects = await projects_of_challenge(work.session, formed.challenge_id)
    return _focus_group(formed, [project.id for project in projects])


async def page_of_workshops(
    work: Work, paging: Paging, *, edition_id: UUID | None = None, upcoming: bool = False
) -> Page[WorkshopView]:
    query = select(Workshop)
    if edition_id:
        query = query.where(col(Workshop.edition_id) == edition_id)
    if upcoming:
        query = query.where(col(Workshop.starts_at) > work.now)
    if after := paging.after(datetime, UUID):
        query = query.where(tuple_(col(Workshop.starts_at), col(Workshop.id)) > after)
    query = query.order_by(col(Workshop.starts_at), col(Workshop.id)).limit(paging.fetch)
    rows = (await work.session.exec(query)).all()
    return paging.page(rows, key=lambda row: (row.starts_at, row.id), view=workshop_view)


async def workshop(work: Work, workshop_id: UUID) -> WorkshopView:
    return workshop_view(await load(work.session, Workshop, workshop_id))


def workshop_view(found: Workshop) -> WorkshopView:
    return WorkshopView(
        **found.model_dump(exclude={"version"}), starts_local=found.local, full=found.seats_taken >= found.seats
    )


async def page_of_registrations(work: Work, paging: Paging, workshop_id: UUID) -> Page[RegistrationView]:
    found = await load(work.session, Workshop, workshop_id)
    query = select(WorkshopRegistration).where(
        col(WorkshopRegistration.workshop_id) == found.id,
        col(WorkshopRegistration.state) == RegistrationState.TAKEN,
    )
    if after := paging.after(UUID):
        query = query.where(col(WorkshopRegistration.id) > after[0])
    rows = (await work.session.exec(query.order_by(col(WorkshopRegistration.id)).limit(paging.fetch))).all()
    return paging.page(rows, key=lambda row: (row.id,), view=RegistrationView.model_validate)


async def _projects_by_challenge(session: AsyncSession, groups: Sequence[FocusGroup]) -> dict[UUID, list[UUID]]:
    query = select(Project).where(col(Project.challenge_id).in_([group.challenge_id for group in groups]))
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for project in await session.exec(query.order_by(col(Project.id))):
        found[project.challenge_id].append(project.id)
    return found


def _focus_group(found: FocusGroup, project_ids: list[UUID]) -> FocusGroupView:
    return FocusGroupView(**found.model_dump(), project_ids=project_ids)
