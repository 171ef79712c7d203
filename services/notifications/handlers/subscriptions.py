"""A partner subscribes, rotates its secret, cancels; and asks for a delivery once more."""

from uuid import UUID

from services.notifications import repository
from services.notifications.commands import CancelSubscription, RetryDelivery, RotateSecret, Subscribe
from services.notifications.domain import webhooks
from services.notifications.domain.addresses import check_url
from services.notifications.domain.webhooks import (
    DeliveryQueuedAlready,
    DeliveryState,
    DeliveryUnknown,
    SubscriptionNotActive,
    SubscriptionState,
    SubscriptionUnknown,
    TooManySubscriptions,
)
from services.notifications.models import Delivery, Subscription
from services.notifications.permissions import PERMISSIONS
from services.notifications.signals import DELIVERY_QUEUED
from shared.errors import StaleVersion
from shared.events.notifications import SubscriptionCancelled, SubscriptionCreated
from shared.identity import Actor, Resource
from shared.work import Work


def how_it_stands_to(subscription: Subscription, actor: Actor) -> Resource:
    own = actor.organisation is not None and actor.organisation == subscription.partner
    return Resource({"own"} if own else ())


async def subscribe(command: Subscribe, work: Work) -> Subscription:
    """Tell a partner's endpoint of these types from now on."""
    types = webhooks.check_types(command.types)
    check_url(command.url, allow_private=command.allow_private)
    if await repository.count_subscriptions(work.session, command.partner) >= webhooks.MOST_SUBSCRIPTIONS:
        raise TooManySubscriptions

    subscription = Subscription(
        partner=command.partner,
        url=command.url,
        types=list(types),
        state=SubscriptionState.ACTIVE,
        secret=webhooks.new_secret(),
        created_at=work.now,
    )
    work.session.add(subscription)

    work.publish(
        SubscriptionCreated(subscription_id=subscription.id, partner=subscription.partner, types=subscription.types)
    )
    return subscription


async def rotate_secret(command: RotateSecret, work: Work) -> Subscription:
    """Sign with a new secret; the one before signs too for a day, so that the receiver can change at leisure."""
    subscription = await _own(command.subscription_id, "rotate_secret", work)
    if subscription.state != SubscriptionState.ACTIVE:
        raise SubscriptionNotActive

    subscription.old_secret = subscription.secret
    subscription.old_secret_until = work.now + webhooks.OLD_SECRET_SIGNS_FOR
    subscription.secret = webhooks.new_secret()
    return subscription


async def cancel(command: CancelSubscription, work: Work) -> None:
    """Tell the endpoint nothing more; what waited is not sent."""
    subscription = await _own(command.subscription_id, "cancel_subscription", work)
    if subscription.version != command.version:
        raise StaleVersion

    was_active = subscription.state == SubscriptionState.ACTIVE
    close(subscription, SubscriptionState.CANCELLED)
    await repository.cancel_waiting_deliveries(work.session, subscription.id)

    if was_active:
        work.publish(SubscriptionCancelled(subscription_id=subscription.id, partner=subscription.partner))


async def retry(command: RetryDelivery, work: Work) -> Delivery:
    """Begin the schedule of attempts anew, with the same message id."""
    delivery: Delivery | None = await work.session.get(Delivery, command.delivery_id)
    if delivery is None:
        raise DeliveryUnknown
    try:
        subscription = await _own(delivery.subscription_id, "retry_delivery", work)
    except SubscriptionUnknown:
        raise DeliveryUnknown from None
    if subscription.state != SubscriptionState.ACTIVE:
        raise SubscriptionNotActive
    delivery = await repository.locked(work.session, Delivery, command.delivery_id)
    await work.session.refresh(delivery)
    if delivery.state == DeliveryState.QUEUED:
        raise DeliveryQueuedAlready(delivery.next_attempt_at)

    delivery.state = DeliveryState.QUEUED
    delivery.attempts = 0
    delivery.next_attempt_at = work.now
    delivery.claimed_until = None
    delivery.delivered_at = None
    DELIVERY_QUEUED.send_after_commit(work)
    return delivery


def close(subscription: Subscription, state: SubscriptionState) -> None:
    """A subscription that ends keeps no secret."""
    subscription.state = state
    subscription.secret = ""
    subscription.old_secret = None
    subscription.old_secret_until = None


async def _own(subscription_id: UUID, action: str, work: Work) -> Subscription:
    """The actor's own subscription, locked; others' are not told from those that don't exist."""
    found: Subscription | None = await repository.locked(work.session, Subscription, subscription_id)
    if found is None or found.state == SubscriptionState.CANCELLED:
        raise SubscriptionUnknown
    if not PERMISSIONS.decide(work.actor, action, how_it_stands_to(found, work.actor)):
        raise SubscriptionUnknown
    return found
