"""Keeps what incubation needs of what the other services told."""

from uuid import UUID

from sqlmodel import col, select

from services.incubation.domain.workshops import RegistrationState
from services.incubation.handlers.workshops import free_seat
from services.incubation.models import Challenge, Edition, Project, Startup, Workshop, WorkshopRegistration
from services.incubation.personal import REGISTER, nothing_left_of
from services.incubation.repository import lock
from shared.events.applications import ApplicationLeadPassed, ChallengePublished, EditionAnnounced, EditionCorrected
from shared.events.forgettable import Dossier
from shared.personal import erase_dossier, erase_person
from shared.work import Work


async def note_edition(event: EditionAnnounced | EditionCorrected, work: Work) -> None:
    """Know the city's time zone."""
    edition = await work.session.get(Edition, event.edition_id)
    if edition is None:
        edition = Edition(id=event.edition_id, city=event.city, zone=event.zone)
        work.session.add(edition)
    edition.city, edition.zone = event.city, event.zone


async def note_challenge(event: ChallengePublished, work: Work) -> None:
    """Know whose challenge it is, and what it is called."""
    if await work.session.get(Challenge, event.challenge_id) is None:
        work.session.add(
            Challenge(id=event.challenge_id, edition_id=event.edition_id, partner=event.partner, title=event.title)
        )


async def note_startup(dossier: Dossier, work: Work) -> None:
    """Know what the startup and its idea are called, by the newest revision that came."""
    startup = await work.session.get(Startup, dossier.application_id, with_for_update=True)
    if startup is None:
        startup = Startup(id=dossier.application_id, revision=0, name="", title="")
    if dossier.revision >= startup.revision:
        startup.revision, startup.name, startup.title = dossier.revision, dossier.startup, dossier.title
        work.session.add(startup)


async def pass_lead(event: ApplicationLeadPassed, work: Work) -> None:
    """Somebody else speaks for the startup from now on."""
    query = select(Project).where(col(Project.application_id) == event.application_id).with_for_update()
    project = (await work.session.exec(query)).one_or_none()
    if project is not None:
        project.lead_id = event.lead_id
        work.session.add(project)


async def forget_startup(*, application_id: UUID, revision: int, work: Work) -> None:
    """Erase the names that this revision gave, unless a newer one gave others; with them, what the startup wrote."""
    await work.session.get(Startup, application_id, with_for_update=True)
    await erase_dossier(REGISTER, application_id, revision, work, last=nothing_left_of(application_id))


async def forget_person(*, person_id: UUID, work: Work) -> None:
    """Erase how somebody could be reached, and what they wrote. What was decided stays, as it names nobody."""
    await _leave_projects(person_id, work)
    await erase_person(REGISTER, person_id, work)
    await _free_seats(person_id, work)


async def _leave_projects(person_id: UUID, work: Work) -> None:
    """A project without its coach shows to staff that it needs another."""
    coached = select(Project).where(col(Project.coach_id) == person_id).order_by(col(Project.id)).with_for_update()
    for project in await work.session.exec(coached):
        project.coach_id = None
        work.session.add(project)


async def _free_seats(person_id: UUID, work: Work) -> None:
    """Nobody can call them any more, so a seat that is still to come is free."""
    query = select(WorkshopRegistration).where(col(WorkshopRegistration.person_id) == person_id)
    workshops = {registration.workshop_id for registration in (await work.session.exec(query)).all()}
    for workshop_id in sorted(workshops):
        workshop = await lock(work.session, Workshop, workshop_id)
        held = query.where(col(WorkshopRegistration.workshop_id) == workshop_id)
        for registration in await work.session.exec(held.execution_options(populate_existing=True)):
            if registration.state == RegistrationState.TAKEN and work.now < workshop.starts_at:
                await free_seat(registration, workshop, work)
