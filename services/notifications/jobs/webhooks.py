"""Delivers webhooks: a courier for each subscription with something due, so that a dead endpoint delays no other."""

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog

from services.notifications import repository
from services.notifications.domain import webhooks
from services.notifications.domain.retries import COMPRESSED_PAUSES, WEBHOOK_PAUSES, next_attempt
from services.notifications.domain.webhooks import DeliveryState, SubscriptionState, Verdict
from services.notifications.endpoints import TIMEOUT_SECONDS, Answer, Endpoint, Message
from services.notifications.handlers.subscriptions import close
from services.notifications.jobs.outages import through_outages, to_the_end
from services.notifications.models import Delivery, Subscription
from services.notifications.signals import DELIVERY_QUEUED
from shared import clock
from shared.events.notifications import SubscriptionCancelled, WebhookDelivered, WebhookFailed
from shared.settings import Settings
from shared.work import Work, Works

log = structlog.get_logger(__name__)

AT_ONCE = 8
"""Requests that one courier makes to its endpoint at a time; their order is not promised."""

MOST_CONNECTIONS = 6

LEASE = timedelta(seconds=TIMEOUT_SECONDS + 15)


async def deliver_webhooks(works: Works, settings: Settings) -> None:
    """Keep a courier running for each subscription with something due."""
    couriers = Couriers(works, settings)
    try:
        while True:
            couriers.collect()
            await couriers.send_out()
            await DELIVERY_QUEUED.wait()
    finally:
        await couriers.stop()


class Couriers:
    """Those on their way. They share a few database connections, so that the API and the consumer keep theirs."""

    def __init__(self, works: Works, settings: Settings) -> None:
        self.works = works
        self.settings = settings
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._connections = asyncio.Semaphore(MOST_CONNECTIONS)

    async def send_out(self) -> None:
        async with self.works.begin(read_only=True) as work:
            due = await repository.due_subscriptions(work.session, now=work.now)
        for subscription_id in due:
            if subscription_id not in self._tasks:
                self._tasks[subscription_id] = asyncio.create_task(self._courier(subscription_id))

    def collect(self) -> None:
        """Forget those who are back. What a courier that failed had claimed is due again when its lease ends."""
        for subscription_id in [each for each, task in self._tasks.items() if task.done()]:
            if fault := self._tasks.pop(subscription_id).exception():
                log.error("courier_stopped", subscription_id=str(subscription_id), exc_info=fault)

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _courier(self, subscription_id: UUID) -> None:
        """Deliver what is due to one endpoint, some at a time, until nothing is."""
        endpoint: Endpoint | None = None
        try:
            while True:
                async with self._connections:
                    url, messages = await self._claim(subscription_id)
                if not messages:
                    return
                endpoint = endpoint or Endpoint(url, allow_private=self.settings.webhooks_allow_private)
                async with asyncio.TaskGroup() as together:
                    for delivery_id, message in messages:
                        together.create_task(self._deliver(endpoint, delivery_id, message))
        finally:
            if endpoint is not None:
                await endpoint.close()

    async def _claim(self, subscription_id: UUID) -> tuple[str, list[tuple[UUID, Message]]]:
        async with self.works.begin() as work:
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

    async def _deliver(self, endpoint: Endpoint, delivery_id: UUID, message: Message) -> None:
        await to_the_end(self._send_and_record(endpoint, delivery_id, message))

    async def _send_and_record(self, endpoint: Endpoint, delivery_id: UUID, message: Message) -> None:
        answer = await endpoint.send(message, now=clock.now())
        async with self._connections:
            await through_outages(lambda: self._record(delivery_id, answer), self.works)

    async def _record(self, delivery_id: UUID, answer: Answer) -> None:
        verdict = Verdict.TRY_AGAIN if answer.status is None else webhooks.judge(answer.status)
        async with self.works.begin() as work:
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
                    _failed(delivery, answer, work, self.settings)
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
