"""Who approved what of an edition's decisions, and whether that is enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection import repository
from services.selection.domain.approvals import Approved, content_of, counting, digest_of_content
from services.selection.models import Approval, Deliberation, Reasons, Remark
from services.selection.views.scope import in_conflict_with


@dataclass(frozen=True)
class Approvals:
    """Every approval that was given, in order, and who counts for what is there now."""

    digest: str
    given: Sequence[Approval]
    counted: frozenset[UUID]


async def digest_of(session: AsyncSession, deliberation: Deliberation) -> str:
    """Of all that would be published: outcomes and why they were changed, what was matched, and each one's reasons."""
    rows = await repository.decisions_in(session, deliberation.id)
    query = select(Reasons.application_id, Reasons.digest, Reasons.signed_at).where(
        Reasons.deliberation_id == deliberation.id
    )
    reasons = (await session.exec(query)).all()
    made = select(Remark.kind, Remark.digest).where(Remark.deliberation_id == deliberation.id).order_by(col(Remark.id))
    remarks = (await session.exec(made)).all()
    content = content_of(
        edition_id=deliberation.edition_id,
        salt=deliberation.salt,
        kind=deliberation.kind,
        vacated=deliberation.vacated,
        market=deliberation.market,
        approvals_needed=deliberation.approvals_needed,
        outcomes=[
            {
                "application_id": str(row.application_id),
                "outcome": row.outcome,
                "challenge_id": str(row.challenge_id) if row.challenge_id else None,
                "changed_because": row.because_digest,
                "changed_by": row.changed_by,
            }
            for row in rows
        ],
        remarks=[{"kind": kind, "digest": digest} for kind, digest in remarks],
        reasons=[
            {"application_id": str(file), "digest": digest, "signed": signed_at is not None}
            for file, digest, signed_at in reasons
        ],
    )
    return digest_of_content(content)


async def approvals(session: AsyncSession, deliberation: Deliberation) -> Approvals:
    """Who came into conflict with one of the files since does not count."""
    query = select(Approval).where(Approval.deliberation_id == deliberation.id).order_by(col(Approval.id))
    given = (await session.exec(query)).all()
    files = [row.application_id for row in await repository.decisions_in(session, deliberation.id)]
    digest = await digest_of(session, deliberation)
    standing = [Approved(approver_id=one.approver_id, digest=one.digest) for one in given if one.voided_at is None]
    barred = {one.approver_id for one in standing if await in_conflict_with(session, one.approver_id, files)}
    return Approvals(digest=digest, given=given, counted=counting(standing, digest=digest, barred=barred))
