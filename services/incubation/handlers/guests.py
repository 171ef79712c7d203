"""Guests of workshops, who have no account, are forgotten: when they ask, and some time after the workshop."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from services.incubation.domain.workshops import GUESTS_KEPT, NoSuchGuest
from services.incubation.models import WorkshopRegistration
from shared.events.forgettable import PEOPLE_TOPIC, Person
from shared.personal import was_forgotten
from shared.work import Work

# Those whose tombstone was sent already are skipped: our own consumer is about to erase them.
OLD = text(
    """
    SELECT registration.person_id FROM workshop_registration AS registration
    JOIN workshop ON workshop.id = registration.workshop_id
    WHERE registration.email IS NOT NULL AND workshop.starts_at < :before
      AND NOT EXISTS (SELECT FROM tombstone WHERE topic = :topic AND key = registration.person_id::text)
    ORDER BY workshop.starts_at LIMIT :limit FOR UPDATE OF registration SKIP LOCKED
    """
)


@dataclass(frozen=True, kw_only=True)
class GuestForgotten:
    person_id: UUID
    seats: int
    """Registrations that said how to reach the guest."""
    before: bool


async def forget_guest(person_id: UUID, work: Work) -> GuestForgotten:
    """Send the tombstone that all who hold a copy obey, we too: our consumer erases the guest and frees its seat."""
    query = select(WorkshopRegistration).where(
        col(WorkshopRegistration.person_id) == person_id, col(WorkshopRegistration.email).is_not(None)
    )
    held = (await work.session.exec(query.with_for_update())).all()
    before = await was_forgotten(Person, str(person_id), work)
    if not held and not before:
        raise NoSuchGuest
    if not before:
        work.forget(Person, key=str(person_id))
    return GuestForgotten(person_id=person_id, seats=len(held), before=before)


async def forget_old_guests(work: Work, *, limit: int) -> int:
    """Forget guests of workshops that were long enough ago; returns how many."""
    connection = await work.session.connection()
    due = await connection.execute(OLD, {"before": work.now - GUESTS_KEPT, "topic": PEOPLE_TOPIC, "limit": limit})
    people = [row.person_id for row in due]
    for person_id in people:
        work.forget(Person, key=str(person_id))
    return len(people)
