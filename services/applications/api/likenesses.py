"""Routes of applications that look alike: a hint to staff, once the files are opened."""

from datetime import datetime
from uuid import UUID

from services.applications import views
from services.applications.api.answers.likenesses import EvidenceView, LikenessPage, LikenessView
from services.applications.permissions import PERMISSIONS
from shared.http import PagingDep, WorkDep, does, service_router

router = service_router("/api/applications/v1", permissions=PERMISSIONS, tags=["screening"])


@router.get("/calls/{call_id}/likenesses", **does("read_likenesses"))
async def list_likenesses(call_id: UUID, work: WorkDep, paging: PagingDep) -> LikenessPage:
    """Applications of a call that have people, or much of their text, in common. Nothing follows by itself."""
    after = paging.after(datetime, UUID)
    rows = await views.likenesses(work, call_id, after=after, limit=paging.fetch)
    page = paging.page(rows, key=lambda row: (row.created_at, row.id), view=LikenessView.of)
    return LikenessPage(**dict(page), searched_at=await views.searched_at(work, call_id))


@router.get("/applications/{application_id}/likenesses/{other_id}", **does("read_likenesses"))
async def read_likeness(application_id: UUID, other_id: UUID, work: WorkDep) -> EvidenceView:
    """The people and the passages that two applications have in common."""
    return EvidenceView.of_pair(await views.likeness_evidence(work, application_id, other_id))
