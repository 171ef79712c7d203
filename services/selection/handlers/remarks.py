"""Records a note or a dissent on decisions; whoever approved before did not know of it."""

import secrets

from sqlmodel import select

from services.selection import repository
from services.selection.commands import MakeRemark
from services.selection.domain.approvals import VoidedBecause, commitment_to
from services.selection.domain.remarks import NotAJuror
from services.selection.handlers.decisions import NotInTheseDecisions
from services.selection.handlers.drafts import changed, draft_to_change
from services.selection.models import Jury, Remark, Seat
from services.selection.permissions import person_id
from services.selection.views.scope import in_conflict_with
from shared.work import Work


async def make_remark(command: MakeRemark, work: Work) -> Remark:
    """Adding a note changes what is decided: all approvals are asked for again."""
    draft = await draft_to_change(command.decisions_id, work, action="remark_on_decisions")
    file = command.application_id
    if file is not None:
        about = {row.application_id for row in await repository.decisions_in(work.session, draft.id)}
        if file not in about or await in_conflict_with(work.session, person_id(work.actor), [file]):
            raise NotInTheseDecisions
    if command.juror_id is not None:
        seat = select(Seat.id).join(Jury).where(Jury.edition_id == draft.edition_id, Seat.juror_id == command.juror_id)
        if (await work.session.exec(seat)).first() is None:
            raise NotAJuror

    salt = secrets.token_hex(16)
    remark = Remark(
        deliberation_id=draft.id,
        kind=command.kind,
        application_id=file,
        words=command.words,
        salt=salt,
        digest=commitment_to(command.words, salt=salt),
        made_by=work.actor.name,
        juror_id=command.juror_id,
        made_at=work.now,
    )
    work.session.add(remark)
    await changed(draft, VoidedBecause.REMARK_ADDED, work, application_id=file)
    return remark
