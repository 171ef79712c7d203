"""Relay: events a second from the outbox to Kafka in order per key, beside producers and other outboxes, same bytes.

    datacity bench relay [--events 100000] [--peer-events 5000] [--no-peers] [--debezium]

All of them send the same bytes to topics of 12 partitions of one Kafka, one after the other; those that have a
database use the same PostgreSQL, with fsync on. What ours sent is then read back: every event once, in order per key.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import asyncpg
from prometheus_client import REGISTRY

from benchmarks import debezium, peer_outbox, raw_producer
from benchmarks.filling import Filled, filling
from benchmarks.measuring import Measured, Result, Target, metered, quieten, ratio, tell
from benchmarks.raw_producer import Load
from benchmarks.reading import read_back, settle
from shared.events import Envelope, encode_headers
from tests.support.backbone import Rig, rig, running, until
from tests.support.stack import Backbone, local_backbone

PATIENCE = 900.0
WARM_UP = 20_000
"""Records, at most, that are sent before anybody is timed."""
RAW: dict[str, Callable[[Load], Awaitable[float]]] = {
    "aiokafka, plain": raw_producer.plain,
    "aiokafka, best settings": raw_producer.tuned,
    "aiokafka, batches by hand": raw_producer.batched,
}
NOTES = {
    "aiokafka, plain": "send() each with its key, gather per 1,000, linger 2 ms",
    "aiokafka, best settings": "the same with linger 20 ms, batches of 256 KiB, gather per 10,000",
    "aiokafka, batches by hand": "create_batch() of 512 KiB per partition: the client's ceiling, no send() at all",
}


async def measure(backbone: Backbone, events: int, *, peer_events: int, with_debezium: bool = False) -> Result:
    """Time the relay emptying a filled outbox, then each of the others with as many events of the same bytes."""
    await raw_producer.warm_up(await load_of(backbone, [b"warm"], b"x" * 300, [], min(WARM_UP, events)))
    async with rig(backbone) as service:
        filled, mine = await ours(service, events)
        measured = [mine]
        headers = encode_headers(Envelope.from_record((await service.records(1))[0]).headers())
    keys = [key.encode() for key in filled.keys]
    for name, contender in RAW.items():
        load = await load_of(backbone, keys, filled.value, headers, filled.events)
        measured.append(await raw(name, contender, load, dsn=backbone.admin_url))
    if peer_events:
        for setting in peer_outbox.SETTINGS:
            load = await load_of(backbone, keys, filled.value, headers, min(peer_events, filled.events))
            measured.append(await peer_outbox.measure(backbone, load, setting))
    if with_debezium:
        load = await load_of(backbone, keys, filled.value, headers, filled.events)
        measured.append(await debezium.measure_throughput(backbone, load))
    settings = {"events": filled.events, "keys": len(keys), "value_bytes": len(filled.value), "partitions": 12}
    return Result("relay", "events/s", settings, measured, targets(measured))


async def ours(service: Rig, events: int) -> tuple[Filled, Measured]:
    """From the commit of all the events until Kafka has acknowledged them and the outbox is empty.

    The relay is connected before, as the others are; it has sent one event, so that it knows the topic.
    """
    connection, warm = await asyncpg.connect(service.dsn), uuid4()
    try:
        async with running(service.relay().run()):
            await service.note(warm, "warm")
            await until(lambda: is_relayed(service, 1, connection), what="the relay's first event")
            async with AsyncExitStack() as measuring:
                async with filling(service, events) as filled:
                    meter = await measuring.enter_async_context(metered(service.dsn, kafka=service.kafka))
                    tell("  relaying")
                    began = time.perf_counter()
                service.works.wakeup.signal()  # as whoever commits does
                sent = filled.events + 1
                await until(lambda: is_relayed(service, sent, connection), seconds=PATIENCE, what="an empty outbox")
                meter.seconds = time.perf_counter() - began
    finally:
        await connection.close()
    tell("  reading back")
    written = dict.fromkeys(filled.keys, filled.per_key) | {str(warm): 1}
    reading = await read_back(service.kafka, service.topic, written)
    reading.require(sent)
    return filled, Measured(
        "ours",
        round(filled.events / meter.seconds, 1),
        filled.events,
        round(meter.seconds, 3),
        meter.costs(filled.events),
        note="each event once, in order per key",
    )


def published(service: Rig) -> float:
    """How many the relay says that Kafka acknowledged."""
    return REGISTRY.get_sample_value("datacity_outbox_published_total", {"service": service.name}) or 0.0


async def is_relayed(service: Rig, events: int, connection: asyncpg.Connection) -> bool:
    # The count first: it costs the relay nothing, and a question to the database does.
    if published(service) < events:
        return False
    return not await connection.fetchval("SELECT EXISTS (SELECT 1 FROM outbox_pending)")


async def raw(name: str, contender: Callable[[Load], Awaitable[float]], load: Load, *, dsn: str) -> Measured:
    tell(f"  {name}")
    async with metered(dsn, kafka=load.kafka) as meter:
        meter.seconds = await contender(load)
    costs = meter.costs(load.events)
    return Measured(
        name, round(load.events / meter.seconds, 1), load.events, round(meter.seconds, 3), costs, NOTES[name]
    )


async def load_of(
    backbone: Backbone, keys: list[bytes], value: bytes, headers: raw_producer.Headers, events: int
) -> Load:
    """That many records for a new topic, whose partitions have their leaders."""
    load = Load(backbone.kafka, await backbone.topic(), keys, value, headers, events)
    await settle(load.kafka, load.topic)
    return load


def targets(measured: list[Measured]) -> list[Target]:
    by_name = {each.name: each for each in measured}
    bounds = {"aiokafka, plain": 0.9, "aiokafka, best settings": 0.9, debezium.NAME: 2.0}
    bounds |= {setting.name: 20.0 for setting in peer_outbox.SETTINGS}
    return [
        Target(f"relay ÷ {name}", ratio(measured[0], by_name[name]), bound, against=name)
        for name, bound in bounds.items()
        if name in by_name
    ]


async def alone(events: int, *, peer_events: int, with_debezium: bool) -> Result:
    async with local_backbone(own=True, postgres=debezium.postgres(capturing=with_debezium)) as backbone:
        return await measure(backbone, events, peer_events=peer_events, with_debezium=with_debezium)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--peer-events", type=int, default=5_000, help="for faststream-outbox, which is slower")
    parser.add_argument("--no-peers", action="store_true", help="without faststream-outbox")
    parser.add_argument("--debezium", action="store_true", help="with Debezium's outbox router; takes minutes")
    given = parser.parse_args()
    quieten()
    peer_events = 0 if given.no_peers else given.peer_events
    asyncio.run(alone(given.events, peer_events=peer_events, with_debezium=given.debezium)).print()


if __name__ == "__main__":
    main()
