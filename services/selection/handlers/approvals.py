"""Approves an edition's decisions, one person after the other, and voids approvals of what is no longer so."""

from uuid import UUID

from services.selection import repository
from services.selection.commands import ApproveDecisions
from services.selection.domain import approvals as domain
from services.selection.domain.approvals import VoidedBecause
from services.selection.domain.decisions import DecisionsNotOpen, DecisionsState
from services.selection.handlers.compiling import require_signed
from services.selection.models import Approval, Deliberation
from services.selection.permissions import person_id
from services.selection.rounds import require_in_edition
from services.selection.views import approvals as views
from services.selection.views.scope import in_conflict_with
from shared.errors import StaleVersion
from shared.events.selection import ApprovalsVoided, DecisionsApproved
from shared.work import Work


async def approve_decisions(command: ApproveDecisions, work: Work) -> Deliberation:
    """Agree to exactly what was read; so many different people must, before it is published."""
    draft = await _draft(command.decisions_id, work, action="approve_decisions")
    me = person_id(work.actor)
    files = [row.application_id for row in await repository.decisions_in(work.session, draft.id)]
    if await in_conflict_with(work.session, me, files):
        raise domain.InConflictWithDecisions
    await require_signed(draft, work)
    digest = await views.digest_of(work.session, draft)
    if digest != command.digest:
        raise StaleVersion
    standing = await repository.standing_approvals(work.session, draft.id)
    if any(approval.approver_id == me for approval in standing):
        raise domain.AlreadyApproved

    work.session.add(Approval(deliberation_id=draft.id, approver_id=me, digest=digest, approved_at=work.now))
    await work.session.flush()
    work.publish(
        DecisionsApproved(
            decisions_id=draft.id,
            edition_id=draft.edition_id,
            approver_id=me,
            content_digest=digest,
            approvals_given=len(standing) + 1,
            approvals_needed=draft.approvals_needed,
        )
    )
    return draft


async def take_back_approval(decisions_id: UUID, work: Work) -> Deliberation:
    """Withdraw one's own word, for as long as nothing is published."""
    draft = await _draft(decisions_id, work, action="take_back_approval")
    if not await void_approvals(draft, VoidedBecause.TAKEN_BACK, work, only=person_id(work.actor)):
        raise domain.NothingToTakeBack
    return draft


async def void_approvals(
    draft: Deliberation, cause: VoidedBecause, work: Work, *, only: UUID | None = None
) -> list[UUID]:
    """Approvals were given for what was; whose they were is told."""
    standing = await repository.standing_approvals(work.session, draft.id)
    voided = [approval for approval in standing if only is None or approval.approver_id == only]
    for approval in voided:
        approval.voided_at = work.now
        approval.voided_because = cause
    approvers = [approval.approver_id for approval in voided]
    if approvers:
        await work.session.flush()
        work.publish(
            ApprovalsVoided(
                decisions_id=draft.id, edition_id=draft.edition_id, approver_ids=approvers, cause=cause.value
            )
        )
    return approvers


async def require_approvals(draft: Deliberation, work: Work) -> None:
    """Raise ApprovalsMissing unless enough people approved what is there now, and may answer for it still."""
    approvals = await views.approvals(work.session, draft)
    domain.require_approvals(approvals.counted, needed=draft.approvals_needed)


async def _draft(decisions_id: UUID, work: Work, *, action: str) -> Deliberation:
    draft = await repository.deliberation_to_change(work.session, decisions_id)
    if draft.state != DecisionsState.DRAFT:
        raise DecisionsNotOpen(draft.state)
    await require_in_edition(work.session, draft.edition_id, "staff", action, now=work.now)
    return draft
