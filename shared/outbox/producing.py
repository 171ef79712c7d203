"""The producer of a relay: idempotent, acknowledged by all, and thrown away whole when anything goes wrong."""

import asyncio
import contextlib
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

CLOSE_SECONDS = 2.0


def make_producer(kafka: str, *, client_id: str, largest_batch: int) -> AIOKafkaProducer:
    """Not started yet."""
    return AIOKafkaProducer(
        bootstrap_servers=kafka,
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        # Lanes hand over whole batches: there is nothing to wait for.
        linger_ms=0,
        max_batch_size=largest_batch + 1,
        request_timeout_ms=10_000,
    )


async def abandon(producer: AIOKafkaProducer) -> None:
    """End it without sending what it still holds, which is pending in the outbox all the same.

    `producer.stop()` flushes first, which in an outage never ends, and giving up on it leaves the sending task alive:
    it would send its old batches when Kafka is back. So that task is ended, then the connections; aiokafka offers no
    public way (tests/contract/test_library_traps.py holds what we rely on).
    """
    sender: Any = producer._sender
    producer._closed = True
    task = sender.sender_task if sender is not None else None
    if task is not None:
        task.cancel()
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            # It closes the sockets, whereby requests that are under way fail, and the task has nothing to wait for.
            await producer.client.close()
    if task is not None:
        await asyncio.wait({task}, timeout=CLOSE_SECONDS)
