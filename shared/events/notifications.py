"""What notifications tells: mail handed over, partners' subscriptions, webhooks delivered."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events.envelope import Event
from shared.events.operations import SharedEvent

TOPIC = "notifications.events.v1"
SOURCE = "/services/notifications"


class MailSent(Event):
    """The mail server took a message over; its words and address stay in notifications."""

    TYPE: ClassVar[str] = "io.datacity.mail.sent.v1"
    SUBJECT: ClassVar[str] = "mail_id"

    mail_id: UUID
    person_id: UUID
    about_event_id: UUID
    template: str
    language: str


class MailFailed(Event):
    """The message was given up, after retries."""

    TYPE: ClassVar[str] = "io.datacity.mail.failed.v1"
    SUBJECT: ClassVar[str] = "mail_id"

    mail_id: UUID
    person_id: UUID
    about_event_id: UUID
    template: str


class LettersReleased(Event):
    """Staff read the drafts of letters to many, and let them go at once."""

    TYPE: ClassVar[str] = "io.datacity.letters.released.v1"
    SUBJECT: ClassVar[str] = "batch_id"

    batch_id: UUID
    template: str
    about_event_id: UUID
    """One of the events that they are about; all of them have its correlation."""
    letters: int


class LettersStopped(Event):
    """Staff read the drafts of letters to many, and kept them from going."""

    TYPE: ClassVar[str] = "io.datacity.letters.stopped.v1"
    SUBJECT: ClassVar[str] = "batch_id"

    batch_id: UUID
    template: str
    about_event_id: UUID
    letters: int


class SubscriptionCreated(Event):
    """A partner asked to be told of some types of events."""

    TYPE: ClassVar[str] = "io.datacity.subscription.created.v1"
    SUBJECT: ClassVar[str] = "subscription_id"

    subscription_id: UUID
    partner: str
    types: list[str]


class SubscriptionCancelled(Event):
    """The partner no longer wants to be told."""

    TYPE: ClassVar[str] = "io.datacity.subscription.cancelled.v1"
    SUBJECT: ClassVar[str] = "subscription_id"

    subscription_id: UUID
    partner: str


class WebhookDelivered(Event):
    """The partner's endpoint answered 2xx."""

    TYPE: ClassVar[str] = "io.datacity.webhook.delivered.v1"
    SUBJECT: ClassVar[str] = "delivery_id"

    delivery_id: UUID
    subscription_id: UUID
    about_event_id: UUID
    attempts: int
    delivered_at: datetime


class WebhookFailed(Event):
    """The delivery was given up, after retries; it can be retried by hand."""

    TYPE: ClassVar[str] = "io.datacity.webhook.failed.v1"
    SUBJECT: ClassVar[str] = "delivery_id"

    delivery_id: UUID
    subscription_id: UUID
    about_event_id: UUID
    attempts: int


AnyEvent = (
    MailSent
    | MailFailed
    | LettersReleased
    | LettersStopped
    | SubscriptionCreated
    | SubscriptionCancelled
    | WebhookDelivered
    | WebhookFailed
    | SharedEvent
)
