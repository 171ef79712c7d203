"""Tell the leads of a call's files that its deadlines moved: each once, whichever of the two is heard of first."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, or_, select

from services.notifications import repository
from services.notifications.commands import NoteWithdrawal, PlaceFile, TellOfMove
from services.notifications.domain import mail
from services.notifications.letters import DEADLINES_MOVED, OWN_DEADLINE_MOVED
from services.notifications.models import Contact, DeadlineMove, File, Mail
from services.notifications.signals import MAIL_QUEUED
from shared.database import new_id
from shared.work import Work


async def place_file(command: PlaceFile, work: Work) -> None:
    """Remember of which call it is, and tell it of the moves since it was begun that were heard of before it."""
    file = await repository.locked(work.session, File, command.application_id)
    file.call_id, file.begun_at = command.call_id, command.begun_at
    moves = select(DeadlineMove).where(
        col(DeadlineMove.call_id) == command.call_id, col(DeadlineMove.moved_at) > command.begun_at
    )
    for move in await work.session.exec(moves.order_by(col(DeadlineMove.moved_at))):
        await _write(move, [file], work)


async def note_withdrawal(command: NoteWithdrawal, work: Work) -> None:
    """Its team is told of no later move."""
    file = await repository.locked(work.session, File, command.application_id)
    if file is not None:
        file.withdrawn_at = command.withdrawn_at


async def tell_of_move(command: TellOfMove, work: Work) -> None:
    """Each file that was begun before and not withdrawn by then: by the letter for all, or that of its own deadline."""
    move = DeadlineMove(
        id=command.event_id,
        call_id=command.call_id,
        moved_at=command.moved_at,
        cause=command.cause,
        common=command.common,
        own=command.own,
    )
    work.session.add(move)
    files = select(File).where(
        col(File.call_id) == command.call_id,
        col(File.begun_at) <= command.moved_at,
        or_(col(File.withdrawn_at).is_(None), col(File.withdrawn_at) > command.moved_at),
    )
    await _write(move, await work.session.exec(files.order_by(col(File.id))), work)


async def _write(move: DeadlineMove, files: Iterable[File], work: Work) -> None:
    """One letter to a lead, whichever number of files it has."""
    told = list(files)
    leads = {file.lead_id for file in told}
    known = set(await work.session.exec(select(Contact.id).where(col(Contact.id).in_(leads))))
    letters = [letter for file in told if (letter := _letter(move, file, work, known=file.lead_id in known))]
    if not letters:
        return
    await (await work.session.connection()).execute(insert(Mail).on_conflict_do_nothing(), letters)
    MAIL_QUEUED.send_after_commit(work)


def _letter(move: DeadlineMove, file: File, work: Work, *, known: bool) -> dict[str, Any] | None:
    own = move.own.get(str(file.id))
    if own is None and move.common is None:
        return None
    told = {"application_id": str(file.id), "deadline": own} if own else dict(move.common or {})
    return {
        "id": new_id(),
        "version": 1,
        "about_event_id": move.id,
        "person_id": file.lead_id,
        "template": OWN_DEADLINE_MOVED if own else DEADLINES_MOVED,
        "facts": told | {"cause": move.cause},
        "state": mail.state_of_new(known=known),
        "drafted": True,
        "attempts": 0,
        "created_at": work.now,
        "next_attempt_at": work.now,
    }
