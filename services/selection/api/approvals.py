"""Routes of approving an edition's decisions, one person after the other."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.selection.commands import ApproveDecisions
from services.selection.handlers import approvals as handlers
from services.selection.models import Deliberation
from services.selection.permissions import PERMISSIONS
from services.selection.views import approvals as views
from services.selection.views.approvals import Approvals
from shared.http import Body, View, WorkDep, does, service_router

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["decisions"])


class ApproveBody(Body):
    """The digest of the content that was read: nothing else is approved."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ApprovalView(View):
    """One person's approval; `counts` if it is for the present content, by somebody who may answer for it."""

    approver_id: UUID
    digest: str
    approved_at: datetime
    counts: bool
    voided_at: datetime | None
    voided_because: str | None


class StandingView(View):
    """How far decisions are approved."""

    digest: str = Field(description="Of all that would be published: what an approval is bound to.")
    needed: int = Field(description="How many different people must approve before it is published.")
    missing: int
    given: list[ApprovalView] = Field(description="Every approval in order, also those that count no longer.")


@router.post("/decisions/{decisions_id}/approvals", **does("approve_decisions"))
async def approve_decisions(decisions_id: UUID, body: ApproveBody, work: WorkDep) -> StandingView:
    command = ApproveDecisions(decisions_id=decisions_id, digest=body.digest)
    draft = await handlers.approve_decisions(command, work)
    return standing(draft, await views.approvals(work.session, draft))


@router.post("/decisions/{decisions_id}/approvals/take-back", **does("take_back_approval"))
async def take_back_approval(decisions_id: UUID, work: WorkDep) -> StandingView:
    draft = await handlers.take_back_approval(decisions_id, work)
    return standing(draft, await views.approvals(work.session, draft))


def standing(deliberation: Deliberation, row: Approvals) -> StandingView:
    return StandingView(
        digest=row.digest,
        needed=deliberation.approvals_needed,
        missing=max(0, deliberation.approvals_needed - len(row.counted)),
        given=[
            ApprovalView(
                approver_id=one.approver_id,
                digest=one.digest,
                approved_at=one.approved_at,
                counts=one.voided_at is None and one.digest == row.digest and one.approver_id in row.counted,
                voided_at=one.voided_at,
                voided_because=one.voided_because,
            )
            for one in row.given
        ],
    )
