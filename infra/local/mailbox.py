"""The mails that were caught, one file each, so that a restart loses none."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from uuid import uuid4


@dataclass(frozen=True)
class Mail:
    """One delivery, as the SMTP client handed it over."""

    id: str
    received_at: str
    envelope_from: str
    envelope_to: list[str]
    raw: str

    @property
    def message(self) -> EmailMessage:
        return BytesParser(EmailMessage, policy=policy.default).parsebytes(self.raw.encode("utf-8", "surrogateescape"))


class Mailbox:
    """Keeps every delivery, also a second one of the same message: that is for its reader to notice."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._mails: dict[str, Mail] = {}
        for file in sorted(folder.glob("*.json")):
            mail = Mail(**json.loads(file.read_text()))
            self._mails[mail.id] = mail

    def add(self, *, envelope_from: str, envelope_to: list[str], raw: bytes, now: datetime) -> Mail:
        """Write it down; on disk when this returns, so that the client may be told that it was accepted."""
        moment = now.astimezone(UTC)
        mail = Mail(
            id=f"{moment:%Y%m%dT%H%M%S.%fZ}-{uuid4().hex[:8]}",
            received_at=moment.isoformat(),
            envelope_from=envelope_from,
            envelope_to=envelope_to,
            raw=raw.decode("utf-8", "surrogateescape"),
        )
        draft = self._folder / f"{mail.id}.draft"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
            json.dump(asdict(mail), out)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(self._folder / f"{mail.id}.json")
        self._mails[mail.id] = mail
        return mail

    def find(self, *, to: str = "", subject: str = "", message_id: str = "") -> Iterator[Mail]:
        """In the order they came; `to` and `subject` match a part, whatever its case."""
        for mail in self._mails.values():
            message = mail.message
            addressed = any(to.lower() in address.lower() for address in mail.envelope_to)
            titled = subject.lower() in str(message["Subject"] or "").lower()
            if addressed and titled and (not message_id or str(message["Message-ID"] or "").strip() == message_id):
                yield mail

    def get(self, mail_id: str) -> Mail | None:
        return self._mails.get(mail_id)

    def deliveries(self) -> Counter[str]:
        """How often each Message-ID came; more than once means that somebody got a mail twice."""
        return Counter(str(mail.message["Message-ID"] or mail.id).strip() for mail in self._mails.values())

    def clear(self) -> int:
        """Forget them all; returns how many there were."""
        count = len(self._mails)
        for mail_id in self._mails:
            (self._folder / f"{mail_id}.json").unlink(missing_ok=True)
        self._mails.clear()
        return count
