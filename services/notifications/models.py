"""The tables of notifications."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, LargeBinary, MetaData, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

import shared.database
from services.notifications.domain.mail import MailState
from services.notifications.domain.webhooks import DeliveryState, SubscriptionState
from shared.database import NAMING, instant

METADATA = MetaData(naming_convention=NAMING)


def one_of(column: str, values: type[MailState] | type[DeliveryState] | type[SubscriptionState]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(value)) for value in values)})", name=column)


class Table(shared.database.Table):
    """The tables of this service, and of no other."""

    metadata: ClassVar[MetaData] = METADATA


class Record(SQLModel):
    """Tables whose rows are written once: they have no version."""

    metadata: ClassVar[MetaData] = METADATA


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
    actor: str = Field(sa_type=Text)
    traceparent: str | None = Field(default=None, sa_type=Text)
    value: bytes | None = Field(default=None, sa_type=LargeBinary)
    data: Any = Field(default=None, sa_type=JSONB(none_as_null=True), nullable=True)
    file: UUID | None = None
    recorded_at: datetime = instant()


class File(Table, table=True):
    """An application, as far as one must know whom it concerns; its id is the application's."""

    __tablename__ = "file"

    edition_id: UUID
    lead_id: UUID


class Coaching(Table, table=True):
    """Who accompanies an application's project; its id is the application's.

    Apart from the file, as incubation's events may come before those of applications: they travel in other topics.
    """

    __tablename__ = "coaching"

    coach_id: UUID


class FileMember(Record, table=True):
    """A person who may read a file's timeline."""

    __tablename__ = "file_member"

    file_id: UUID = Field(primary_key=True, foreign_key="file.id")
    person_id: UUID = Field(primary_key=True, index=True)


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


class Tally(Record, table=True):
    """How many applications were handed in, or reviews done, for a challenge in a quarter of an hour."""

    __tablename__ = "tally"

    what: str = Field(primary_key=True, sa_type=Text)
    challenge_id: UUID = Field(primary_key=True)
    quarter: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    count: int = Field(sa_type=BigInteger)


class Progress(Record, table=True):
    """When a file first reached each stage."""

    __tablename__ = "progress"

    file_id: UUID = Field(primary_key=True)
    drafted: datetime | None = instant(nullable=True)
    submitted: datetime | None = instant(nullable=True)
    screened: datetime | None = instant(nullable=True)
    decided: datetime | None = instant(nullable=True)
    accompanied: datetime | None = instant(nullable=True)
    registered: datetime | None = instant(nullable=True)
    running: datetime | None = instant(nullable=True)
    reported: datetime | None = instant(nullable=True)


class Milestone(Record, table=True):
    """What a project promised by a day, and when it was approved."""

    __tablename__ = "milestone"

    milestone_id: UUID = Field(primary_key=True)
    file_id: UUID
    challenge_id: UUID
    kind: str = Field(sa_type=Text)
    due_on: date
    approved_at: datetime | None = instant(nullable=True)


class Contact(Table, table=True):
    """How to write to a person; its id is the person's. The row goes when the person is forgotten."""

    __tablename__ = "contact"

    name: str = Field(sa_type=Text)
    email: str = Field(sa_type=Text)
    language: str = Field(sa_type=Text)


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
    )

    about_event_id: UUID
    person_id: UUID
    template: str = Field(sa_type=Text)
    facts: dict[str, Any] = Field(sa_type=JSONB)
    state: str = Field(sa_type=Text)
    attempts: int = 0
    created_at: datetime = instant()
    next_attempt_at: datetime = instant()
    claimed_until: datetime | None = instant(nullable=True)
    sent_at: datetime | None = instant(nullable=True)
    language: str | None = Field(default=None, sa_type=Text)
    address: str | None = Field(default=None, sa_type=Text)
    subject: str | None = Field(default=None, sa_type=Text)
    text: str | None = Field(default=None, sa_type=Text)
    html: str | None = Field(default=None, sa_type=Text)
    problem: str | None = Field(default=None, sa_type=Text)


class Subscription(Table, table=True):
    """A partner's wish to be told of some types of events at an endpoint."""

    __tablename__ = "subscription"
    __table_args__ = (one_of("state", SubscriptionState), Index(None, "partner", "id"))

    partner: str = Field(sa_type=Text)
    url: str = Field(sa_type=Text)
    types: list[str] = Field(sa_type=ARRAY(Text))
    state: str = Field(sa_type=Text)
    secret: str = Field(sa_type=Text)
    old_secret: str | None = Field(default=None, sa_type=Text)
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
