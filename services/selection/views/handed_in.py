"""What a team handed in last, as staff who deliberate read it."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.models import Candidate, Dossier, Jury
from services.selection.repository import ADMITTED
from services.selection.views.scope import blind_to, without_conflict
from services.selection.views.seen import SeenFile


@dataclass(frozen=True, kw_only=True)
class HandedIn:
    """A file of the jury; without words until they arrive, once they are erased, and for whom judges it blind."""

    blind: bool
    file: SeenFile | None


async def handed_in(
    session: AsyncSession, jury: Jury, application_id: UUID, *, person_id: UUID, organisation: str | None
) -> HandedIn | None:
    """None if the jury has no such file, or it is in conflict with this person."""
    visible = select(blind_to(person_id)).where(
        Candidate.id == application_id,
        Candidate.state == ADMITTED,
        col(Candidate.challenge_ids).contains([jury.challenge_id]),
        without_conflict(col(Candidate.id), person_id, organisation=organisation),
    )
    blind = (await session.exec(visible)).one_or_none()
    if blind is None:
        return None
    newest = (
        select(Dossier).where(Dossier.application_id == application_id).order_by(col(Dossier.revision).desc()).limit(1)
    )
    dossier = None if blind else (await session.exec(newest)).one_or_none()
    return HandedIn(blind=blind, file=_seen(dossier) if dossier else None)


def _seen(dossier: Dossier) -> SeenFile:
    return SeenFile(
        application_id=dossier.application_id,
        revision=dossier.revision,
        startup=dossier.startup,
        title=dossier.title,
        summary=dossier.summary,
        answers=dossier.answers,
        attachments=dossier.attachments,
    )
