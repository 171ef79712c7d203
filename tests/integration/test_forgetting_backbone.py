"""A tombstone waits behind nothing that it erases, is told twice, and Kafka then compacts its record away."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from infra.topics import FORGETS_SOON, Topic, ensure_topics
from shared.database import new_id
from shared.events import FORGETTABLES, Envelope, Person
from shared.events.erasures import PersonErased
from shared.events.forgettable import PEOPLE_TOPIC
from shared.messaging import Outcome
from shared.messaging.batching import Batches
from shared.personal.repeating import tell_again, tell_tombstones_again
from shared.work import Work
from tests.support.backbone import Rig, rig, running, until
from tests.support.canaries import seen_in_topics
from tests.support.notifications import LEAD, Record, Service, notifications, person, record_of
from tests.support.stack import Backbone

CANARY = "canari-zq7"


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    async with notifications(backbone) as made:
        yield made


def said(record: Person | None, key: str) -> Record:
    """people.v1 as it is sent: a person, or a tombstone."""
    envelope = Envelope(
        id=new_id(),
        source="/services/applications",
        type=Person.TYPE,
        subject=key,
        time=datetime.now(UTC),
        key=key,
        sequence=1,
        correlation_id=str(uuid4()),
        causation_id=None,
        actor="system:test",
        value=record.to_bytes() if record else None,
        topic=PEOPLE_TOPIC,
    )
    return record_of(envelope)


async def fault(record: Any, work: Work) -> None:
    raise LookupError(f"can't bear {record!r}")


async def parked(service: Service, patch: pytest.MonkeyPatch) -> Record:
    """A person's record that could not be handled."""
    record = said(person(name=CANARY), str(LEAD))
    with patch.context() as bug:
        bug.setitem(service.handling.listener.functions, PEOPLE_TOPIC, fault)
        assert await service.handling.handle(record) is Outcome.PARKED
    return record


async def in_quarantine(service: Service) -> list[tuple[str | None, bytes | None]]:
    rows = await service.rows("SELECT reason, value FROM quarantine ORDER BY id")
    return [(row.reason, row.value) for row in rows]


async def test_a_tombstone_overtakes_the_record_in_quarantine_that_it_erases(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = await parked(service, monkeypatch)

    outcome = await service.handling.handle(said(None, str(LEAD)))

    assert outcome is Outcome.HANDLED
    assert await in_quarantine(service) == [("superseded", None)]
    (told,) = await service.told(PersonErased.TYPE)
    assert told["erased"] == {"quarantine": 1}
    assert await service.handling.handle(record) is Outcome.DUPLICATE
    assert await service.rows("SELECT id FROM contact") == []


async def test_it_overtakes_in_a_batch_too_and_what_comes_after_it_holds(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await parked(service, monkeypatch)
    other = uuid4()
    records = [said(None, str(LEAD)), said(person(person_id=other), str(other))]

    done = [len(batch) async for batch in Batches(service.handling).handle(records, wanted=lambda _: True)]

    assert sum(done) == 2
    assert await in_quarantine(service) == [("superseded", None)]
    assert [row.id for row in await service.rows("SELECT id FROM contact")] == [other]


async def test_a_tombstone_that_failed_itself_is_waited_for(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as bug:
        bug.setitem(service.handling.listener.functions, PEOPLE_TOPIC, fault)
        assert await service.handling.handle(said(None, str(LEAD))) is Outcome.PARKED

    assert await service.handling.handle(said(None, str(LEAD))) is Outcome.SET_ASIDE
    assert await service.told(PersonErased.TYPE) == []


# The outbox.


@pytest.fixture
async def made(backbone: Backbone) -> AsyncIterator[Rig]:
    async with rig(backbone) as found:
        yield found


def of(key: str) -> Person:
    return person(person_id=UUID(key), name=CANARY)


async def waiting(made: Rig) -> list[bool]:
    """Of each forgettable row of the outbox, whether it is a tombstone."""
    async with made.works.engine.connect() as connection:
        rows = await connection.execute(text("SELECT value IS NULL AS gone FROM outbox_pending ORDER BY position"))
        return [row.gone for row in rows]


async def test_a_record_that_is_parked_in_the_outbox_goes_and_its_tombstone_is_free(made: Rig) -> None:
    key, other = str(uuid4()), str(uuid4())
    async with made.works.begin() as work:
        work.remember(of(key))
        work.remember(of(other))
    async with made.works.begin() as work:
        await (await work.session.connection()).execute(
            text(
                "INSERT INTO outbox_parked (topic, key, position, error) "
                "SELECT topic, key, position, 'too large' FROM outbox_pending WHERE key = :key"
            ),
            {"key": key},
        )

    async with made.works.begin() as work:
        work.forget(Person, key=key)

    assert await waiting(made) == [False, True]
    assert await made.scalar("SELECT count(*) FROM outbox_parked") == 0


async def test_a_tombstone_is_told_twice_and_no_more(made: Rig) -> None:
    async with made.works.begin() as work:
        work.forget(Person, key=str(uuid4()))

    async with made.works.begin() as work:
        early = await tell_again(work)
    async with made.works.begin() as work:
        due = await tell_again(work, after_seconds=-1)
    async with made.works.begin() as work:
        again = await tell_again(work, after_seconds=-1)

    assert (early, due, again) == (0, 1, 0)
    assert await waiting(made) == [True, True]


async def test_kafka_lets_go_of_a_record_once_its_tombstone_was_told_twice(
    backbone: Backbone, made: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a topic where nothing else is said: nobody else's record closes the segment that the tombstone is in."""
    topic = f"people.test.{uuid4().hex[:8]}"
    quick = FORGETS_SOON | {"segment.ms": "500", "max.compaction.lag.ms": "500"}
    await ensure_topics(backbone.kafka, wanted=[Topic(topic, quick, 1)])
    monkeypatch.setattr(Person, "TOPIC", topic)
    monkeypatch.setitem(FORGETTABLES, topic, Person)
    key = str(uuid4())

    async def seen() -> bool:
        return bool(await seen_in_topics(backbone.kafka, [topic], [CANARY]))

    async def gone() -> bool:
        return not await seen()

    async with running(made.relay().run()):
        async with made.works.begin() as work:
            work.remember(of(key))
        await until(seen, what="the record to reach Kafka")
        async with made.works.begin() as work:
            work.forget(Person, key=key)
        async with running(tell_tombstones_again(made.works, after_seconds=1.0, every_seconds=0.2)):
            await until(gone, seconds=60, what="the record's end")
