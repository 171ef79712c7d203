"""Takes what a person changes in the reasons for an applicant, and the person's signature under them."""

from uuid import UUID

from sqlmodel import select

from services.selection.commands import ChangeReasons, SignReasons
from services.selection.domain import reasons as domain
from services.selection.domain.approvals import VoidedBecause
from services.selection.handlers.approvals import void_approvals
from services.selection.handlers.compiling import write
from services.selection.handlers.drafts import changed, draft_to_change
from services.selection.models import Deliberation, Reasons
from services.selection.permissions import person_id
from services.selection.views import reasons as views
from services.selection.views.scope import in_conflict_with
from shared.errors import StaleVersion
from shared.events.selection import ReasonsSigned
from shared.work import Work


async def change_reasons(command: ChangeReasons, work: Work) -> Reasons:
    """Put it otherwise; whoever signed what was there did not sign this."""
    draft = await draft_to_change(command.decisions_id, work, action="change_reasons")
    row = await _row(draft, command.application_id, work)
    if row.version != command.version:
        raise StaleVersion

    write(row, command.passages)
    row.edited_by, row.signed_by, row.signed_at = work.actor.name, None, None

    await changed(draft, VoidedBecause.REASONS_CHANGED, work, application_id=row.application_id)
    return row


async def sign_reasons(command: SignReasons, work: Work) -> Reasons:
    """Answer for exactly the text that was read: it says why, and tells nobody who wrote it."""
    draft = await draft_to_change(command.decisions_id, work, action="sign_reasons")
    row = await _row(draft, command.application_id, work)
    if row.digest != command.digest:
        raise StaleVersion
    if row.signed_at is not None:
        raise domain.AlreadySigned
    found = [found for one in await views.hints_in(work.session, draft, row) for found in one]
    domain.check_signable(domain.passages_of(row.passages), found, despite_hints=command.despite_hints)

    row.signed_by, row.signed_at = work.actor.name, work.now

    await work.session.flush()
    work.publish(
        ReasonsSigned(
            decisions_id=draft.id,
            edition_id=draft.edition_id,
            application_id=row.application_id,
            reasons_digest=row.digest,
            despite_hints=bool(found),
        )
    )
    await void_approvals(draft, VoidedBecause.REASONS_CHANGED, work)
    return row


async def _row(draft: Deliberation, application_id: UUID, work: Work) -> Reasons:
    """Raises NoSuchReasons, also of a file in conflict with this person."""
    if await in_conflict_with(work.session, person_id(work.actor), [application_id]):
        raise domain.NoSuchReasons
    query = select(Reasons).where(Reasons.deliberation_id == draft.id, Reasons.application_id == application_id)
    row = (await work.session.exec(query.with_for_update())).one_or_none()
    if row is None:
        raise domain.NoSuchReasons
    return row
