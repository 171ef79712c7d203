"""Reads of mails, subscriptions and deliveries, each narrowed to what the reader may see."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, false, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.domain.mail import MailState
from services.notifications.domain.webhooks import DeliveryState, SubscriptionState
from services.notifications.models import Delivery, Mail, Subscription
from shared.identity import Actor


async def mails(
    session: AsyncSession,
    *,
    state: MailState | None,
    template: str | None,
    person: UUID | None,
    about: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Mail]:
    query = select(Mail)
    for column, wanted in (
        (col(Mail.state), state),
        (col(Mail.template), template),
        (col(Mail.person_id), person),
        (col(Mail.about_event_id), about),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if after is not None:
        query = query.where(col(Mail.id) > after)
    return (await session.exec(query.order_by(col(Mail.id)).limit(limit))).all()


async def mail(session: AsyncSession, mail_id: UUID) -> Mail | None:
    return await session.get(Mail, mail_id)


async def subscriptions(
    session: AsyncSession, actor: Actor, *, after: UUID | None, limit: int
) -> Sequence[Subscription]:
    query = select(Subscription).where(Subscription.state != SubscriptionState.CANCELLED)
    if not actor.holds("staff"):
        own = col(Subscription.partner) == actor.organisation if actor.organisation else false()
        query = query.where(own)
    if after is not None:
        query = query.where(col(Subscription.id) > after)
    return (await session.exec(query.order_by(col(Subscription.id)).limit(limit))).all()


async def subscription(session: AsyncSession, subscription_id: UUID) -> Subscription | None:
    found = await session.get(Subscription, subscription_id)
    return None if found is None or found.state == SubscriptionState.CANCELLED else found


async def deliveries(
    session: AsyncSession, subscription_id: UUID, *, state: DeliveryState | None, after: UUID | None, limit: int
) -> Sequence[Delivery]:
    query = select(Delivery).where(Delivery.subscription_id == subscription_id)
    if state is not None:
        query = query.where(Delivery.state == state)
    if after is not None:
        query = query.where(col(Delivery.id) > after)
    return (await session.exec(query.order_by(col(Delivery.id)).limit(limit))).all()


async def counted(
    session: AsyncSession, table: type[Mail | Delivery | Subscription], states: type[StrEnum]
) -> dict[str, int]:
    """How many there are in each state, those with none included."""
    rows = await session.exec(select(col(table.state), func.count()).group_by(col(table.state)))
    found = dict(rows.all())
    return {str(state): found.get(str(state), 0) for state in states}
