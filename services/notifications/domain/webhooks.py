"""What a partner can be told, how a message is written and signed, and what an endpoint's answer means."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.errors import Conflict, FieldError, Forbidden, Invalid, NotFound

TYPES = (
    "io.datacity.application.selected.v1",
    "io.datacity.project.ended.v1",
    "io.datacity.milestone.planned.v1",
    "io.datacity.milestone.evidence-submitted.v1",
    "io.datacity.milestone.approved.v1",
    "io.datacity.milestone.returned.v1",
    "io.datacity.experimentation.registered.v1",
    "io.datacity.experimentation.authorised.v1",
    "io.datacity.experimentation.refused.v1",
    "io.datacity.experimentation.started.v1",
    "io.datacity.experimentation.measured.v1",
    "io.datacity.experimentation.reported.v1",
)
"""The types that a partner may subscribe to. All of them name the partner whose challenge they are about."""

OF_PERSONS = frozenset({"lead_id", "member_ids", "authorised_by", "coach_id", "juror_id", "person_id"})
"""Fields of those events that name persons, even if by opaque ids only: a partner has no use for them."""

MOST_SUBSCRIPTIONS = 20
OLD_SECRET_SIGNS_FOR = timedelta(hours=24)
SECRET_BYTES = 32


class SubscriptionState(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"
    CANCELLED = "cancelled"


class DeliveryState(StrEnum):
    QUEUED = "queued"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """What an endpoint's answer means for the delivery."""

    DELIVERED = "delivered"
    TRY_AGAIN = "try_again"
    GONE = "gone"


class NoOrganisation(Forbidden):
    slug = "no-organisation"
    message = "Your token names no organisation, so there are no events to tell you. Ask the programme team to set it."


class SubscriptionUnknown(NotFound):
    message = "You have no subscription with this id. List yours with GET /api/notifications/v1/subscriptions."


class DeliveryUnknown(NotFound):
    message = "You have no delivery with this id. List them with GET …/subscriptions/{id}/deliveries."


class TypesNotOffered(Invalid):
    slug = "types-not-offered"

    def __init__(self, positions: Sequence[int]) -> None:
        super().__init__(
            "Some of these types are not offered by webhook. Choose among `offered`.",
            errors=[
                FieldError(pointer=f"#/types/{position}", detail="is not offered", code="not_offered")
                for position in positions
            ],
            offered=list(TYPES),
        )


class TooManySubscriptions(Conflict):
    slug = "too-many-subscriptions"

    def __init__(self) -> None:
        super().__init__(
            f"You have {MOST_SUBSCRIPTIONS} subscriptions, the most there can be. Delete one first.",
            most=MOST_SUBSCRIPTIONS,
        )


class SubscriptionNotActive(Conflict):
    slug = "subscription-not-active"
    message = "This subscription is no longer active, as its endpoint answered 410 Gone. Create a new one."


class DeliveryQueuedAlready(Conflict):
    slug = "delivery-queued-already"

    def __init__(self, next_attempt_at: datetime | None) -> None:
        super().__init__(
            "This delivery is waiting for its next attempt already. Wait for it.", next_attempt_at=next_attempt_at
        )


def check_types(types: Sequence[str]) -> tuple[str, ...]:
    """The types, each once, in the order of the offer. Raises TypesNotOffered."""
    if unknown := [position for position, given in enumerate(types) if given not in TYPES]:
        raise TypesNotOffered(unknown)
    return tuple(each for each in TYPES if each in types)


def new_secret() -> str:
    """A signing key as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signing_secrets(secret: str, old: str | None, old_until: datetime | None, *, now: datetime) -> list[str]:
    """All secrets that sign at this moment, the newest first: a receiver may still hold the one before."""
    return [secret, old] if old and old_until and now < old_until else [secret]


def message_id(delivery_id: UUID) -> str:
    """The `webhook-id`: the same at each attempt, so that a receiver knows a repeat."""
    return f"msg_{delivery_id.hex}"


def payload(*, type_: str, happened_at: datetime, data: Mapping[str, Any]) -> bytes:
    """The message, thin: ids and facts. Its bytes are made once; those bytes are signed and sent at each attempt."""
    told = {name: value for name, value in data.items() if name not in OF_PERSONS}
    timestamp = happened_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    message = {"type": type_, "timestamp": timestamp, "data": told}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def judge(status: int) -> Verdict:
    """Only 2xx is success; redirects are not followed; 410 means that nobody listens there any more."""
    if 200 <= status < 300:
        return Verdict.DELIVERED
    return Verdict.GONE if status == 410 else Verdict.TRY_AGAIN
