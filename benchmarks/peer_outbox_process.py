"""faststream-outbox as its documentation sets it up to relay to Kafka; runs in an environment of its own, not in ours.

It is told what to do as JSON on stdin, says "ready" once its table is filled, starts at the next line, and answers
with the seconds that it took and the last row's number in JSON on stdout.
"""

import asyncio
import json
import logging
import sys
import time
from typing import Any

from faststream.kafka import KafkaBroker, KafkaResponse
from faststream_outbox import OutboxBroker, make_outbox_table
from faststream_outbox.annotations import OutboxMessage
from sqlalchemy import MetaData, insert, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


async def relay(told: dict[str, Any]) -> float:
    """Seconds from the start of both brokers until the table is empty."""
    metadata = MetaData()
    table = make_outbox_table(metadata, table_name="outbox")
    engine = create_async_engine(told["database"], pool_size=told["max_workers"] + 4)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
        await connection.execute(insert(table), rows(told))
    # Errors only: two lines for each message would be part of the figure.
    quiet = logging.getLogger("peer")
    quiet.setLevel(logging.ERROR)
    quiet.addHandler(logging.StreamHandler())
    outbox = OutboxBroker(engine, outbox_table=table, logger=quiet)
    kafka = KafkaBroker(told["kafka"], acks="all", enable_idempotence=True, linger_ms=0, logger=quiet)
    publisher = kafka.publisher(told["topic"])

    @publisher
    @outbox.subscriber(
        "bench",
        max_workers=told["max_workers"],
        fetch_batch_size=told["fetch_batch_size"],
        terminal_flush_batch_size=told["terminal_flush_batch_size"],
        # The table is full before the broker starts, so that nothing would wake a sleeping fetch.
        min_fetch_interval=0.001,
        max_fetch_interval=0.001,
    )
    async def pass_on(message: OutboxMessage) -> KafkaResponse:
        headers = dict(message.headers)
        return KafkaResponse(message.body, headers=headers, key=headers["ce_partitionkey"].encode())

    say("ready")
    sys.stdin.readline()
    began = time.perf_counter()
    await kafka.connect()
    await outbox.start()
    try:
        async with asyncio.timeout(told["patience"]):
            while await left(engine):  # noqa: ASYNC110  rows tell nobody that they are gone
                await asyncio.sleep(0.02)
        return time.perf_counter() - began
    finally:
        await outbox.stop()
        await kafka.stop()
        await engine.dispose()


def rows(told: dict[str, Any]) -> list[dict[str, Any]]:
    """As many as asked for, the keys in turn, each numbered within its key."""
    value, keys, headers = told["value"].encode(), told["keys"], told["headers"]
    found = []
    for number in range(told["events"]):
        key, place = keys[number % len(keys)], number // len(keys) + 1
        own = headers | {"ce_partitionkey": key, "ce_subject": key, "ce_sequence": f"{place:020}"}
        found.append({"queue": "bench", "payload": value, "headers": own})
    return found


async def left(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        return bool((await connection.execute(text("SELECT EXISTS (SELECT 1 FROM outbox)"))).scalar())


def say(what: str) -> None:
    print(what, flush=True)


if __name__ == "__main__":
    say(json.dumps({"seconds": asyncio.run(relay(json.loads(sys.stdin.readline())))}))
