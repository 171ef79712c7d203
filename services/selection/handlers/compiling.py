"""Compiles the reasons of each applicant from what jurors wrote, and says whose are not signed yet."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from sqlmodel import col, delete, select

from services.selection.domain import reasons as domain
from services.selection.domain.decisions import Outcome
from services.selection.domain.ranking import digest_of
from services.selection.domain.reasons import Passage, Written
from services.selection.domain.reviews import ReviewState
from services.selection.models import Decision, Deliberation, Reasons, Review
from services.selection.permissions import person_id
from services.selection.views.scope import in_conflict_with
from shared.work import Work


async def draft_reasons(draft: Deliberation, files: Collection[UUID], work: Work, *, earlier: UUID | None) -> None:
    """Compile what jurors wrote. What was made of the same words before is kept as somebody left and signed it."""
    written = await _written(files, work)
    before = {row.application_id: row for row in await _rows_of(earlier, work)} if earlier else {}
    for file in sorted(files):
        passages = domain.compile_reasons(written[file])
        compiled = digest_of({"passages": [passage.as_json() for passage in passages]})
        kept = before.get(file)
        reasons = Reasons(
            deliberation_id=draft.id, application_id=file, passages=[], salt="", digest="", compiled=compiled
        )
        if kept is not None and kept.compiled == compiled:
            reasons.passages, reasons.salt, reasons.digest = kept.passages, kept.salt, kept.digest
            reasons.edited_by, reasons.signed_by, reasons.signed_at = kept.edited_by, kept.signed_by, kept.signed_at
        else:
            write(reasons, passages)
        work.session.add(reasons)
    # Two copies of anybody's words are one too many.
    await work.session.exec(delete(Reasons).where(col(Reasons.deliberation_id) == earlier))
    await work.session.flush()


async def require_signed(draft: Deliberation, work: Work) -> None:
    """Raise ReasonsUnsigned while an applicant who is not selected has no signed reasons."""
    query = (
        select(Decision.application_id)
        .outerjoin(
            Reasons,
            (col(Reasons.deliberation_id) == Decision.deliberation_id)
            & (col(Reasons.application_id) == Decision.application_id),
        )
        .where(
            Decision.deliberation_id == draft.id,
            Decision.outcome != Outcome.SELECTED,
            col(Reasons.signed_at).is_(None),
        )
    )
    unsigned = (await work.session.exec(query)).all()
    if unsigned:
        hidden = await in_conflict_with(work.session, person_id(work.actor), unsigned)
        raise domain.ReasonsUnsigned(unsigned, shown=set(unsigned) - hidden)


def write(row: Reasons, passages: Iterable[Passage]) -> None:
    """Whatever was signed before, this is not it."""
    said = list(passages)
    row.salt = secrets.token_hex(16)
    row.passages = [passage.as_json() for passage in said]
    row.digest = domain.commitment(said, salt=row.salt)


async def _rows_of(deliberation_id: UUID, work: Work) -> Collection[Reasons]:
    return (await work.session.exec(select(Reasons).where(Reasons.deliberation_id == deliberation_id))).all()


async def _written(files: Collection[UUID], work: Work) -> dict[UUID, list[Written]]:
    """Application → what the reviews that count say for it."""
    query = select(Review).where(col(Review.application_id).in_(files), Review.state == ReviewState.SUBMITTED)
    found: dict[UUID, list[Written]] = defaultdict(list)
    for review in (await work.session.exec(query)).all():
        found[review.application_id].append(
            Written(review_id=review.id, comment=review.comment, remarks=review.remarks)
        )
    return found
