"""Writes: rows found for a change, rows put in once, and claims of what is due."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.domain.mail import TO_BE_SENT, MailState
from services.notifications.domain.webhooks import DeliveryState, SubscriptionState
from services.notifications.models import (
    Contact,
    Delivery,
    Entry,
    FileMember,
    Mail,
    Milestone,
    Progress,
    Subscription,
    Table,
)
from shared.database import new_id
from shared.events import Envelope
from shared.work import Work


class Recorded(Protocol):
    """A row of the event log, as far as it tells of the event itself."""

    event_id: UUID
    topic: str
    partition: int
    record_offset: int
    source: str
    type: str
    subject: str
    key: str
    sequence: int
    happened_at: datetime
    correlation_id: str
    causation_id: str | None
    actor: str
    traceparent: str | None
    value: bytes | None


WRITER = text("SELECT pg_advisory_xact_lock(hashtext('datacity-entry'))")

# Its own statement, after the lock: its snapshot then holds all that was committed under the lock before.
APPEND = text(
    """
    INSERT INTO entry (position, event_id, topic, partition, record_offset, source, type, subject, key, sequence,
                       happened_at, correlation_id, causation_id, actor, traceparent, value, data, file, recorded_at)
    SELECT coalesce(max(position), 0) + 1, :event_id, :topic, :partition, :record_offset, :source, :type, :subject,
           :key, :sequence, :happened_at, :correlation_id, :causation_id, :actor, :traceparent, :value,
           CAST(:data AS jsonb), :file, clock_timestamp()
    FROM entry
    """
)


async def append_entry(session: AsyncSession, envelope: Envelope, *, data: str | None, file: UUID | None) -> None:
    """Append an event at the next position; until this transaction ends, nobody else appends."""
    connection = await session.connection()
    await connection.execute(WRITER)
    await connection.execute(
        APPEND,
        {
            "event_id": envelope.id,
            "topic": envelope.topic,
            "partition": envelope.partition,
            "record_offset": envelope.offset,
            "source": envelope.source,
            "type": envelope.type,
            "subject": envelope.subject,
            "key": envelope.key,
            "sequence": envelope.sequence,
            "happened_at": envelope.time,
            "correlation_id": envelope.correlation_id,
            "causation_id": envelope.causation_id,
            "actor": envelope.actor,
            "traceparent": envelope.traceparent,
            "value": envelope.value,
            "data": data,
            "file": file,
        },
    )


async def file_of_event(session: AsyncSession, event_id: UUID) -> UUID | None:
    return (await session.exec(select(Entry.file).where(Entry.event_id == event_id))).first()


async def envelope_of_event(session: AsyncSession, event_id: UUID) -> Envelope | None:
    """The recorded event as the cause of what is told about it."""
    entry = (await session.exec(select(Entry).where(Entry.event_id == event_id))).first()
    return None if entry is None else envelope_of(entry)


def envelope_of(entry: Recorded) -> Envelope:
    """The event as it was published."""
    return Envelope(
        id=entry.event_id,
        source=entry.source,
        type=entry.type,
        subject=entry.subject,
        time=entry.happened_at,
        key=entry.key,
        sequence=entry.sequence,
        correlation_id=entry.correlation_id,
        causation_id=entry.causation_id,
        actor=entry.actor,
        traceparent=entry.traceparent,
        value=entry.value,
        topic=entry.topic,
        partition=entry.partition,
        offset=entry.record_offset,
    )


async def put(session: AsyncSession, table: type[Table], id_: UUID, **values: Any) -> None:
    """Insert the row, or bring the one of this id up to date."""
    changed = {**values, "version": col(table.version) + 1}
    await session.exec(
        insert(table).values(id=id_, version=1, **values).on_conflict_do_update(index_elements=["id"], set_=changed)
    )


async def add_members(session: AsyncSession, file_id: UUID, person_ids: Sequence[UUID]) -> None:
    rows = [{"file_id": file_id, "person_id": person_id} for person_id in dict.fromkeys(person_ids)]
    await (await session.connection()).execute(insert(FileMember).on_conflict_do_nothing(), rows)


async def add_mail(session: AsyncSession, mail: dict[str, Any]) -> bool:
    """False if this person was written to about this event already."""
    added = await session.exec(
        insert(Mail).values(id=new_id(), version=1, **mail).on_conflict_do_nothing().returning(col(Mail.id))
    )
    return added.first() is not None


async def add_delivery(session: AsyncSession, delivery: dict[str, Any]) -> bool:
    """False if this subscription has this event already."""
    added = await session.exec(
        insert(Delivery).values(id=new_id(), version=1, **delivery).on_conflict_do_nothing().returning(col(Delivery.id))
    )
    return added.first() is not None


async def subscriptions_to(session: AsyncSession, *, partner: str, type_: str) -> Sequence[Subscription]:
    """The active ones; locked against being cancelled while their delivery is written."""
    wanted = (
        select(Subscription)
        .where(
            Subscription.partner == partner,
            Subscription.state == SubscriptionState.ACTIVE,
            col(Subscription.types).contains([type_]),
        )
        .order_by(col(Subscription.id))
        .with_for_update(key_share=True)
    )
    return (await session.exec(wanted)).all()


async def locked(session: AsyncSession, table: type[Table], id_: UUID) -> Any:
    """The row, held until the transaction ends; None if there is none."""
    return (await session.exec(select(table).where(table.id == id_).with_for_update())).first()


async def cancel_waiting_deliveries(session: AsyncSession, subscription_id: UUID) -> None:
    await session.exec(
        update(Delivery)
        .where(col(Delivery.subscription_id) == subscription_id, col(Delivery.state) == DeliveryState.QUEUED)
        .values(state=DeliveryState.CANCELLED, claimed_until=None, version=col(Delivery.version) + 1)
    )


async def claim_mails(
    session: AsyncSession, *, now: datetime, limit: int, lease: timedelta, drafted_until: datetime
) -> list[tuple[Mail, Contact]]:
    """Mails that are due and whose person is known, oldest first; nobody else takes them until the lease ends.

    Of drafts those that were there by then.
    """
    due = (
        select(Mail, Contact)
        .join(Contact, col(Contact.id) == col(Mail.person_id))
        .where(
            col(Mail.state).in_(TO_BE_SENT),
            or_(~col(Mail.drafted), col(Mail.created_at) <= drafted_until),
            col(Mail.next_attempt_at) <= now,
            free(Mail, now),
        )
        .order_by(col(Mail.next_attempt_at), col(Mail.id))
        .limit(limit)
        .with_for_update(of=Mail, skip_locked=True)
    )
    claimed = [(mail, contact) for mail, contact in (await session.exec(due)).all()]
    for mail, contact in claimed:
        mail.state = MailState.QUEUED
        mail.claimed_until = now + lease
        mail.attempts += 1
        mail.address = contact.email
    return claimed


async def due_subscriptions(session: AsyncSession, *, now: datetime) -> Sequence[UUID]:
    """Those with a delivery that somebody should take."""
    query = (
        select(Delivery.subscription_id)
        .where(Delivery.state == DeliveryState.QUEUED, col(Delivery.next_attempt_at) <= now, free(Delivery, now))
        .distinct()
    )
    return (await session.exec(query)).all()


async def claim_deliveries(
    session: AsyncSession, subscription_id: UUID, *, now: datetime, limit: int, lease: timedelta
) -> Sequence[Delivery]:
    """Deliveries of one subscription that are due, oldest first; nobody else takes them until the lease ends."""
    due = (
        select(Delivery)
        .where(
            Delivery.subscription_id == subscription_id,
            Delivery.state == DeliveryState.QUEUED,
            col(Delivery.next_attempt_at) <= now,
            free(Delivery, now),
        )
        .order_by(col(Delivery.next_attempt_at), col(Delivery.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = (await session.exec(due)).all()
    for delivery in claimed:
        delivery.claimed_until = now + lease
        delivery.attempts += 1
    return claimed


def free(table: type[Mail | Delivery], now: datetime) -> Any:
    return or_(col(table.claimed_until).is_(None), col(table.claimed_until) <= now)


async def count_subscriptions(session: AsyncSession, partner: str) -> int:
    """How many the partner has; taken under a lock of the partner, so that two at once don't both fit."""
    await (await session.connection()).execute(
        text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"subscriptions/{partner}"}
    )
    counted = select(func.count()).where(
        Subscription.partner == partner, Subscription.state != SubscriptionState.CANCELLED
    )
    return (await session.exec(counted)).one()


