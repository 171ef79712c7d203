"""Sends the letters that are due: claimed, written, handed over, and told of.

A crash between the server's answer and our commit sends the letter a second time, with the same Message-ID: SMTP has
no way to ask whether a message arrived, and a letter lost would be worse. Mail programs show such a pair once.
"""

import asyncio
from datetime import timedelta
from functools import partial
from uuid import UUID

import aiosmtplib
import jinja2
import structlog

from services.notifications import repository
from services.notifications.domain.mail import MailState
from services.notifications.domain.retries import COMPRESSED_PAUSES, MAIL_PAUSES, next_attempt
from services.notifications.jobs.outages import through_outages, to_the_end
from services.notifications.models import Contact, Mail
from services.notifications.settings import held_for
from services.notifications.signals import MAIL_QUEUED
from services.notifications.smtp import AWAY, MailRefused, Outgoing, Server, compose, hand_over
from services.notifications.writing import context_of, write
from shared.events.notifications import MailFailed, MailSent
from shared.settings import Settings
from shared.work import Work, Works

log = structlog.get_logger(__name__)

BATCH = 10
LEASE = timedelta(seconds=30)
LAST_START_SECONDS = 15.0
"""No sending begins later into a lease than this, so that it ends before somebody else may claim the mail."""

LONGEST_OUTAGE_PAUSE = 30.0


async def send_mails(works: Works, settings: Settings) -> None:
    """Send for ever; while the mail server is away, ask it again with growing pauses and count that against no mail."""
    server = Server.at(settings.smtp_url)
    pause = 0.2
    while True:
        mails = await _claim(works, settings)
        if not mails:
            await MAIL_QUEUED.wait()
            continue
        try:
            await _send(mails, works, settings, server)
            pause = 0.2
        except AWAY as outage:
            log.warning("mail_server_away", error=type(outage).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0 if settings.compressed_schedule else LONGEST_OUTAGE_PAUSE)


async def _claim(works: Works, settings: Settings) -> list[Outgoing]:
    """Take mails that are due, and write those that have no words yet; one that can't be written stops no other."""
    written = []
    async with works.begin() as work:
        claimed = await repository.claim_mails(
            work.session, now=work.now, limit=BATCH, lease=LEASE, drafted_until=work.now - held_for(settings)
        )
        for mail, contact in claimed:
            try:
                written.append(await _written(mail, contact, settings, work))
            except (jinja2.TemplateError, ValueError, LookupError, TypeError) as fault:
                log.exception("letter_not_written", mail_id=str(mail.id), template=mail.template)
                await repository.continue_from(work, mail.about_event_id)
                _put_off(mail, MailRefused(f"not_written_{type(fault).__name__}", final=False), settings, work)
    return written


async def _written(mail: Mail, contact: Contact, settings: Settings, work: Work) -> Outgoing:
    if mail.text is None or mail.html is None or mail.subject is None or mail.language is None:
        facts = await context_of(mail.facts, language=contact.language, session=work.session)
        facts |= {"team": contact.invited_to, "code": contact.invitation_code} if contact.invited_to else {}
        words = write(mail.template, language=contact.language, name=contact.name, url=settings.public_url, facts=facts)
        mail.language, mail.subject, mail.text, mail.html = words.language, words.subject, words.text, words.html
    return Outgoing(
        id=mail.id,
        about_event_id=mail.about_event_id,
        template=mail.template,
        language=mail.language,
        name=contact.name,
        address=contact.email,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        created_at=mail.created_at,
    )


async def _send(mails: list[Outgoing], works: Works, settings: Settings, server: Server) -> None:
    """Hand them over one by one. If the server goes away, the rest is given back untried."""
    started = asyncio.get_running_loop().time()
    left = [mail.id for mail in mails]
    try:
        async with server.connection() as smtp:
            for mail in mails:
                if asyncio.get_running_loop().time() - started > LAST_START_SECONDS:
                    break
                left.remove(mail.id)
                await to_the_end(_hand_over_and_record(smtp, mail, works, settings))
    finally:
        await through_outages(partial(_give_back, left, works), works)


async def _hand_over_and_record(smtp: aiosmtplib.SMTP, mail: Outgoing, works: Works, settings: Settings) -> None:
    try:
        await hand_over(smtp, compose(mail, sender=settings.mail_from))
    except MailRefused as refused:
        outcome = partial(_refused, mail, refused, works, settings)
    except AWAY:
        # It may be this very mail that the server can't bear: it takes its turn behind the others.
        lost = MailRefused("connection_lost", final=False)
        await through_outages(partial(_refused, mail, lost, works, settings), works)
        raise
    else:
        outcome = partial(_sent, mail, works)
    await through_outages(outcome, works)


async def _sent(mail: Outgoing, works: Works) -> None:
    async with works.begin() as work:
        row = await _being_sent(mail.id, work)
        if row is None:
            return
        row.state = MailState.SENT
        row.sent_at = work.now
        row.claimed_until = None
        row.problem = None
        work.publish(
            MailSent(
                mail_id=mail.id,
                person_id=row.person_id,
                about_event_id=mail.about_event_id,
                template=mail.template,
                language=mail.language,
            )
        )


async def _refused(mail: Outgoing, refused: MailRefused, works: Works, settings: Settings) -> None:
    async with works.begin() as work:
        row = await _being_sent(mail.id, work)
        if row is not None:
            _put_off(row, refused, settings, work)


def _put_off(row: Mail, refused: MailRefused, settings: Settings, work: Work) -> None:
    """Try again by the schedule, or give up and say so."""
    pauses = COMPRESSED_PAUSES if settings.compressed_schedule else MAIL_PAUSES
    again = None if refused.final else next_attempt(attempts=row.attempts, now=work.now, pauses=pauses)
    row.claimed_until = None
    row.problem = refused.problem
    if again is not None:
        row.next_attempt_at = again
        return
    row.state = MailState.FAILED
    work.publish(
        MailFailed(mail_id=row.id, person_id=row.person_id, about_event_id=row.about_event_id, template=row.template)
    )
    log.warning("mail_failed", mail_id=str(row.id), problem=refused.problem, attempts=row.attempts)


async def _give_back(mail_ids: list[UUID], works: Works) -> None:
    """What was claimed and not tried is due again at once, and no attempt was made of it."""
    for mail_id in mail_ids:
        async with works.begin() as work:
            row = await _being_sent(mail_id, work)
            if row is not None:
                row.claimed_until = None
                row.attempts -= 1


async def _being_sent(mail_id: UUID, work: Work) -> Mail | None:
    """The mail, locked, and its event as the cause of what is told of it; None if it was dropped meanwhile."""
    row: Mail | None = await repository.locked(work.session, Mail, mail_id)
    if row is None or row.state != MailState.QUEUED:
        return None
    await repository.continue_from(work, row.about_event_id)
    return row
