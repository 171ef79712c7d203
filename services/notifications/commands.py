"""What notifications can be asked to do."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class RememberEdition:
    edition_id: UUID
    zone: str


@dataclass(frozen=True, kw_only=True)
class RememberChallenge:
    challenge_id: UUID
    title: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class RememberFile:
    """An application's people: whom to write to, and who may read its timeline."""

    application_id: UUID
    edition_id: UUID
    lead_id: UUID
    member_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PlaceFile:
    """Of which call a file is, and since when; moves of the deadline before that are not its own."""

    application_id: UUID
    call_id: UUID
    begun_at: datetime


@dataclass(frozen=True, kw_only=True)
class NoteWithdrawal:
    application_id: UUID
    withdrawn_at: datetime


@dataclass(frozen=True, kw_only=True)
class TellOfMove:
    """Deadlines of a call moved, as events have them: for all its files, and for single ones."""

    event_id: UUID
    call_id: UUID
    moved_at: datetime
    cause: str
    common: dict[str, Any] | None
    own: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RememberCoach:
    application_id: UUID
    coach_id: UUID


@dataclass(frozen=True, kw_only=True)
class RememberWorkshop:
    workshop_id: UUID
    edition_id: UUID
    title: dict[str, str]
    starts_at: datetime
    place: str


@dataclass(frozen=True, kw_only=True)
class RememberPerson:
    person_id: UUID
    name: str
    email: str
    language: str
    invited_to: str | None = None
    invitation_code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class ForgetPerson:
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class DecideDrafts:
    """The drafts of a template that one act brought about, as far as they were seen."""

    template: str
    correlation_id: str
    seen_until: datetime


@dataclass(frozen=True, kw_only=True)
class Subscribe:
    partner: str
    url: str
    types: tuple[str, ...]
    allow_private: bool


@dataclass(frozen=True, kw_only=True)
class CancelSubscription:
    subscription_id: UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class RotateSecret:
    subscription_id: UUID


@dataclass(frozen=True, kw_only=True)
class RetryDelivery:
    delivery_id: UUID
