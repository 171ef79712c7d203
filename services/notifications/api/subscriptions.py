"""Partners' subscriptions to events and their deliveries, over HTTP."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import Field

from services.notifications.api.shown import PREFIX
from services.notifications.commands import CancelSubscription, RetryDelivery, RotateSecret, Subscribe
from services.notifications.domain.webhooks import (
    TYPES,
    DeliveryState,
    NoOrganisation,
    SubscriptionState,
    SubscriptionUnknown,
    message_id,
)
from services.notifications.handlers import subscriptions as handlers
from services.notifications.models import Delivery, Subscription
from services.notifications.permissions import PERMISSIONS
from services.notifications.views import messages as views
from shared.http import Body, IfMatch, Page, PagingDep, SafeText, View, WorkDep, does, service_router, set_etag
from shared.work import Work

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["webhooks"])


def _allows_private(request: Request) -> bool:
    return bool(request.app.state.settings.webhooks_allow_private)


AllowsPrivate = Annotated[bool, Depends(_allows_private)]


OfferedType = Annotated[str, Field(max_length=200, json_schema_extra={"enum": list(TYPES)})]
"""Named in the API's description; the rule that refuses others says what is offered."""


class SubscribeBody(Body):
    """An endpoint, and what it is to be told of."""

    url: Annotated[SafeText, Field(min_length=1, max_length=2_000)] = Field(examples=["https://hooks.example.com/city"])
    types: Annotated[list[OfferedType], Field(min_length=1, max_length=50)]


class SubscriptionView(View):
    """A partner's subscription. Its secret is shown when it is made, and never again."""

    id: UUID
    version: int
    partner: str
    url: str
    types: list[str]
    state: SubscriptionState
    created_at: datetime
    old_secret_until: datetime | None = Field(description="Until when the secret before this one signs too.")


class SecretView(SubscriptionView):
    """A subscription with its new secret: keep it now."""

    secret: str = Field(description="The key that messages are signed with, as Standard Webhooks writes it.")


class DeliveryView(View):
    """A message to an endpoint, and what became of it."""

    id: UUID
    version: int
    subscription_id: UUID
    message_id: str = Field(description="The `webhook-id` of each of its attempts.")
    about_event_id: UUID
    type: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    last_status: int | None = Field(description="What the endpoint answered last; null if it did not answer.")
    problem: str | None

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        waits = delivery.state == DeliveryState.QUEUED
        return cls(
            id=delivery.id,
            version=delivery.version,
            subscription_id=delivery.subscription_id,
            message_id=message_id(delivery.id),
            about_event_id=delivery.about_event_id,
            type=delivery.type,
            state=DeliveryState(delivery.state),
            attempts=delivery.attempts,
            created_at=delivery.created_at,
            next_attempt_at=delivery.next_attempt_at if waits else None,
            delivered_at=delivery.delivered_at,
            last_status=delivery.last_status,
            problem=delivery.problem,
        )


@router.post("/subscriptions", status_code=201, **does("subscribe"))
async def subscribe(
    body: SubscribeBody, work: WorkDep, response: Response, allows_private: AllowsPrivate
) -> SecretView:
    if not work.actor.organisation:
        raise NoOrganisation
    command = Subscribe(
        partner=work.actor.organisation, url=body.url, types=tuple(body.types), allow_private=allows_private
    )
    subscription = await handlers.subscribe(command, work)
    set_etag(response, subscription.version)
    return SecretView.model_validate(subscription)


@router.get("/subscriptions", **does("read_subscriptions"))
async def read_subscriptions(work: WorkDep, paging: PagingDep) -> Page[SubscriptionView]:
    after = paging.after(UUID)
    rows = await views.subscriptions(work.session, work.actor, after=after[0] if after else None, limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.id,), view=SubscriptionView.model_validate)


@router.get("/subscriptions/{subscription_id}", **does("read_subscriptions"))
async def read_subscription(subscription_id: UUID, work: WorkDep, response: Response) -> SubscriptionView:
    subscription = await _readable(subscription_id, work)
    set_etag(response, subscription.version)
    return SubscriptionView.model_validate(subscription)


@router.delete("/subscriptions/{subscription_id}", status_code=204, **does("cancel_subscription"))
async def cancel_subscription(subscription_id: UUID, version: IfMatch, work: WorkDep) -> None:
    await handlers.cancel(CancelSubscription(subscription_id=subscription_id, version=version), work)


@router.post("/subscriptions/{subscription_id}/rotate-secret", **does("rotate_secret"))
async def rotate_secret(subscription_id: UUID, work: WorkDep, response: Response) -> SecretView:
    subscription = await handlers.rotate_secret(RotateSecret(subscription_id=subscription_id), work)
    await work.flush()
    set_etag(response, subscription.version)
    return SecretView.model_validate(subscription)


@router.get("/subscriptions/{subscription_id}/deliveries", **does("read_subscriptions"))
async def read_deliveries(
    subscription_id: UUID, work: WorkDep, paging: PagingDep, state: DeliveryState | None = None
) -> Page[DeliveryView]:
    await _readable(subscription_id, work)
    after = paging.after(UUID)
    rows = await views.deliveries(
        work.session, subscription_id, state=state, after=after[0] if after else None, limit=paging.fetch
    )
    return paging.page(rows, key=lambda row: (row.id,), view=DeliveryView.of)


@router.post("/deliveries/{delivery_id}/retry", **does("retry_delivery"))
async def retry_delivery(delivery_id: UUID, work: WorkDep, response: Response) -> DeliveryView:
    delivery = await handlers.retry(RetryDelivery(delivery_id=delivery_id), work)
    await work.flush()
    set_etag(response, delivery.version)
    return DeliveryView.of(delivery)


async def _readable(subscription_id: UUID, work: Work) -> Subscription:
    """Staff read all, a partner its own; others' are not told from those that don't exist."""
    found = await views.subscription(work.session, subscription_id)
    if found is None:
        raise SubscriptionUnknown
    if not PERMISSIONS.decide(work.actor, "read_subscriptions", handlers.how_it_stands_to(found, work.actor)):
        raise SubscriptionUnknown
    return found
