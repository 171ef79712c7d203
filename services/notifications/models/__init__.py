"""The tables of notifications."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.notifications.domain.mail import MailState
from services.notifications.domain.webhooks import DeliveryState, SubscriptionState
from services.notifications.models.counts import Milestone, Progress, Tally
from services.notifications.models.files import Coaching, DeadlineMove, File, FileMember
from services.notifications.models.table import METADATA, Record, Table
from services.notifications.purposes import CONTACT, INVITATION, LETTER, PERSON_ID
from shared.database import SECRET, instant


def one_of(column: str, values: type[MailState] | type[DeliveryState] | type[SubscriptionState]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(value)) for value in values)})", name=column)


class Entry(Record, table=True):
    """One event as it was read from Kafka. Rows are never changed nor deleted: the database refuses it.

    Positions are 1, 2, 3… in the order of commits, as one writer at a time hands them out: whoever has read up to a
    position never finds an earlier one later.
    """

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("event_id"),
        Index(None, "file", "position"),
        Index(None, "type", "position"),
        Index(None, "source", "subject", "sequence"),
        Index(None, "subject", "position"),
        Index(None, "actor", "position"),
        Index(None, "correlation_id", "position"),
        Index(None, "happened_at", "position"),
        Index(None, "source", "position"),
        Index(None, "causation_id", "position"),
    )

    position: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    event_id: UUID
    topic: str = Field(sa_type=Text)
    partition: int
    record_offset: int = Field(sa_type=BigInteger)
    source: str = Field(sa_type=Text)
    type: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    sequence: int = Field(sa_type=BigInteger)
    happened_at: datetime = instant()
    correlation_id: str = Field(sa_type=Text)
    causation_id: str | None = Field(default=None, sa_type=Text)
    actor: str = Field(sa_type=Text, sa_column_kwargs=PERSON_ID.column)
    traceparent: str | None = Field(default=None, sa_type=Text)
    value: bytes | None = Field(default=None, sa_type=LargeBinary)
    data: Any = Field(default=None, sa_type=JSONB(none_as_null=True), nullable=True)
    file: UUID | None = None
    recorded_at: datetime = instant()


class JournalHash(Record, table=True):
    """A hash of the journal's tree: at level L it spans 256^L entries, so that level 0 are the leaves."""

    __tablename__ = "journal_hash"

    level: int = Field(primary_key=True, sa_type=SmallInteger, sa_column_kwargs={"autoincrement": False})
    index: int = Field(primary_key=True, sa_type=BigInteger)
    hash: bytes = Field(sa_type=LargeBinary)


class JournalTile(Record, table=True):
    """A full tile, 256 hashes of `journal_hash` side by side: one row to read where a proof would need as many."""

    __tablename__ = "journal_tile"

    level: int = Field(primary_key=True, sa_type=SmallInteger, sa_column_kwargs={"autoincrement": False})
    index: int = Field(primary_key=True, sa_type=BigInteger)
    hashes: bytes = Field(sa_type=LargeBinary)


class JournalSalt(Record, table=True):
    """What seals an entry; one without a salt is in the journal for all to read. The index is the position less 1."""

    __tablename__ = "journal_salt"

    index: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    salt: bytes = Field(sa_type=LargeBinary)


class JournalCheckpoint(Record, table=True):
    """The journal at one size, as it was signed."""

    __tablename__ = "journal_checkpoint"

    size: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    root: bytes = Field(sa_type=LargeBinary)
    note: bytes = Field(sa_type=LargeBinary)
    sealed_at: datetime = instant()


class JournalCosignature(Record, table=True):
    """A witness's signature under a checkpoint."""

    __tablename__ = "journal_cosignature"

    size: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="journal_checkpoint.size")
    witness: str = Field(primary_key=True, sa_type=Text)
    key_id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    signature: bytes = Field(sa_type=LargeBinary)
    cosigned_at: datetime = instant()
    received_at: datetime = instant()


class JournalKey(Record, table=True):
    """A key whose signatures are under checkpoints."""

    __tablename__ = "journal_key"

    vkey: str = Field(primary_key=True, sa_type=Text)
    first_used_at: datetime = instant()


class Edition(Table, table=True):
    """In which zone an edition's times are told; its id is the edition's."""

    __tablename__ = "edition"

    zone: str = Field(sa_type=Text)


