"""What consumers read of events by a table of theirs, or by name out of the bytes, as their code does not show it."""

from collections.abc import Callable
from typing import Any

from services.notifications.domain import timeline, webhooks
from services.notifications.handlers import journal, letters, partners
from services.notifications.letters import LETTERS
from shared.events import Event

PARTNERS = "partners (webhooks)"
"""Outsiders: what we send them is read by programs that we can't look into, so all of it counts as read."""

Table = Callable[[type[Event]], set[str]]


def in_letters(event: type[Event]) -> set[str]:
    """Whom a letter goes to, by the event or by its key, and the facts in it."""
    found: set[str] = set()
    for letter in LETTERS:
        if issubclass(event, letter.event):
            named = letter.to.value in event.model_fields
            found |= {*letter.facts, letter.to.value if named else event.KEY or event.SUBJECT}
            found |= {letter.only_if} if letter.only_if else set()
    return found


def in_webhooks(event: type[Event]) -> set[str]:
    """The partner whose subscriptions are asked for."""
    return {"partner"} if event.TYPE in webhooks.TYPES else set()


def in_the_log(event: type[Event]) -> set[str]:
    """What finds the file that an entry belongs to, and what an applicant is shown of it."""
    shown = timeline.SHOWN_TO_APPLICANT.get(event.TYPE, ())
    return {"application_id", "about_event_id", *shown} & event.model_fields.keys()


def sent_to_partners(event: type[Event]) -> set[str]:
    return event.model_fields.keys() - webhooks.OF_PERSONS if event.TYPE in webhooks.TYPES else set()


BY_TABLE: dict[Callable[..., Any], Table] = {
    letters.write_letters: in_letters,
    partners.tell_partner: in_webhooks,
    journal.record: in_the_log,
}
"""Use case → what it reads of an event; a use case that reads without naming fields and isn't here is refused."""
