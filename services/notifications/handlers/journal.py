"""Record every event in the log."""

import json

from services.notifications import repository
from services.notifications.domain import journal
from services.notifications.signals import ENTRY_RECORDED
from shared.events import Envelope
from shared.work import Work


async def record(envelope: Envelope, work: Work) -> None:
    """Append the event with its exact bytes, and wake those who follow the log."""
    data = journal.readable(envelope.value)
    file = journal.file_of(envelope.key, data)
    if file is None and (about := journal.about(data)):
        file = await repository.file_of_event(work.session, about)

    stored = None if data is None else json.dumps(data, ensure_ascii=False)
    await repository.append_entry(work.session, envelope, data=stored, file=file)

    ENTRY_RECORDED.send_after_commit(work)