class Challenge(Table, table=True):
    """A published challenge's title by language; its id is the challenge's."""

    __tablename__ = "challenge"

    title: dict[str, str] = Field(sa_type=JSONB)


class Workshop(Table, table=True):
    """When and where a workshop is; its id is the workshop's."""

    __tablename__ = "workshop"

    edition_id: UUID
    title: dict[str, str] = Field(sa_type=JSONB)
    starts_at: datetime = instant()
    place: str = Field(sa_type=Text)


class Contact(Table, table=True):
    """How to write to a person; its id is the person's. The row goes when the person is forgotten."""

    __tablename__ = "contact"

    name: str = Field(sa_type=Text, sa_column_kwargs=CONTACT.column)
    email: str = Field(sa_type=Text, sa_column_kwargs=CONTACT.column)
    language: str = Field(sa_type=Text, sa_column_kwargs=CONTACT.column)
    invited_to: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=INVITATION.column)
    invitation_code: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=INVITATION.column)


class Mail(Table, table=True):
    """A letter to one person about one event; its words are written when it is first sent, and kept for the retries."""

    __tablename__ = "mail"
    __table_args__ = (
        UniqueConstraint("about_event_id", "person_id", "template"),
        one_of("state", MailState),
        Index(None, "person_id", "id"),
        Index(
            "ix_mail_to_be_sent", "next_attempt_at", postgresql_where=text("state IN ('queued', 'waiting_for_person')")
        ),
        Index("ix_mail_drafts", "about_event_id", "template", postgresql_where=text("drafted AND attempts = 0")),
    )

    about_event_id: UUID
    person_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    template: str = Field(sa_type=Text)
    facts: dict[str, Any] = Field(sa_type=JSONB)
    state: str = Field(sa_type=Text)
    drafted: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """To many at once: it may be read, and stopped, for some minutes before it goes."""
    attempts: int = 0
    created_at: datetime = instant()
    next_attempt_at: datetime = instant()
    claimed_until: datetime | None = instant(nullable=True)
    sent_at: datetime | None = instant(nullable=True)
    language: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=LETTER.column)
    address: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=LETTER.column)
    subject: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=LETTER.column)
    text: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=LETTER.column)
    html: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=LETTER.column)
    problem: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=LETTER.column)


class Subscription(Table, table=True):
    """A partner's wish to be told of some types of events at an endpoint."""

    __tablename__ = "subscription"
    __table_args__ = (one_of("state", SubscriptionState), Index(None, "partner", "id"))

    partner: str = Field(sa_type=Text)
    url: str = Field(sa_type=Text)
    types: list[str] = Field(sa_type=ARRAY(Text))
    state: str = Field(sa_type=Text)
    secret: str = Field(sa_type=Text, sa_column_kwargs=SECRET)
    old_secret: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=SECRET)
    old_secret_until: datetime | None = instant(nullable=True)
    created_at: datetime = instant()


class Delivery(Table, table=True):
    """One event on its way to one endpoint, with the exact bytes that are signed and sent."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("subscription_id", "about_event_id"),
        one_of("state", DeliveryState),
        Index(None, "subscription_id", "id"),
        Index("ix_delivery_due", "subscription_id", "next_attempt_at", postgresql_where=text("state = 'queued'")),
    )

    subscription_id: UUID = Field(foreign_key="subscription.id")
    about_event_id: UUID
    type: str = Field(sa_type=Text)
    payload: bytes = Field(sa_type=LargeBinary)
    state: str = Field(sa_type=Text)
    attempts: int = 0
    created_at: datetime = instant()
    next_attempt_at: datetime = instant()
    claimed_until: datetime | None = instant(nullable=True)
    delivered_at: datetime | None = instant(nullable=True)
    last_status: int | None = None
    problem: str | None = Field(default=None, sa_type=Text)


__all__ = [
    "METADATA",
    "Challenge",
    "Coaching",
    "Contact",
    "DeadlineMove",
    "Delivery",
    "Edition",
    "Entry",
    "File",
    "FileMember",
    "JournalCheckpoint",
    "JournalCosignature",
    "JournalHash",
    "JournalKey",
    "JournalSalt",
    "JournalTile",
    "Mail",
    "Milestone",
    "Progress",
    "Record",
    "Subscription",
    "Table",
    "Tally",
    "Workshop",
]
