"""A consumer that makes no progress is noticed, says so, is rebuilt and goes on; readiness tells which it is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from prometheus_client import REGISTRY

from shared.messaging import Consumer, consuming
from shared.messaging.watchdog import NotConnected, NotJoined, Stuck
from shared.work import Work
from tests.support.backbone import NoteWritten, Rig, rig, running, until
from tests.support.stack import Backbone


@pytest.fixture
async def service(backbone: Backbone) -> Any:
    async with rig(backbone) as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consuming, "STOP_SECONDS", 0.3)
    monkeypatch.setattr(consuming, "REVOKE_SECONDS", 0.3)
    monkeypatch.setattr(consuming, "RESTART_PAUSES", (0.1, 1.0))


def sample(name: str, service: Rig) -> float | None:
    return REGISTRY.get_sample_value(name, {"service": service.name})


async def at_least(service: Rig, count: int) -> bool:
    return await service.scalar("SELECT count(*) FROM effect") >= count


async def is_ready(consumer: Consumer) -> bool:
    return says(consumer) is None


def says(consumer: Consumer) -> type[Exception] | None:
    try:
        consumer.check()
    except (NotConnected, NotJoined, Stuck) as unready:
        return type(unready)
    return None


@dataclass
class Heard:
    """What readiness said, and the gauge beside it, each time that it was something else than before."""

    service: Rig
    said: list[type[Exception] | None] = field(default_factory=list)
    stuck: list[float | None] = field(default_factory=list)

    async def ends_with(self, what: type[Exception] | None) -> bool:
        return bool(self.said) and self.said[-1] is what

    async def listen(self, consumer: Consumer) -> None:
        while True:
            if not self.said or self.said[-1] is not says(consumer):
                self.said.append(says(consumer))
                self.stuck.append(sample("datacity_consumer_stuck", self.service))
            await asyncio.sleep(0.005)


def the_fetching_ends(consumer: Consumer) -> None:
    consumer._subscriber.consumer._fetcher._fetch_task.cancel()


def the_polling_ends(consumer: Consumer) -> None:
    consumer._subscriber.tasks[0].cancel()


def the_polling_ends_after_an_outage(consumer: Consumer) -> None:
    consumer.handling.waits_for_database = True  # as whoever noticed it left it
    the_polling_ends(consumer)


@pytest.mark.parametrize("break_it", [the_fetching_ends, the_polling_ends, the_polling_ends_after_an_outage])
async def test_a_consumer_that_nothing_reaches_any_more_is_rebuilt(
    service: Rig, break_it: Callable[[Consumer], None]
) -> None:
    subject = uuid4()
    consumer = Consumer(service.handling(), kafka=service.kafka, session_seconds=6, stuck_seconds=2)
    heard = Heard(service)
    with structlog.testing.capture_logs() as lines:
        async with running(consumer.run(), service.relay().run(), heard.listen(consumer)):
            await service.note(subject, "before")
            await until(lambda: at_least(service, 1), what="the first effect")
            break_it(consumer)
            await service.note(subject, "while it is stuck", "and more")
            await until(lambda: heard.ends_with(Stuck), seconds=40, what="a consumer that is stuck")
            await until(lambda: heard.ends_with(None), seconds=40, what="readiness")
            await service.note(subject, "after")
            await until(lambda: at_least(service, 4), what="the last effect")

    assert await service.told() == {str(subject): ["before", "while it is stuck", "and more", "after"]}
    assert heard.stuck[heard.said.index(Stuck)] == 1
    assert sample("datacity_consumer_stuck", service) == 0
    assert sample("datacity_consumer_restarts_total", service) == 1
    assert [line["service"] for line in lines if line["event"] == "consumer_stuck"] == [service.name]


async def test_a_consumer_whose_handler_can_not_be_ended_is_rebuilt_and_its_effect_comes_once(service: Rig) -> None:
    """It outlives its time limit and every cancellation, and comes to its end after it was given up."""
    subject, other = uuid4(), uuid4()
    ends, ended, caught = asyncio.Event(), asyncio.Event(), 0

    async def never_end(note: NoteWritten, _work: Work) -> None:
        nonlocal caught
        if note.text != "stubborn" or ended.is_set():
            return
        while not ends.is_set():
            try:
                await ends.wait()
            except asyncio.CancelledError:
                caught += 1
        ended.set()

    handling = service.handling(never_end, budget=60)
    handling.longest_seconds = 1.0
    await service.note(subject, "stubborn", "behind")
    async with running(service.relay().run()):
        await service.records(2)
    consumer = Consumer(handling, kafka=service.kafka, session_seconds=6, stuck_seconds=2)
    with structlog.testing.capture_logs() as lines:
        async with running(consumer.run()):
            await until(lambda: _restarted(service), seconds=40, what="a rebuilt consumer")
            ends.set()
            async with running(service.relay().run()):
                await service.note(other, "flows")
                await until(lambda: _told_of(service, str(other)), seconds=40, what="another key's effect")

    told = await service.told()
    assert told[str(other)] == ["flows"]
    assert told[str(subject)][:1] == ["stubborn"]
    assert len(told[str(subject)]) == len(set(told[str(subject)]))
    assert caught >= 2
    assert "a handler does not end" in {line.get("reason") for line in lines if line["event"] == "consumer_stuck"}


async def _restarted(service: Rig) -> bool:
    return bool(sample("datacity_consumer_restarts_total", service))


async def _told_of(service: Rig, subject: str) -> bool:
    return subject in await service.told()


async def test_a_handler_that_is_slow_but_moves_is_not_stuck(service: Rig) -> None:
    async def take_time(_note: NoteWritten, _work: Work) -> None:
        await asyncio.sleep(0.8)

    handling = service.handling(take_time, budget=60)
    handling.longest_seconds = 1.5
    await service.note(uuid4(), *(str(number) for number in range(5)))
    consumer = Consumer(handling, kafka=service.kafka, stuck_seconds=2.5)
    async with running(service.relay().run(), consumer.run()):
        await until(lambda: at_least(service, 5), seconds=40, what="every effect")

    assert sample("datacity_consumer_restarts_total", service) == 0


async def test_an_idle_consumer_is_ready_and_not_stuck(service: Rig) -> None:
    consumer = Consumer(service.handling(), kafka=service.kafka, stuck_seconds=1)
    loop = asyncio.get_running_loop()
    async with running(consumer.run()):
        await until(lambda: is_ready(consumer), what="readiness")
        began = loop.time()
        unready = []
        while loop.time() < began + 3:
            unready += [] if says(consumer) is None else [says(consumer)]
            await asyncio.sleep(0.02)

    assert not unready
    assert sample("datacity_consumer_restarts_total", service) == 0


async def test_readiness_tells_not_connected_from_not_joined(service: Rig) -> None:
    """While another member holds up the group, ours has no partitions; it gets them when the other lets go."""
    lets_go = asyncio.Event()
    lets_go.set()

    class HoldsUp(ConsumerRebalanceListener):
        async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
            await lets_go.wait()

        async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
            pass

    consumer = Consumer(service.handling(), kafka=service.kafka, session_seconds=6)
    heard = Heard(service)
    async with member(service, HoldsUp()), running(consumer.run(), heard.listen(consumer)):
        await until(lambda: heard.ends_with(None), seconds=30, what="readiness")
        lets_go.clear()
        joins = asyncio.create_task(come_and_go(service))
        try:
            await until(lambda: heard.ends_with(NotJoined), what="partitions that are taken away")
        finally:
            lets_go.set()
        async with asyncio.timeout(30):
            await joins
        await until(lambda: heard.ends_with(None), seconds=30, what="readiness")

    assert heard.said[0] is NotConnected
    assert Stuck not in heard.said
    assert says(consumer) is NotConnected


@asynccontextmanager
async def member(service: Rig, listener: ConsumerRebalanceListener | None = None) -> AsyncIterator[None]:
    """Another member of the consumer's group, which handles nothing."""
    other = AIOKafkaConsumer(
        bootstrap_servers=service.kafka, group_id=service.name, heartbeat_interval_ms=300, enable_auto_commit=False
    )
    other.subscribe([service.topic], listener=listener)
    async with asyncio.timeout(30):
        await other.start()
    try:
        yield
    finally:
        await other.stop()


async def come_and_go(service: Rig) -> None:
    async with member(service):
        pass


async def test_a_consumer_that_can_not_reach_kafka_says_so_and_goes_on_trying(service: Rig) -> None:
    nowhere = Consumer(service.handling(), kafka="127.0.0.1:1")
    with structlog.testing.capture_logs() as lines:
        async with running(nowhere.run()):
            await until(lambda: _has(lines, "consumer_waits_for_kafka", 3), what="three refusals")
            assert says(nowhere) is NotConnected


async def _has(lines: list[Any], event: str, times: int) -> bool:
    return sum(line["event"] == event for line in lines) >= times
