"""Notes once for which organisation a juror's sign-in vouches: a tie to its employer, stated by itself or not."""

from uuid import UUID

from sqlmodel import select

from services.selection.domain.conflict_graph import Source, TieKind
from services.selection.domain.organisations import key_of
from services.selection.handlers.inference import infer_for_juror
from services.selection.models import Interest
from services.selection.ties import hold_ties
from shared.work import Work


async def note_claim(juror_id: UUID, work: Work) -> None:
    """Called before anything is locked, as the ties are held only if there is something to note."""
    organisation = work.actor.organisation
    if organisation is None or await _is_noted(organisation, juror_id, work):
        return
    await hold_ties(work.session)
    if await _is_noted(organisation, juror_id, work):
        return
    work.session.add(
        Interest(
            person_id=juror_id,
            kind=TieKind.EMPLOYER,
            organisation=organisation,
            organisation_key=key_of(organisation),
            source=Source.CLAIM,
            stated_by=work.actor.name,
            stated_at=work.now,
        )
    )
    await work.session.flush()
    await infer_for_juror(work, juror_id)


async def _is_noted(organisation: str, juror_id: UUID, work: Work) -> bool:
    query = select(Interest.id).where(
        Interest.person_id == juror_id,
        Interest.source == Source.CLAIM,
        Interest.organisation_key == key_of(organisation),
    )
    return (await work.session.exec(query)).first() is not None
