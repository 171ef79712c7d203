"""Queue a delivery to each subscription that wants an event of its own partner's challenge."""

from services.notifications import repository
from services.notifications.domain import webhooks
from services.notifications.domain.journal import readable
from services.notifications.domain.webhooks import DeliveryState
from services.notifications.signals import DELIVERY_QUEUED
from shared.events import Envelope
from shared.work import Work


async def tell_partner(cause: Envelope, work: Work) -> None:
    """The partner is the one that the event names; an event that names none is told to nobody."""
    if cause.type not in webhooks.TYPES:
        return
    data = readable(cause.value) or {}
    subscriptions = await repository.subscriptions_to(work.session, partner=data.get("partner", ""), type_=cause.type)
    if not subscriptions:
        return
    payload = webhooks.payload(type_=cause.type, happened_at=cause.time, data=data)
    for subscription in subscriptions:
        await repository.add_delivery(
            work.session,
            {
                "subscription_id": subscription.id,
                "about_event_id": cause.id,
                "type": cause.type,
                "payload": payload,
                "state": DeliveryState.QUEUED,
                "attempts": 0,
                "created_at": work.now,
                "next_attempt_at": work.now,
            },
        )
    DELIVERY_QUEUED.send_after_commit(work)
