"""Keeps what jurors read for as long as its team lets us, and erases it with all that was said about it."""

from sqlmodel import select

from services.selection import repository
from services.selection.commands import ForgetDossier, ForgetPerson, KeepDossier, RememberName
from services.selection.domain.leaks import prints_of
from services.selection.handlers import juries
from services.selection.handlers.inference import infer_for_files
from services.selection.models import Dossier, NamePrint
from services.selection.personal import REGISTER, nothing_left_of
from services.selection.ties import hold_ties
from shared.personal import erase_dossier, erase_person
from shared.work import Work


async def keep_dossier(command: KeepDossier, work: Work) -> None:
    """Have the file's newest words at hand; they may come before the event that tells of them."""
    # A review is submitted against the newest revision: it waits for this one, or this one for it.
    await hold_ties(work.session, shared=True)
    candidate = await repository.file_to_take_away(work.session, command.application_id)
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
    if candidate is not None:
        # A juror may be tied to the startup by the name that it goes by from now on.
        await infer_for_files(work, [candidate])


async def forget_dossier(command: ForgetDossier, work: Work) -> None:
    """Erase a revision; with the last one, also what jurors and staff wrote about the file."""
    await hold_ties(work.session, shared=True)
    await repository.file_to_take_away(work.session, command.application_id)
    left = nothing_left_of(command.application_id)
    await erase_dossier(REGISTER, command.application_id, command.revision, work, last=left)


async def remember_name(command: RememberName, work: Work) -> None:
    """Keep fingerprints of a name, so as to find it where it must not be; the name itself is none of our business."""
    print_ = await work.session.get(NamePrint, command.person_id) or NamePrint(id=command.person_id, words=[])
    print_.words = prints_of(command.person_id, command.name)
    work.session.add(print_)


async def forget_person(command: ForgetPerson, work: Work) -> None:
    """Erase what a juror said about itself, and free its place. Comments stay: they are an applicant's reasons."""
    await hold_ties(work.session)
    await juries.leave_juries(command.person_id, work)
    await erase_person(REGISTER, command.person_id, work)
