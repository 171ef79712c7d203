"""Staff have read a letter to many before it goes: they let it go at once, or stop it."""

from typing import Any
from uuid import UUID

from services.notifications import drafting, repository
from services.notifications.commands import DecideDrafts
from services.notifications.domain.mail import MailState, NothingDrafted
from services.notifications.signals import MAIL_QUEUED
from shared.database import new_id
from shared.events.notifications import LettersReleased, LettersStopped
from shared.work import Work


async def release_drafts(command: DecideDrafts, work: Work) -> int:
    """What waits goes now, and not only once its time is over."""
    about, count = await _decide(command, work, {"drafted": False})

    work.publish(LettersReleased(batch_id=new_id(), template=command.template, about_event_id=about, letters=count))
    MAIL_QUEUED.send_after_commit(work)
    return count


async def stop_drafts(command: DecideDrafts, work: Work) -> int:
    """Nobody gets these letters; what they were to tell stands on the pages all the same."""
    about, count = await _decide(command, work, {"state": MailState.DROPPED})

    work.publish(LettersStopped(batch_id=new_id(), template=command.template, about_event_id=about, letters=count))
    return count


async def _decide(command: DecideDrafts, work: Work, changes: dict[str, Any]) -> tuple[UUID, int]:
    """Of the drafts that were seen those that have not begun to go. Raises NothingDrafted."""
    decided = await drafting.change_drafts(
        work.session,
        template=command.template,
        correlation_id=command.correlation_id,
        seen_until=command.seen_until,
        changes=changes,
    )
    if not decided:
        raise NothingDrafted
    await repository.continue_from(work, decided[0])
    return decided[0], len(decided)
