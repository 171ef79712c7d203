"""What every draft of decisions goes through: it makes way for another, is told, and loses approvals if changed."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import select

from services.selection import repository
from services.selection.domain import decisions as domain
from services.selection.domain.approvals import VoidedBecause
from services.selection.domain.decisions import Decided, DecisionsState, Kind
from services.selection.handlers.approvals import void_approvals
from services.selection.handlers.compiling import draft_reasons
from services.selection.models import Decision, Deliberation
from services.selection.rounds import require_in_edition
from services.selection.views.approvals import digest_of
from shared.errors import StaleVersion
from shared.events.selection import DecisionsChanged, DecisionsProposed
from shared.work import Work


async def draft_to_change(decisions_id: UUID, work: Work, *, action: str, version: int | None = None) -> Deliberation:
    """The draft as it was read, locked. Raises NoSuchDecisions, StaleVersion, DecisionsNotOpen, PhaseNotOpen."""
    draft = await repository.deliberation_to_change(work.session, decisions_id)
    if version is not None and draft.version != version:
        raise StaleVersion
    if draft.state != DecisionsState.DRAFT:
        raise domain.DecisionsNotOpen(draft.state)
    await require_in_edition(work.session, draft.edition_id, "staff", action, now=work.now)
    return draft


async def make_way(edition_id: UUID, work: Work) -> UUID | None:
    """Supersede the edition's draft, if there is one."""
    query = select(Deliberation).where(
        Deliberation.edition_id == edition_id, Deliberation.state == DecisionsState.DRAFT
    )
    draft = (await work.session.exec(query.with_for_update())).one_or_none()
    if draft is None:
        return None
    draft.state = DecisionsState.SUPERSEDED
    await work.session.flush()
    await void_approvals(draft, VoidedBecause.SUPERSEDED, work)
    return draft.id


async def begin(draft: Deliberation, decided: Iterable[Decided], work: Work, *, supersedes: UUID | None) -> None:
    """Write the draft and its decisions, and tell that it waits for approvals."""
    work.session.add(draft)
    await work.session.flush()
    rows = [
        Decision(
            deliberation_id=draft.id,
            application_id=one.application_id,
            outcome=one.outcome,
            challenge_id=one.challenge_id,
        )
        for one in decided
    ]
    work.session.add_all(rows)
    await work.session.flush()
    if draft.kind == Kind.RESULTS:
        await draft_reasons(draft, [row.application_id for row in rows], work, earlier=supersedes)
    work.publish(
        DecisionsProposed(
            decisions_id=draft.id,
            edition_id=draft.edition_id,
            content_digest=await digest_of(work.session, draft),
            approvals_needed=draft.approvals_needed,
            files=len(rows),
            supersedes=supersedes,
        )
    )


async def changed(draft: Deliberation, kind: VoidedBecause, work: Work, *, application_id: UUID | None = None) -> None:
    """Whatever of a draft changes: it is another version, which nobody has approved yet."""
    draft.changes += 1
    await work.session.flush()
    work.publish(
        DecisionsChanged(
            decisions_id=draft.id,
            edition_id=draft.edition_id,
            kind=kind.value,
            content_digest=await digest_of(work.session, draft),
            application_id=application_id,
        )
    )
    await void_approvals(draft, kind, work)
