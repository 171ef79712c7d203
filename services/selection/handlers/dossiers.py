"""Keeps what jurors read for as long as its team lets us, and erases it with all that was said about it."""

from uuid import UUID

from sqlmodel import col, delete, select, update

from services.selection import repository
from services.selection.commands import ForgetDossier, ForgetPerson, KeepDossier
from services.selection.models import Conflict, Decision, Dossier, Review
from shared.work import Work


async def keep_dossier(command: KeepDossier, work: Work) -> None:
    """Have the file's newest words at hand; they may come before the event that tells of them."""
    # A review is submitted against the newest revision: it waits for this one, or this one for it.
    await repository.file_to_take_away(work.session, command.application_id)
    query = select(Dossier).where(
        Dossier.application_id == command.application_id, Dossier.revision == command.revision
    )
    dossier = (await work.session.exec(query)).one_or_none()
    if dossier is None:
        dossier = Dossier(
            application_id=command.application_id,
            revision=command.revision,
            startup="",
            title="",
            summary="",
            answers={},
            attachments=[],
        )
        work.session.add(dossier)
    dossier.startup = command.startup
    dossier.title = command.title
    dossier.summary = command.summary
    dossier.answers = dict(command.answers)
    dossier.attachments = [dict(attachment) for attachment in command.attachments]


async def forget_dossier(command: ForgetDossier, work: Work) -> None:
    """Erase a revision; with the last one, also what jurors and staff wrote about the file."""
    await work.session.exec(
        delete(Dossier).where(
            col(Dossier.application_id) == command.application_id, col(Dossier.revision) == command.revision
        )
    )
    left = select(Dossier.id).where(Dossier.application_id == command.application_id).limit(1)
    if (await work.session.exec(left)).first() is None:
        await _erase_words_about(command.application_id, work)


async def forget_person(command: ForgetPerson, work: Work) -> None:
    """Erase what a juror said about itself. Comments stay: they are an applicant's reasons, and name nobody."""
    mine = col(Review.juror_id) == command.person_id
    await work.session.exec(
        update(Review).where(mine).values(note=None, recused_because=None, version=Review.version + 1)
    )
    await work.session.exec(
        update(Conflict)
        .where(col(Conflict.juror_id) == command.person_id)
        .values(note=None, version=Conflict.version + 1)
    )


async def _erase_words_about(application_id: UUID, work: Work) -> None:
    await work.session.exec(
        update(Review)
        .where(col(Review.application_id) == application_id)
        .values(comment=None, note=None, recused_because=None, version=Review.version + 1)
    )
    await work.session.exec(
        update(Conflict)
        .where(col(Conflict.application_id) == application_id)
        .values(note=None, version=Conflict.version + 1)
    )
    await work.session.exec(
        update(Decision)
        .where(col(Decision.application_id) == application_id)
        .values(changed_because=None, version=Decision.version + 1)
    )
