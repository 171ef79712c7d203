"""Hands mails to a mail server: how a message is put together, and what the server's answers mean."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from typing import Self
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib

from services.notifications.domain.mail import is_final

SEND_SECONDS = 10.0
CONNECT_SECONDS = 10.0

AWAY = (
    aiosmtplib.SMTPConnectError,
    aiosmtplib.SMTPServerDisconnected,
    aiosmtplib.SMTPTimeoutError,
    OSError,
    TimeoutError,
)
"""The server, not the mail, is the problem."""


class MailRefused(Exception):
    """The server, or the message's own form, does not let the mail go. `final`: trying again can't help."""

    def __init__(self, problem: str, *, final: bool) -> None:
        super().__init__(problem)
        self.problem = problem
        self.final = final


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where mail is handed over."""

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None

    @classmethod
    def at(cls, url: str) -> Self:
        parts = urlsplit(url)
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or (465 if tls else 25),
            tls=tls,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """Raises one of AWAY if there is none to be had."""
        smtp = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.tls,
            username=self.username,
            password=self.password,
            timeout=CONNECT_SECONDS,
        )
        async with asyncio.timeout(CONNECT_SECONDS):
            await smtp.connect()
        try:
            yield smtp
        finally:
            smtp.close()


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A mail as it is handed over. Made before the transaction ends, so that nothing is read while sending."""

    id: UUID
    about_event_id: UUID
    template: str
    language: str
    name: str
    address: str
    subject: str
    text: str
    html: str
    created_at: datetime


def compose(mail: Outgoing, *, sender: str) -> EmailMessage:
    """The message; the same mail makes the same Message-ID at each attempt. Raises MailRefused."""
    name, address = parseaddr(sender)
    domain = address.rpartition("@")[2] or "localhost"
    message = EmailMessage(policy=SMTP_POLICY)
    try:
        message["From"] = Address(display_name=name, addr_spec=address)
        message["To"] = Address(display_name=" ".join(mail.name.split()), addr_spec=mail.address)
    except Exception:
        # The parser raises all sorts of things at what is no address, and quotes it, so none goes any further.
        raise MailRefused("address_malformed", final=True) from None
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-DataCity-Template"] = mail.template
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    # After the parts, or it would be moved into the first of them.
    message["Content-Language"] = mail.language
    return message


async def hand_over(smtp: aiosmtplib.SMTP, message: EmailMessage) -> None:
    """Returns once the server took the mail over. Raises MailRefused, or one of AWAY."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await smtp.send_message(message, timeout=SEND_SECONDS)
    except AWAY:
        raise
    except aiosmtplib.SMTPRecipientsRefused as refused:
        codes = [recipient.code for recipient in refused.recipients]
        raise MailRefused(f"recipient_refused_{codes[0]}", final=all(map(is_final, codes))) from None
    except aiosmtplib.SMTPResponseException as refused:
        raise MailRefused(f"refused_{refused.code}", final=is_final(refused.code)) from None
    except (aiosmtplib.SMTPException, ValueError) as fault:
        # For one, an international address at a server that does not take any.
        raise MailRefused(f"not_sendable_{type(fault).__name__}", final=True) from None
