"""A transaction that stays open for long slows the relay little, and no event is skipped, not even its own."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.chaos.crew import leave, start
from tests.chaos.reading import records_of
from tests.chaos.wiring import Part
from tests.support.backbone import NoteWritten, Rig, rig, until
from tests.support.stack import Backbone

RATE = 500
TOGETHER = 10
"""Events of one transaction: a load that the test's own process can make beside what it measures."""

BURST = 3000
SUBJECTS = 50
SHORT_SECONDS, FREE_SECONDS, HELD_SECONDS = 5.0, 120.0, 600.0
DRAINED_WITHIN_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How a relay did under load."""

    committed: int
    published: int
    seconds: float
    burst_seconds: float
    records: int = 0
    """In the topic at last: each event of the log, none skipped, none swapped."""

    @property
    def kept_up(self) -> float:
        """The share of what was committed that was in Kafka when the load ended."""
        return self.published / self.committed

    @property
    def burst_rate(self) -> float:
        return BURST / self.burst_seconds

    def __str__(self) -> str:
        return (
            f"{self.committed / self.seconds:.0f} committed/s, {self.published / self.seconds:.0f} published/s; "
            f"a burst of {BURST}: {self.burst_rate:.0f}/s; {self.records} records in the end, none skipped"
        )


class Held:
    """The transactions that are held open, and the subject that one of them has written an event of."""

    def __init__(self, service: Rig) -> None:
        self.service = service
        self.subject = uuid4()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Has an event in the outbox that nobody sees until it commits, at the end of the block."""
        await self.service.note(self.subject, "before")
        async with self.service.works.begin() as work:
            work.publish(NoteWritten(subject_id=self.subject, text="held"))
            await work.flush()
            yield

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Only keeps its view of the past, so that nothing deleted since can be swept away."""
        connection = await asyncpg.connect(self.service.dsn)
        try:
            async with connection.transaction(isolation="repeatable_read"):
                await connection.fetchval("SELECT count(*) FROM outbox_pending")
                yield
        finally:
            await connection.close()

    def open(self, name: str) -> AbstractAsyncContextManager[None]:
        return self.writing() if name == "writing" else self.looking()


@pytest.fixture
def say(pytestconfig: pytest.Config):
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n{text}", end="", flush=True)

    return say


@pytest.mark.alone
async def test_a_transaction_held_open_for_seconds(backbone: Backbone, say, tmp_path: Path) -> None:
    free = await measured(backbone, tmp_path, seconds=SHORT_SECONDS)
    writing = await measured(backbone, tmp_path, "writing", seconds=SHORT_SECONDS)
    looking = await measured(backbone, tmp_path, "looking", seconds=SHORT_SECONDS)
    say(f"nothing held: {free}\nheld, having written: {writing}\nheld, looking only: {looking}")

    assert writing.kept_up > 0.8 * free.kept_up
    assert looking.kept_up > 0.8 * free.kept_up


@pytest.mark.alone
async def test_transactions_held_open_for_ten_minutes(
    backbone: Backbone, say, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    if not pytestconfig.getoption("--held"):
        pytest.skip("takes a quarter of an hour: --held")
    free = await measured(backbone, tmp_path, seconds=FREE_SECONDS)
    both = await measured(backbone, tmp_path, "writing", "looking", seconds=HELD_SECONDS)
    say(f"nothing held: {free}\nboth held: {both}")

    assert both.kept_up > 0.8 * free.kept_up
    # Much more than the load, so that it shows what is left to spare; a second or less is measured, hence roughly.
    assert both.burst_rate > 0.6 * free.burst_rate


async def measured(backbone: Backbone, folder: Path, *holds: str, seconds: float) -> Measured:
    """The relay in a process of its own, under a steady load and then a burst, while transactions are held open."""
    async with rig(backbone) as service:
        held = Held(service)
        part = Part(
            seat="relay",
            role="relay",
            service=service.name,
            database_url=service.works.engine.url.render_as_string(hide_password=False),
            kafka=service.kafka,
            topics={service.name: service.topic},
            log=folder / f"relay-{service.name}.log",
        )
        process = start(part)
        try:
            async with contextlib.AsyncExitStack() as stack:
                # The one that will not commit is opened last and so ended first; only then does the other commit.
                for name in holds:
                    await stack.enter_async_context(held.open(name))
                result = await _load(service, seconds)
                if "writing" in holds:
                    assert texts(await records_of(service.kafka, service.topic), held.subject) == ["before"]
            await service.note(held.subject, "after")
            await until(lambda: drained(service), seconds=DRAINED_WITHIN_SECONDS, what="an empty outbox")
        finally:
            await leave(process)
        records = await _nothing_was_skipped(service)
        expected = ["before", "held", "after"] if "writing" in holds else ["after"]
        assert texts(await records_of(service.kafka, service.topic), held.subject) == expected
        return replace(result, records=records)


async def _load(service: Rig, seconds: float) -> Measured:
    dice = random.Random(1)
    subjects = [UUID(int=dice.getrandbits(128), version=4) for _ in range(SUBJECTS)]
    await service.note(subjects[0], "first")
    await until(lambda: arrived(service, 1), seconds=60, what="the first event in Kafka")
    before = await records_in(service)
    began, committed = time.monotonic(), 0
    while (now := time.monotonic() - began) < seconds:
        if committed > now * RATE:
            await asyncio.sleep(0.005)
            continue
        await service.note(dice.choice(subjects), *(str(number) for number in range(TOGETHER)))
        committed += TOGETHER
    published = await records_in(service) - before
    elapsed = time.monotonic() - began
    await until(lambda: drained(service), seconds=DRAINED_WITHIN_SECONDS, what="an outbox empty but for what is held")
    bursts = [await _burst(service, subjects) for _ in range(3)]
    return Measured(committed=committed, published=published, seconds=elapsed, burst_seconds=min(bursts))


async def _burst(service: Rig, subjects: list[UUID]) -> float:
    """How long the relay takes for many events that appear at once."""
    async with service.works.begin() as work:
        for number in range(BURST):
            work.publish(NoteWritten(subject_id=subjects[number % SUBJECTS], text="burst"))
        await work.flush()
    began = time.monotonic()
    await until(lambda: drained(service), seconds=DRAINED_WITHIN_SECONDS, what="the burst in Kafka")
    return time.monotonic() - began


async def _nothing_was_skipped(service: Rig) -> int:
    """The topic is the log, each subject in its order; returns how many records that are."""
    async with service.works.engine.connect() as connection:
        rows = await connection.exec_driver_sql("SELECT event_id, subject, sequence, value FROM event_log")
        logged = {str(row.event_id): (row.subject, row.sequence, row.value) for row in rows}
    records = await records_of(service.kafka, service.topic)

    assert {record.event_id: (record.key, record.sequence, record.value) for record in records} == logged
    last: dict[str, int] = {}
    seen: set[str | None] = set()
    for record in sorted(records, key=lambda record: (record.partition, record.offset)):
        if record.event_id not in seen:
            assert record.sequence == last.get(record.key, 0) + 1
            last[record.key] = record.sequence
            seen.add(record.event_id)
    return len(records)


def texts(records: list, subject: UUID) -> list[str]:
    ours = sorted((r for r in records if r.key == str(subject)), key=lambda record: record.offset)
    return [NoteWritten.from_bytes(record.value).text for record in ours]


async def drained(service: Rig) -> bool:
    return bool(await service.scalar("SELECT count(*) FROM outbox_pending") == 0)


async def arrived(service: Rig, count: int) -> bool:
    return await records_in(service) >= count


async def records_in(service: Rig) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=service.kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        ends = await consumer.end_offsets([TopicPartition(service.topic, number) for number in range(12)])
        return sum(ends.values())
    finally:
        await consumer.stop()
