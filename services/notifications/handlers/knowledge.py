"""Remember what letters need to know: files and their people, coaches, challenges, workshops, how to reach a person."""

from sqlmodel import col, update

from services.notifications import repository
from services.notifications.commands import (
    ForgetPerson,
    RememberChallenge,
    RememberCoach,
    RememberEdition,
    RememberFile,
    RememberPerson,
    RememberWorkshop,
)
from services.notifications.domain.mail import TO_BE_SENT, MailState
from services.notifications.models import Challenge, Coaching, Contact, Edition, File, Mail, Workshop
from services.notifications.personal import REGISTER
from services.notifications.signals import MAIL_QUEUED
from shared.personal import erase_person
from shared.work import Work


async def remember_edition(command: RememberEdition, work: Work) -> None:
    await repository.put(work.session, Edition, command.edition_id, zone=command.zone)


async def remember_challenge(command: RememberChallenge, work: Work) -> None:
    await repository.put(work.session, Challenge, command.challenge_id, title=command.title)


async def remember_workshop(command: RememberWorkshop, work: Work) -> None:
    await repository.put(
        work.session,
        Workshop,
        command.workshop_id,
        edition_id=command.edition_id,
        title=command.title,
        starts_at=command.starts_at,
        place=command.place,
    )


async def remember_file(command: RememberFile, work: Work) -> None:
    await repository.put(
        work.session, File, command.application_id, edition_id=command.edition_id, lead_id=command.lead_id
    )
    await repository.add_members(work.session, command.application_id, [command.lead_id, *command.member_ids])


async def remember_coach(command: RememberCoach, work: Work) -> None:
    await repository.put(work.session, Coaching, command.application_id, coach_id=command.coach_id)


async def remember_person(command: RememberPerson, work: Work) -> None:
    """Keep how to reach the person, and let the mails go that waited for it."""
    await repository.put(
        work.session,
        Contact,
        command.person_id,
        name=command.name,
        email=command.email,
        language=command.language,
        invited_to=command.invited_to,
        invitation_code=command.invitation_code,
    )
    await work.session.exec(
        update(Mail)
        .where(col(Mail.person_id) == command.person_id, col(Mail.state) == MailState.WAITING_FOR_PERSON)
        .values(state=MailState.QUEUED)
    )
    MAIL_QUEUED.send_after_commit(work)


async def forget_person(command: ForgetPerson, work: Work) -> None:
    """Erase how to reach the person and every word written to them; what was not sent yet is dropped."""
    await work.session.exec(
        update(Mail)
        .where(col(Mail.person_id) == command.person_id, col(Mail.state).in_(TO_BE_SENT))
        .values(state=MailState.DROPPED, claimed_until=None)
    )
    await erase_person(REGISTER, command.person_id, work)
