"""Queue a letter to each person whom an event concerns."""

from uuid import UUID

import structlog

from services.notifications import repository
from services.notifications.domain import mail
from services.notifications.letters import Letter, Recipient, letters_about
from services.notifications.models import Coaching, Contact, File
from services.notifications.signals import MAIL_QUEUED
from shared.events import Envelope, Event
from shared.work import Work

log = structlog.get_logger(__name__)


async def write_letters(event: Event, cause: Envelope, work: Work) -> None:
    """One letter per letter of the table; whoever is not known yet gets it once people.v1 tells who that is."""
    for letter in letters_about(event):
        person_id = await _recipient(letter, event, work)
        if person_id is None:
            log.warning("letter_without_recipient", template=letter.template, key=event.key)
            continue
        known = await work.session.get(Contact, person_id) is not None
        queued = await repository.add_mail(
            work.session,
            {
                "about_event_id": cause.id,
                "person_id": person_id,
                "template": letter.template,
                "facts": event.model_dump(mode="json", include=set(letter.facts)),
                "state": mail.state_of_new(known=known),
                "drafted": letter.to_many,
                "attempts": 0,
                "created_at": work.now,
                "next_attempt_at": work.now,
            },
        )
        if queued and known:
            MAIL_QUEUED.send_after_commit(work)


async def _recipient(letter: Letter, event: Event, work: Work) -> UUID | None:
    named: UUID | None = getattr(event, letter.to, None)
    if named is not None or letter.to in {Recipient.PERSON, Recipient.JUROR, Recipient.INVITED}:
        return named
    # What is not in the event is known by the application, which is the key of all that belongs to its file.
    if letter.to is Recipient.COACH:
        coaching = await work.session.get(Coaching, UUID(event.key))
        return coaching.coach_id if coaching else None
    file = await work.session.get(File, UUID(event.key))
    return file.lead_id if file else None
