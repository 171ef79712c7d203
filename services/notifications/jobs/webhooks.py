"""Delivers webhooks: a courier for each subscription with something due, so that a dead endpoint delays no other."""

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog
from sqlmodel import col, select

from services.notifications import repository
from services.notifications.domain import webhooks
from services.notifications.domain.retries import COMPRESSED_PAUSES, WEBHOOK_PAUSES, next_attempt
from services.notifications.domain.webhooks import DeliveryState, SubscriptionState, Verdict
from services.notifications.endpoints import TIMEOUT_SECONDS, Answer, Endpoint, Message
from services.notifications.handlers.subscriptions import close
from services.notifications.jobs.outages import through_outages
from services.notifications.models import Delivery, Subscription
from services.notifications.signals import DELIVERY_QUEUED
from shared import clock
from shared.events.notifications import SubscriptionCancelled, WebhookDelivered, WebhookFailed
from shared.settings import Settings
from shared.work import Work, Works

log = structlog.get_logger(__name__)

AT_ONCE = 8
"""Requests that one courier makes to its endpoint at a time; their order is not promised."""

LEASE = timedelta(seconds=TIMEOUT_SECONDS + 15)


async def deliver_webhooks(works: Works, settings: Settings) -> None:
    """Keep a courier running for each subscription with something due."""
    couriers: dict[UUID, asyncio.Task[None]] = {}
    try:
        while True:
            for subscription_id in [each for each, task in couriers.items() if task.done()]:
                if fault := couriers.pop(subscription_id).exception():
                    log.error("courier_stopped", subscription_id=str(subscription_id), error=type(fault).__name__)
            for subscription_id in await _due(works):
                if subscription_id not in couriers:
                    couriers[subscription_id] = asyncio.create_task(_courier(subscription_id, works, settings))
            await DELIVERY_QUEUED.wait()
    finally:
        for task in couriers.values():
            task.cancel()
        await asyncio.gather(*couriers.values(), return_exceptions=True)


async def _due(works: Works) -> list[UUID]:
    async with works.begin(read_only=True) as work:
        query = (
            select(Delivery.subscription_id)
            .where(
                Delivery.state == DeliveryState.QUEUED,
                col(Delivery.next_attempt_at) <= work.now,
                repository.free(Delivery, work.now),
            )
            .distinct()
        )
        return list((await work.session.exec(query)).all())


async def _courier(subscription_id: UUID, works: Works, settings: Settings) -> None:
    """Deliver what is due to one endpoint, some at a time, until nothing is."""
    endpoint: Endpoint | None = None
    try:
        while True:
            url, messages = await _claim(subscription_id, works)
            if not messages:
                return
            endpoint = endpoint or Endpoint(url, allow_private=settings.webhooks_allow_private)
            async with asyncio.TaskGroup() as together:
                for delivery_id, message in messages:
                    together.create_task(_deliver(endpoint, delivery_id, message, works, settings))
    finally:
        if endpoint is not None:
            await endpoint.__aexit__()


async def _claim(subscription_id: UUID, works: Works) -> tuple[str, list[tuple[UUID, Message]]]:
    async with works.begin() as work:
        subscription = await work.session.get(Subscription, subscription_id)
        if subscription is None or subscription.state != SubscriptionState.ACTIVE:
            return "", []
        claimed = await repository.claim_deliveries(
            work.session, subscription_id, now=work.now, limit=AT_ONCE, lease=LEASE
        )
        secrets = webhooks.signing_secrets(
            subscription.secret, subscription.old_secret, subscription.old_secret_until, now=work.now
        )
        return subscription.url, [
            (each.id, Message(id=webhooks.message_id(each.id), payload=each.payload, secrets=secrets))
            for each in claimed
        ]


async def _deliver(endpoint: Endpoint, delivery_id: UUID, message: Message, works: Works, settings: Settings) -> None:
    answer = await endpoint.send(message, now=clock.now())
    await through_outages(lambda: _record(delivery_id, answer, works, settings), works)


async def _record(delivery_id: UUID, answer: Answer, works: Works, settings: Settings) -> None:
    verdict = Verdict.TRY_AGAIN if answer.status is None else webhooks.judge(answer.status)
    async with works.begin() as work:
        subscription = None
        if verdict is Verdict.GONE:
            # Before the delivery, as whoever cancels locks them in this order too.
            subscription = await _subscription_of(delivery_id, work)
        delivery: Delivery | None = await repository.locked(work.session, Delivery, delivery_id)
        if delivery is None or delivery.state != DeliveryState.QUEUED:
            return
        await repository.continue_from(work, delivery.about_event_id)
        delivery.claimed_until = None
        delivery.last_status = answer.status
        delivery.problem = answer.problem
        match verdict:
            case Verdict.DELIVERED:
                _delivered(delivery, work)
            case Verdict.TRY_AGAIN:
                _failed(delivery, answer, work, settings)
            case Verdict.GONE:
                _given_up(delivery, work)
                await _disable(subscription, work)


def _delivered(delivery: Delivery, work: Work) -> None:
    delivery.state = DeliveryState.DELIVERED
    delivery.delivered_at = work.now
    work.publish(
        WebhookDelivered(
            delivery_id=delivery.id,
            subscription_id=delivery.subscription_id,
            about_event_id=delivery.about_event_id,
            attempts=delivery.attempts,
            delivered_at=work.now,
        )
    )


def _failed(delivery: Delivery, answer: Answer, work: Work, settings: Settings) -> None:
    again = next_attempt(
        attempts=delivery.attempts,
        now=work.now,
        pauses=COMPRESSED_PAUSES if settings.compressed_schedule else WEBHOOK_PAUSES,
        asked_seconds=answer.retry_after,
    )
    if again is None:
        _given_up(delivery, work)
    else:
        delivery.next_attempt_at = again


def _given_up(delivery: Delivery, work: Work) -> None:
    delivery.state = DeliveryState.FAILED
    work.publish(
        WebhookFailed(
            delivery_id=delivery.id,
            subscription_id=delivery.subscription_id,
            about_event_id=delivery.about_event_id,
            attempts=delivery.attempts,
        )
    )


async def _disable(subscription: Subscription | None, work: Work) -> None:
    """410: nobody listens there any more, so nothing more is sent."""
    if subscription is None or subscription.state != SubscriptionState.ACTIVE:
        return
    close(subscription, SubscriptionState.DISABLED)
    await work.session.flush()
    await repository.cancel_waiting_deliveries(work.session, subscription.id)
    work.publish(SubscriptionCancelled(subscription_id=subscription.id, partner=subscription.partner))
    log.info("subscription_disabled", subscription_id=str(subscription.id))


async def _subscription_of(delivery_id: UUID, work: Work) -> Subscription | None:
    delivery = await work.session.get(Delivery, delivery_id)
    if delivery is None:
        return None
    found: Subscription | None = await repository.locked(work.session, Subscription, delivery.subscription_id)
    return found
