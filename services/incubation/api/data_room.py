"""The data room over HTTP: datasets, the access to them, and the receipts of each reading."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response
from pydantic import StringConstraints

from services.incubation import views
from services.incubation.api.fields import PREFIX, HttpsUrl, Instant, WordsBody
from services.incubation.commands import (
    AcceptLicence,
    GrantAccess,
    InlineContent,
    OfferDataset,
    ReadDataset,
    RefuseAccess,
    RequestAccess,
    RevokeAccess,
)
from services.incubation.domain.data_room import LARGEST_CONTENT
from services.incubation.handlers import data_room as handlers
from services.incubation.models import DataGrant
from services.incubation.permissions import PERMISSIONS
from services.incubation.views.data_room import DatasetView, DataView, GrantView, ReceiptView, data_view
from shared.http import (
    ActorDep,
    Body,
    LongText,
    Page,
    PagingDep,
    ShortText,
    WorkDep,
    WorksDep,
    current_correlation_id,
    current_traceparent,
    does,
    service_router,
    set_etag,
)
from shared.work import Work

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["data room"])

LARGEST_OFFER = 4 * LARGEST_CONTENT
"""In JSON, line breaks, quotes and Arabic letters may take several times their bytes."""


class ContentBody(Body):
    """Data small enough to be kept here: at most 1 MiB."""

    media_type: Literal["text/plain", "text/csv", "application/json"]
    text: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=LARGEST_CONTENT)]
    """Kept byte for byte, so that its digest is that of the file."""

    def as_command(self) -> InlineContent:
        return InlineContent(media_type=self.media_type, content=self.text.encode())


class OfferDatasetBody(Body):
    """Data for a challenge: either itself (`content`) or its address (`url`)."""

    challenge_id: UUID
    title: ShortText
    description: LongText
    licence: ShortText
    purpose: LongText
    content: ContentBody | None = None
    url: HttpsUrl | None = None


class RequestAccessBody(Body):
    """For which project the data is needed, and what for."""

    project_id: UUID
    purpose: LongText


class GrantAccessBody(Body):
    """When access ends: after now, and within 366 days."""

    expires_at: Instant


@router.post("/datasets", status_code=201, **does("offer_dataset", body_limit=LARGEST_OFFER))
async def offer_dataset(body: OfferDatasetBody, work: WorkDep, response: Response) -> DatasetView:
    command = OfferDataset(
        challenge_id=body.challenge_id,
        title=body.title,
        description=body.description,
        licence=body.licence,
        purpose=body.purpose,
        content=body.content.as_command() if body.content else None,
        url=body.url,
    )
    dataset = await handlers.offer_dataset(command, work)
    await work.flush()
    set_etag(response, dataset.version)
    return DatasetView.model_validate(dataset)


@router.get("/datasets", **does("list_datasets"))
async def list_datasets(work: WorkDep, paging: PagingDep) -> Page[DatasetView]:
    """The datasets that you may see; none of their content."""
    return await views.data_room.page_of_datasets(work, paging)


@router.get("/datasets/{dataset_id}", **does("read_dataset"))
async def read_dataset(dataset_id: UUID, work: WorkDep, response: Response) -> DatasetView:
    view = await views.data_room.dataset(work, dataset_id)
    set_etag(response, view.version)
    return view


@router.get("/datasets/{dataset_id}/receipts", **does("read_receipts"))
async def list_receipts(dataset_id: UUID, work: WorkDep, paging: PagingDep) -> Page[ReceiptView]:
    """Every reading of your dataset."""
    return await views.data_room.page_of_receipts(work, paging, dataset_id)


@router.post("/datasets/{dataset_id}/grants", status_code=201, **does("request_access"))
async def request_access(dataset_id: UUID, body: RequestAccessBody, work: WorkDep, response: Response) -> GrantView:
    """Ask the owner for access, for your project."""
    command = RequestAccess(dataset_id=dataset_id, project_id=body.project_id, purpose=body.purpose)
    return await _shown(await handlers.request_access(command, work), work, response)


@router.get("/grants", **does("list_grants"))
async def list_grants(
    work: WorkDep, paging: PagingDep, dataset_id: UUID | None = None, project_id: UUID | None = None
) -> Page[GrantView]:
    return await views.data_room.page_of_grants(work, paging, dataset_id=dataset_id, project_id=project_id)


@router.get("/grants/{grant_id}", **does("read_grant"))
async def read_grant(grant_id: UUID, work: WorkDep, response: Response) -> GrantView:
    view = await views.data_room.grant(work, grant_id)
    set_etag(response, view.version)
    return view


@router.post("/grants/{grant_id}/grant", **does("grant_access"))
async def grant_access(grant_id: UUID, body: GrantAccessBody, work: WorkDep, response: Response) -> GrantView:
    """Open your dataset to the project's members until an instant."""
    command = GrantAccess(grant_id=grant_id, expires_at=body.expires_at)
    return await _shown(await handlers.grant_access(command, work), work, response)


@router.post("/grants/{grant_id}/refuse", **does("refuse_access"))
async def refuse_access(grant_id: UUID, body: WordsBody, work: WorkDep, response: Response) -> GrantView:
    command = RefuseAccess(grant_id=grant_id, words=body.words)
    return await _shown(await handlers.refuse_access(command, work), work, response)


@router.post("/grants/{grant_id}/revoke", **does("revoke_access"))
async def revoke_access(grant_id: UUID, body: WordsBody, work: WorkDep, response: Response) -> GrantView:
    """Take access back at once."""
    command = RevokeAccess(grant_id=grant_id, words=body.words)
    return await _shown(await handlers.revoke_access(command, work), work, response)


@router.post("/grants/{grant_id}/accept", **does("accept_licence"))
async def accept_licence(grant_id: UUID, work: WorkDep, response: Response) -> GrantView:
    """Accept the dataset's licence, for yourself."""
    return await _shown(await handlers.accept_licence(AcceptLicence(grant_id=grant_id), work), work, response)


# A GET's own transaction is rolled back, and the receipt of this one has to stay.
@router.get("/grants/{grant_id}/content", **does("read_data", transaction=False))
async def read_data(grant_id: UUID, works: WorksDep, actor: ActorDep, response: Response) -> DataView:
    """Read the data; its owner sees that you did."""
    async with works.begin(
        actor=actor, correlation_id=current_correlation_id(), traceparent=current_traceparent()
    ) as work:
        grant, dataset, content = await handlers.read_dataset(ReadDataset(grant_id=grant_id), work)
        view = data_view(grant, dataset, content, read_at=work.now)
    response.headers["Cache-Control"] = "no-store"
    return view


async def _shown(grant: DataGrant, work: Work, response: Response) -> GrantView:
    view = await views.data_room.grant_view(work, grant)
    set_etag(response, view.version)
    return view