async def continue_from(work: Work, event_id: UUID) -> None:
    """Let what this work tells be an effect of that event: its correlation, and it as the cause."""
    work.cause = await envelope_of_event(work.session, event_id)
    if work.cause is not None:
        work.correlation_id = work.cause.correlation_id
        work.traceparent = work.cause.traceparent


# Counts of how the programme goes on. Each is the same in whichever order events of different topics come.

COUNT = text(
    """
    INSERT INTO tally (what, challenge_id, quarter, count) VALUES (:what, :challenge_id, :quarter, 1)
    ON CONFLICT (what, challenge_id, quarter) DO UPDATE SET count = tally.count + 1
    """
)


async def count(session: AsyncSession, what: str, challenge_id: UUID, quarter: datetime) -> None:
    values = {"what": what, "challenge_id": challenge_id, "quarter": quarter}
    await (await session.connection()).execute(COUNT, values)


async def reach(session: AsyncSession, file_id: UUID, stage: str, at: datetime) -> None:
    """A file reached a stage; the first time counts."""
    column = Progress.__table__.c[stage]  # type: ignore[attr-defined]
    reached = insert(Progress).values(file_id=file_id, **{stage: at})
    first = func.least(func.coalesce(column, reached.excluded[stage]), reached.excluded[stage])
    await session.exec(reached.on_conflict_do_update(index_elements=["file_id"], set_={stage: first}))


async def promise(session: AsyncSession, milestone: Milestone) -> None:
    await session.exec(insert(Milestone).values(**milestone.model_dump()).on_conflict_do_nothing())


async def keep_promise(session: AsyncSession, milestone_id: UUID, *, approved_at: datetime) -> None:
    kept = update(Milestone).where(col(Milestone.milestone_id) == milestone_id, col(Milestone.approved_at).is_(None))
    await session.exec(kept.values(approved_at=approved_at))
