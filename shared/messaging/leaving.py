"""Ends a consumer of aiokafka that does not end by itself."""

import asyncio
import contextlib
from typing import Any

CLOSE_SECONDS = 2.0


async def abandon(consumer: Any) -> None:
    """End its tasks and its connections, whatever became of them.

    Giving up on `consumer.stop()` may leave its heartbeat: the group would go on to count on a member that
    reads nothing.
    aiokafka offers no public way (tests/contract/test_library_traps.py holds what we rely on).
    """
    if consumer is None:
        return
    consumer._closed = True
    coordinator, fetcher = consumer._coordinator, consumer._fetcher
    tasks = {
        task
        for task in (
            getattr(coordinator, "_coordination_task", None),
            getattr(coordinator, "_heartbeat_task", None),
            getattr(fetcher, "_fetch_task", None),
            *getattr(fetcher, "_pending_tasks", ()),
        )
        if task is not None
    }
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CLOSE_SECONDS):
            await consumer._client.close()
