"""The data room, as it is shown: datasets without their content, grants, and the receipts of each reading."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.incubation.domain.data_room import GrantState, state_at
from services.incubation.models import DataGrant, Dataset, DatasetContent, LicenceAcceptance, Project, ReadReceipt
from services.incubation.permissions import authorise
from services.incubation.relations import to_partner, to_projects
from services.incubation.repository import load, projects_of_challenge
from services.incubation.views import scope
from shared.http import Page, Paging, View
from shared.work import Work


class DatasetView(View):
    """What is offered, and under which conditions. `media_type` is null for data kept elsewhere."""

    id: UUID
    challenge_id: UUID
    partner: str
    title: str
    description: str
    licence: str
    purpose: str
    media_type: str | None
    size: int | None
    sha256: str | None
    offered_at: datetime
    version: int


class GrantView(View):
    """A project's access to a dataset, as it is at this instant."""

    id: UUID
    dataset_id: UUID
    project_id: UUID
    purpose: str
    state: GrantState
    requested_by: UUID
    requested_at: datetime
    decided_at: datetime | None
    expires_at: datetime | None
    words: str | None
    accepted_by: list[UUID]
    version: int


class DataView(View):
    """The data itself, or where it is; reading it left a receipt at `read_at`."""

    dataset_id: UUID
    grant_id: UUID
    licence: str
    media_type: str | None
    text: str | None
    url: str | None
    sha256: str | None
    read_at: datetime


class ReceiptView(View):
    """Who read the dataset, for which project, and when."""

    id: UUID
    dataset_id: UUID
    grant_id: UUID
    project_id: UUID
    person_id: UUID
    read_at: datetime


async def page_of_datasets(work: Work, paging: Paging) -> Page[DatasetView]:
    query = select(Dataset).where(scope.datasets(work.actor))
    if after := paging.after(UUID):
        query = query.where(col(Dataset.id) > after[0])
    rows = (await work.session.exec(query.order_by(col(Dataset.id)).limit(paging.fetch))).all()
    return paging.page(rows, key=lambda row: (row.id,), view=DatasetView.model_validate)


async def dataset(work: Work, dataset_id: UUID) -> DatasetView:
    found = await load(work.session, Dataset, dataset_id)
    projects = await projects_of_challenge(work.session, found.challenge_id)
    authorise(work.actor, "read_dataset", to_projects(work.actor, projects, partner=found.partner))
    return DatasetView.model_validate(found)


async def page_of_grants(
    work: Work, paging: Paging, *, dataset_id: UUID | None = None, project_id: UUID | None = None
) -> Page[GrantView]:
    query = select(DataGrant).where(scope.grants(work.actor))
    if dataset_id:
        query = query.where(col(DataGrant.dataset_id) == dataset_id)
    if project_id:
        query = query.where(col(DataGrant.project_id) == project_id)
    if after := paging.after(UUID):
        query = query.where(col(DataGrant.id) > after[0])
    rows = (await work.session.exec(query.order_by(col(DataGrant.id)).limit(paging.fetch))).all()
    accepted = await _accepted_by(work.session, rows)
    return paging.page(
        rows, key=lambda row: (row.id,), view=lambda row: _grant(row, accepted_by=accepted[row.id], now=work.now)
    )


async def grant(work: Work, grant_id: UUID) -> GrantView:
    found = await load(work.session, DataGrant, grant_id)
    owner = await load(work.session, Dataset, found.dataset_id)
    project = await load(work.session, Project, found.project_id)
    authorise(work.actor, "read_grant", to_projects(work.actor, [project], partner=owner.partner))
    return await grant_view(work, found)


async def grant_view(work: Work, changed: DataGrant) -> GrantView:
    """As it is, also right after a change."""
    await work.flush()
    accepted = await _accepted_by(work.session, [changed])
    return _grant(changed, accepted_by=accepted[changed.id], now=work.now)


async def page_of_receipts(work: Work, paging: Paging, dataset_id: UUID) -> Page[ReceiptView]:
    found = await load(work.session, Dataset, dataset_id)
    authorise(work.actor, "read_receipts", to_partner(work.actor, found.partner))
    query = select(ReadReceipt).where(col(ReadReceipt.dataset_id) == found.id)
    if after := paging.after(UUID):
        query = query.where(col(ReadReceipt.id) > after[0])
    rows = (await work.session.exec(query.order_by(col(ReadReceipt.id)).limit(paging.fetch))).all()
    return paging.page(rows, key=lambda row: (row.id,), view=ReceiptView.model_validate)


def data_view(read: DataGrant, offered: Dataset, content: DatasetContent, *, read_at: datetime) -> DataView:
    return DataView(
        dataset_id=offered.id,
        grant_id=read.id,
        licence=offered.licence,
        media_type=offered.media_type,
        text=None if content.content is None else content.content.decode(),
        url=content.url,
        sha256=offered.sha256,
        read_at=read_at,
    )


async def _accepted_by(session: AsyncSession, grants: Sequence[DataGrant]) -> dict[UUID, list[UUID]]:
    query = select(LicenceAcceptance).where(col(LicenceAcceptance.grant_id).in_([each.id for each in grants]))
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for acceptance in await session.exec(query.order_by(col(LicenceAcceptance.id))):
        found[acceptance.grant_id].append(acceptance.person_id)
    return found


def _grant(found: DataGrant, *, accepted_by: list[UUID], now: datetime) -> GrantView:
    shown = found.model_dump() | {"state": state_at(found.state, expires_at=found.expires_at, now=now)}
    return GrantView(**shown, accepted_by=accepted_by)
