"""All that notifications hears: every event for the log; most of the programme's for letters and webhooks; people."""

from typing import assert_never
from uuid import UUID

from services.notifications.commands import (
    ForgetPerson,
    NoteWithdrawal,
    PlaceFile,
    RememberChallenge,
    RememberCoach,
    RememberEdition,
    RememberFile,
    RememberPerson,
    RememberWorkshop,
)
from services.notifications.handlers import deadlines, journal, knowledge, letters, partners, progress
from services.notifications.moves import move_of
from shared.events import (
    EVENT_TOPICS,
    Envelope,
    Event,
    Forgotten,
    Person,
    applications,
    forgettable,
    incubation,
    selection,
)
from shared.messaging import Listener
from shared.work import Work

listens = Listener("notifications")


@listens.to(applications.TOPIC)
async def on_application_event(event: applications.AnyEvent, work: Work) -> None:
    match event:
        case applications.EditionAnnounced() | applications.EditionCorrected():
            await knowledge.remember_edition(RememberEdition(edition_id=event.edition_id, zone=event.zone), work)
        case applications.ChallengePublished():
            challenge = RememberChallenge(challenge_id=event.challenge_id, title=event.title)
            await knowledge.remember_challenge(challenge, work)
        case applications.ApplicationDrafted():
            file = RememberFile(application_id=event.application_id, edition_id=event.edition_id, lead_id=event.lead_id)
            await knowledge.remember_file(file, work)
        case applications.ApplicationSubmitted():
            file = RememberFile(
                application_id=event.application_id,
                edition_id=event.edition_id,
                lead_id=event.lead_id,
                member_ids=tuple(event.member_ids),
            )
            await knowledge.remember_file(file, work)
        case applications.ApplicationLeadPassed():
            file = RememberFile(application_id=event.application_id, edition_id=event.edition_id, lead_id=event.lead_id)
            await knowledge.remember_file(file, work)
        case applications.ApplicationWithdrawn():
            withdrawal = NoteWithdrawal(application_id=event.application_id, withdrawn_at=event.withdrawn_at)
            await deadlines.note_withdrawal(withdrawal, work)
        case _:
            pass
    if work.cause is not None:
        await on_deadlines(event, work.cause, work)
    await tell(event, work)


async def on_deadlines(event: Event, cause: Envelope, work: Work) -> None:
    """What moves the deadlines of a call, and which files it has."""
    match event:
        case applications.ApplicationDrafted():
            file = PlaceFile(application_id=event.application_id, call_id=event.call_id, begun_at=cause.time)
            await deadlines.place_file(file, work)
        case (
            applications.CallRescheduled()
            | applications.DeadlinePostponed()
            | applications.CallExtendedAfterOutage()
            | applications.CallResolvedAnew()
        ):
            await deadlines.tell_of_move(move_of(event, cause), work)
        case _:
            pass


@listens.to(selection.TOPIC)
async def on_selection_event(event: selection.AnyEvent, work: Work) -> None:
    await tell(event, work)


@listens.to(incubation.TOPIC)
async def on_incubation_event(event: incubation.AnyEvent, work: Work) -> None:
    match event:
        case incubation.CoachAssigned():
            coach = RememberCoach(application_id=event.application_id, coach_id=event.coach_id)
            await knowledge.remember_coach(coach, work)
        case incubation.WorkshopScheduled():
            workshop = RememberWorkshop(
                workshop_id=event.workshop_id,
                edition_id=event.edition_id,
                title=event.title,
                starts_at=event.starts_at,
                place=event.place,
            )
            await knowledge.remember_workshop(workshop, work)
        case _:
            pass
    await tell(event, work)


@listens.to(forgettable.PEOPLE_TOPIC)
async def on_person(record: Person | Forgotten, work: Work) -> None:
    match record:
        case Person():
            person = RememberPerson(
                person_id=record.person_id,
                name=record.name,
                email=record.email,
                language=record.language,
                invited_to=record.invited.team if record.invited else None,
                invitation_code=record.invited.code if record.invited else None,
            )
            await knowledge.remember_person(person, work)
        case Forgotten():
            await knowledge.forget_person(ForgetPerson(person_id=UUID(record.key)), work)
        case _:
            assert_never(record)


@listens.everything(*EVENT_TOPICS.values())
async def on_record(envelope: Envelope, work: Work) -> None:
    """Our own events too, and types that this version does not know; they are kept, and told to nobody."""
    await journal.record(envelope, work)


async def tell(event: Event, work: Work) -> None:
    """What the entrances of the programme's events share: how it goes on, people by mail, partners by webhook."""
    if work.cause is None:
        return
    await progress.note(event, work.cause, work)
    await letters.write_letters(event, work.cause, work)
    await partners.tell_partner(work.cause, work)
