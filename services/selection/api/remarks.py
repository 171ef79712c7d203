"""Routes of notes and dissent on decisions that wait for approvals."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.selection.commands import MakeRemark
from services.selection.domain.remarks import RemarkKind
from services.selection.handlers import remarks as handlers
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import remarks as views
from shared.http import Body, LongText, Page, PagingDep, View, WorkDep, does, service_router

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["decisions"])


class RemarkBody(Body):
    """A note, which stays among staff, or a dissent, which stands in the minutes. Either voids all approvals."""

    kind: RemarkKind
    words: LongText
    application_id: UUID | None = Field(default=None, description="The file that it is about, if it is about one.")
    juror_id: UUID | None = Field(default=None, description="Whose dissent it is, if a juror said it.")


class RemarkView(View):
    id: UUID
    kind: RemarkKind
    application_id: UUID | None
    words: str
    made_by: str
    juror_id: UUID | None
    made_at: datetime


class RemarkedView(View):
    id: UUID
    kind: RemarkKind
    made_at: datetime


@router.post("/decisions/{decisions_id}/remarks", status_code=201, **does("remark_on_decisions"))
async def make_remark(decisions_id: UUID, body: RemarkBody, work: WorkDep) -> RemarkedView:
    command = MakeRemark(
        decisions_id=decisions_id,
        kind=body.kind,
        words=body.words,
        application_id=body.application_id,
        juror_id=body.juror_id,
    )
    return RemarkedView.model_validate(await handlers.make_remark(command, work))


@router.get("/decisions/{decisions_id}/remarks", **does("read_decisions"))
async def list_remarks(decisions_id: UUID, work: WorkDep, paging: PagingDep) -> Page[RemarkView]:
    after = paging.after(UUID)
    rows = await views.remarks(
        work.session,
        decisions_id,
        person_id=person_id(work.actor),
        after=after[0] if after else None,
        limit=paging.fetch,
    )
    return paging.page(rows, key=lambda row: (row.id,), view=RemarkView.model_validate)
