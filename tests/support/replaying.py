"""A living service on topics and a database of its own, which can be replayed while it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from infra.provision import ServiceDatabase, plain
from infra.replay.offsets import standing
from infra.replay.outcome import Outcome
from infra.replay.reading import asking
from infra.replay.rebuilding import replay
from infra.replay.subjects import Subject, subject_of
from shared.database import make_engine, new_id
from shared.events import EVENT_TOPICS, FORGETTABLES, Envelope, Event, Forgettable, Forgotten, encode_headers
from shared.messaging import Consumer, Handling, Listener
from shared.work import Works
from tests.support.backbone import running, until
from tests.support.stack import Backbone


@dataclass
class Living:
    """The service with its worker's consumer, and those who tell it something."""

    subject: Subject
    kafka: str
    database: ServiceDatabase
    works: Works
    backbone: Backbone
    topics: dict[str, str]
    """Where what belongs into a topic is sent instead, so that no other test hears it."""
    producer: AIOKafkaProducer
    sent: list[UUID] = field(default_factory=list)
    sequences: dict[str, int] = field(default_factory=dict)

    async def tell(
        self,
        said: Event | Forgettable | Forgotten,
        *,
        at: datetime | None = None,
        cause: Envelope | None = None,
        value: bytes | None = None,
    ) -> Envelope:
        """Publish it as its publisher's relay would; with `value`, with other bytes than its own."""
        made = self._envelope(said, at=at or datetime.now(UTC), cause=cause, value=value)
        await self.send(made)
        self.sent.append(made.id)
        return made

    async def send(self, made: Envelope) -> None:
        await self.producer.send_and_wait(
            made.topic, value=made.value, key=made.key.encode(), headers=encode_headers(made.headers())
        )

    def _envelope(
        self, said: Event | Forgettable | Forgotten, *, at: datetime, cause: Envelope | None, value: bytes | None
    ) -> Envelope:
        publisher = type(said).__module__.split(".")[2] if isinstance(said, Event) else "applications"
        if isinstance(said, Event):
            topic, type_, subject, key = EVENT_TOPICS[publisher], said.TYPE, said.subject, said.key
        elif isinstance(said, Forgotten):
            topic, type_, subject, key = said.topic, FORGETTABLES[said.topic].TYPE, said.key, said.key
        else:
            topic, type_, subject, key = said.TOPIC, said.TYPE, said.key, said.key
        self.sequences[f"{publisher}/{subject}"] = self.sequences.get(f"{publisher}/{subject}", 0) + 1
        return Envelope(
            id=new_id(),
            source=f"/services/{publisher}",
            type=type_,
            subject=subject,
            time=at,
            key=key,
            sequence=self.sequences[f"{publisher}/{subject}"],
            correlation_id=str(cause.correlation_id if cause else uuid4()),
            causation_id=str(cause.id) if cause else None,
            actor=f"system:{publisher}",
            value=None if isinstance(said, Forgotten) else value or said.to_bytes(),
            topic=self.topics.get(topic, topic),
        )

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Its consumer runs, as in a worker."""
        handling = Handling(self.subject.listener, self.works, budget_seconds=0.2)
        async with running(Consumer(handling, kafka=self.kafka).run()):
            yield

    async def has_heard_all(self) -> None:
        """Wait until nothing that was sent is left, and that is committed."""

        async def done() -> bool:
            places = await standing(self.kafka, self.subject.group, self.subject.listener.topics)
            return all(place.behind == 0 for place in places)

        await until(done, seconds=60, what="all offsets committed")

    async def group(self) -> tuple[str, Any, Any]:
        """The live consumer group's state, who is in it with what it was given, and where it stands."""
        async with asking(self.kafka) as admin:
            described = await admin.describe_consumer_groups([self.subject.group])
        standing_now = await standing(self.kafka, self.subject.group, self.subject.listener.topics)
        (_, _, state, _, _, members) = described[0].groups[0]
        return state, members, standing_now

    async def replay(self, *, compare: bool = True, **options: Any) -> Outcome:
        """Into a database that is dropped afterwards, after a look into it for what must never leave it."""
        target = await self.empty_database()
        try:
            live = self.database.runtime_url if compare else None
            outcome = await replay(self.subject, kafka=self.kafka, into=target.runtime_url, live_url=live, **options)
            assert await rows(target, "SELECT * FROM outbox_pending") == []
            return outcome
        finally:
            await self.backbone.drop_database(target)

    async def empty_database(self) -> ServiceDatabase:
        return await self.backbone.migrated_database(self.subject.service)

    async def sql(self, statement: str, *values: Any) -> list[Any]:
        """As the owner, who may change what the service itself may not."""
        return await rows(self.database, statement, *values)


async def rows(database: ServiceDatabase, statement: str, *values: Any) -> list[Any]:
    connection = await asyncpg.connect(plain(database.owner_url))
    try:
        return list(await connection.fetch(statement, *values))
    finally:
        await connection.close()


@asynccontextmanager
async def living(service: str, backbone: Backbone) -> AsyncIterator[Living]:
    """The service as its `main` wires it, but for the names of its topics and of its group."""
    real = subject_of(service)
    topics = {topic: await backbone.topic(partitions=3) for topic in real.listener.topics}
    listener = Listener(service)
    listener.functions = {topics[topic]: function for topic, function in real.listener.functions.items()}
    listener.records = {topics[topic]: keeps for topic, keeps in real.listener.records.items()}
    group = f"{service}-{uuid4().hex[:8]}"
    database = await backbone.migrated_database(service)
    engine = make_engine(database.runtime_url, service=service)
    producer = AIOKafkaProducer(bootstrap_servers=backbone.kafka)
    await producer.start()
    with pytest.MonkeyPatch.context() as patch:
        for topic, record in list(FORGETTABLES.items()):
            if topic in topics:
                patch.setitem(FORGETTABLES, topics[topic], record)
        try:
            yield Living(
                subject=Subject(
                    service=service, listener=listener, derivation=real.derivation, topic=real.topic, group=group
                ),
                kafka=backbone.kafka,
                database=database,
                works=Works(engine, service=group, topic=real.topic),
                backbone=backbone,
                topics=topics,
                producer=producer,
            )
        finally:
            await producer.stop()
            await engine.dispose()
            await backbone.drop_database(database)
