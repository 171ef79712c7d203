"""Workshops, open to all: scheduled, and their seats taken and freed."""

import secrets

from sqlmodel import col, update

from services.incubation.commands import CancelRegistration, RegisterForWorkshop, ScheduleWorkshops
from services.incubation.domain import workshops
from services.incubation.domain.workshops import RegistrationState
from services.incubation.models import Edition, Workshop, WorkshopRegistration
from services.incubation.relations import person_of
from services.incubation.repository import load, lock, registration, registration_by_token
from shared.clock import resolve_deadline
from shared.database import new_id
from shared.events.forgettable import Person
from shared.events.incubation import WorkshopRegistrationCancelled, WorkshopRegistrationTaken, WorkshopScheduled
from shared.work import Work


async def schedule_workshops(command: ScheduleWorkshops, work: Work) -> list[Workshop]:
    """Schedule one workshop, or the same wall time for several weeks."""
    edition = await load(work.session, Edition, command.edition_id)
    zone = command.zone or edition.zone
    # Checked before any week is added to it: it also keeps the sum within the calendar.
    workshops.check_start(resolve_deadline(command.starts_local, zone).instant, now=work.now)

    scheduled = []
    for local in workshops.weekly(command.starts_local, weeks=command.weeks):
        start = resolve_deadline(local, zone)
        workshop = Workshop(
            edition_id=edition.id,
            title=command.title,
            local=local.isoformat(),
            zone=zone,
            starts_at=start.instant,
            tzdata_version=start.tzdata_version,
            place=command.place,
            seats=command.seats,
        )
        work.session.add(workshop)
        scheduled.append(workshop)

        work.publish(
            WorkshopScheduled(
                workshop_id=workshop.id,
                edition_id=edition.id,
                title=workshop.title,
                starts_at=workshop.starts_at,
                place=workshop.place,
                seats=workshop.seats,
            )
        )
    return scheduled


async def register_for_workshop(command: RegisterForWorkshop, work: Work) -> str:
    """Take a seat; returns the token that frees it again.

    Whoever registers twice gets the same kind of answer, with a token that frees nothing: so nobody learns from it
    who is registered, nor can free the seat of another by knowing an address.
    """
    if command.contact and not work.actor.is_anonymous:
        raise workshops.ContactKnown
    if not command.contact and work.actor.is_anonymous:
        raise workshops.ContactMissing(["name", "email", "language"])
    token = secrets.token_urlsafe(32)
    workshop = await lock(work.session, Workshop, command.workshop_id)
    workshops.check_seat(seats=workshop.seats, taken=workshop.seats_taken, starts_at=workshop.starts_at, now=work.now)
    contact = command.contact
    email_key = workshops.same_address(contact.email) if contact else None
    person_id = new_id() if contact else person_of(work.actor)
    if await registration(work.session, workshop_id=workshop.id, email_key=email_key, person_id=person_id):
        return token

    taken = WorkshopRegistration(
        workshop_id=workshop.id,
        person_id=person_id,
        state=RegistrationState.TAKEN,
        name=contact.name if contact else None,
        email=contact.email if contact else None,
        email_key=email_key,
        language=contact.language if contact else None,
        token_digest=workshops.token_digest(token),
        registered_at=work.now,
    )
    work.session.add(taken)
    await _count_seats(workshop, +1, work)

    if contact:
        work.remember(Person(person_id=person_id, name=contact.name, email=contact.email, language=contact.language))
    work.publish(WorkshopRegistrationTaken(registration_id=taken.id, workshop_id=workshop.id, person_id=person_id))
    return token


async def cancel_registration(command: CancelRegistration, work: Work) -> None:
    """Free the seat that this token stands for; a token that stands for none changes nothing, and nobody is told."""
    workshop = await lock(work.session, Workshop, command.workshop_id)
    held = await registration_by_token(
        work.session, workshop_id=workshop.id, token_digest=workshops.token_digest(command.token)
    )
    if held:
        await free_seat(held, workshop, work)


async def free_seat(held: WorkshopRegistration, workshop: Workshop, work: Work) -> None:
    """Give a locked workshop its seat back, and keep no longer how its holder could be reached.

    A guest is known by this seat alone, so all who hold a copy forget it; who has an account stays known.
    """
    if held.email is not None:
        work.forget(Person, key=str(held.person_id))
    held.state = RegistrationState.CANCELLED
    held.cancelled_at = work.now
    held.name = held.email = held.email_key = held.language = None
    work.session.add(held)
    await _count_seats(workshop, -1, work)

    work.publish(
        WorkshopRegistrationCancelled(registration_id=held.id, workshop_id=workshop.id, person_id=held.person_id)
    )


async def _count_seats(workshop: Workshop, change: int, work: Work) -> None:
    """Past the workshop's version, which anybody can see: it must not tell that somebody registered."""
    await work.session.exec(
        update(Workshop)
        .where(col(Workshop.id) == workshop.id)
        .values(seats_taken=col(Workshop.seats_taken) + change)
        .execution_options(synchronize_session=False)
    )
