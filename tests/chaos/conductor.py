"""Carries out the plan of a run: does each fault at its time, undoes it, and writes down what was done."""

import asyncio
import contextlib
import random
import signal
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from infra.local import processes
from infra.local.component import Component
from tests.chaos.calling import OVERSIZE_BYTES, Caller, make_client
from tests.chaos.crew import Crew
from tests.chaos.ground import Ground
from tests.chaos.history import History
from tests.chaos.schedule import Fault, Kind, NothingToBreak

log = structlog.get_logger(__name__)

STILL_THERE_SECONDS = 60.0
SLOW_SECONDS = 0.25
TRICKLE_BYTES = 8_000
COPIES = 20


@dataclass(frozen=True, kw_only=True)
class Done:
    """A fault that was done, in seconds of the clock that effects are stamped with."""

    kind: Kind
    target: str
    began: float
    ended: float


@dataclass
class Conductor:
    """Has its hands on everything."""

    ground: Ground
    crew: Crew
    history: History
    files: tuple[str, ...]
    dice: random.Random
    done: list[Done] = field(default_factory=list)
    strangers: set[tuple[str, str]] = field(default_factory=set)
    copied: int = 0
    _special: int = 0

    async def conduct(self, lanes: dict[str, list[Fault]]) -> None:
        """All lanes side by side; returns when the last fault is undone."""
        began = time.monotonic()

        async def follow(lane: list[Fault]) -> None:
            for fault in lane:
                await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
                await self._do(fault)

        async with asyncio.TaskGroup() as group:
            for lane in lanes.values():
                group.create_task(follow(lane))

    async def _do(self, fault: Fault) -> None:
        started = time.time()
        log.info("fault", kind=fault.kind, target=fault.target, seconds=round(fault.seconds, 1))
        with contextlib.suppress(NothingToBreak):
            await self._act(fault)
            self.done.append(Done(kind=fault.kind, target=fault.target, began=started, ended=time.time()))

    async def _act(self, fault: Fault) -> None:
        ground = self.ground
        match fault.kind:
            case Kind.KILL:
                self.crew.kill(fault.target)
            case Kind.STOP:
                await self.crew.stop_for(fault.target, fault.seconds)
            case Kind.KAFKA_KILL:
                await self._interrupt(ground.kafka, fault, _kill)
            case Kind.POSTGRES_KILL:
                await self._interrupt(ground.postgres, fault, _kill)
            case Kind.KAFKA_RESTART:
                await self._interrupt(ground.kafka, fault, lambda server: server.stop())
            case Kind.POSTGRES_IMMEDIATE:
                await self._interrupt(ground.postgres, fault, _shut_down_at_once)
            case Kind.DISK_FULL:
                async with ground.disk.full():
                    await asyncio.sleep(fault.seconds)
            case Kind.DUPLICATES | Kind.REORDERED:
                await self._publish_again(fault)
            case Kind.STRANGER:
                await self._publish_stranger(fault)
            case Kind.POISON:
                await self._write_special(chokes=(fault.target,))
            case Kind.OVERSIZE:
                await self._write_special(padding=OVERSIZE_BYTES)
            case _:
                await self._bend(fault)

    async def _bend(self, fault: Fault) -> None:
        wire = self.ground.wires[fault.target]
        match fault.kind:
            case Kind.RESET:
                wire.reset()
            case Kind.LATENCY:
                wire.delay = SLOW_SECONDS
            case Kind.TRICKLE:
                wire.bytes_per_second = TRICKLE_BYTES
            case Kind.SWALLOW | Kind.HALF_OPEN:
                wire.swallows = True
        await asyncio.sleep(fault.seconds)
        wire.heal()
        if fault.kind is Kind.SWALLOW:
            wire.reset(only_deaf=True)

    async def _interrupt(self, server: Component, fault: Fault, end: Callable[[Component], Awaitable[None]]) -> None:
        await end(server)
        await asyncio.sleep(fault.seconds)
        await server.start()

    async def _write_special(self, *, chokes: tuple[str, ...] = (), padding: int = 0) -> None:
        """In the middle of a key that others write to; until it is acknowledged, or the run could miss its fault."""
        file_id = self.dice.choice(self.files)
        async with asyncio.timeout(STILL_THERE_SECONDS), make_client() as client:
            caller = Caller(client, self.ground.apis, self.history, self.dice)
            acknowledged = False
            while not acknowledged:
                self._special += 1
                acknowledged = await caller.write(
                    f"conductor/{self._special}", file_id=file_id, chokes=chokes, padding=padding
                )

    async def _publish_again(self, fault: Fault) -> None:
        """Take some records that are in the topic, and put them there once more, in order or shuffled."""
        topic = self.ground.topics[fault.target]
        partition = TopicPartition(topic, self.dice.randrange(12))
        found = await self._some_records(partition)
        copies = [record for record in found if any(name == "ce_id" for name, _ in record.headers)][:COPIES]
        if not copies:
            raise NothingToBreak
        if fault.kind is Kind.REORDERED:
            copies.reverse()
        await self._send([(topic, record.key, record.value, list(record.headers)) for record in copies])
        self.copied += len(copies)

    async def _publish_stranger(self, fault: Fault) -> None:
        topic, key = self.ground.topics[fault.target], f"stranger-{uuid.UUID(int=self.dice.getrandbits(128))}"
        # First: should the broker end while it answers, the record may be there.
        self.strangers.add((topic, key))
        await self._send([(topic, key.encode(), b"not one of ours", [("ce_id", b"none")])])

    async def _some_records(self, partition: TopicPartition) -> list[Any]:
        async def read() -> list[Any]:
            consumer = AIOKafkaConsumer(bootstrap_servers=self.ground.kafka.bootstrap(), enable_auto_commit=False)
            await consumer.start()
            try:
                consumer.assign([partition])
                first = (await consumer.beginning_offsets([partition]))[partition]
                after = (await consumer.end_offsets([partition]))[partition]
                if after == first:
                    return []
                consumer.seek(partition, max(first, after - self.dice.randrange(1, 200)))
                batches = await consumer.getmany(partition, timeout_ms=2000, max_records=COPIES)
                return batches.get(partition, [])
            finally:
                await consumer.stop()

        found: list[Any] = await _patiently(read)
        return found

    async def _send(self, records: list[tuple[str, bytes, bytes, list[Any]]]) -> None:
        async def send() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=self.ground.kafka.bootstrap(), acks="all")
            await producer.start()
            try:
                for topic, key, value, headers in records:
                    await producer.send_and_wait(topic, value=value, key=key, headers=headers)
            finally:
                await producer.stop()

        await _patiently(send)


async def _kill(server: Component) -> None:
    identity = server.running()
    if identity is not None:
        await asyncio.to_thread(processes.kill, identity)


async def _shut_down_at_once(server: Component) -> None:
    """PostgreSQL's "immediate" shutdown: every session ends in the midst of what it does; recovery at the start."""
    identity = server.running()
    if identity is not None:
        await processes.end(identity, with_signal=signal.SIGQUIT, grace=10)


async def _patiently(what: Callable[[], Awaitable[Any]]) -> Any:
    """Again while Kafka is away, whose absence another lane may be the cause of."""
    async with asyncio.timeout(STILL_THERE_SECONDS):
        while True:
            try:
                async with asyncio.timeout(15):
                    return await what()
            except (KafkaError, OSError, TimeoutError):
                await asyncio.sleep(0.5)
