"""A consumer whose way to Kafka is bad leaves nothing behind of the attempts that failed."""

import asyncio

from shared.messaging import Consumer
from tests.chaos.proxy import HOST, Wire
from tests.support.backbone import rig, running, until
from tests.support.stack import Backbone


async def test_an_attempt_that_fails_half_way_leaves_no_connection_behind(backbone: Backbone) -> None:
    refused, refuses = 0, True

    def kafka_unless_somebody_is_connected() -> int:
        nonlocal refused
        if refuses and connected():
            refused += 1
            raise ConnectionRefusedError
        return int(backbone.kafka.rpartition(":")[2])

    async def has_failed() -> bool:
        return refused >= 3

    async def has_joined() -> bool:
        return bool(consumer.assigned)

    wire = Wire(kafka_unless_somebody_is_connected)
    await wire.open()
    async with rig(backbone) as service:
        consumer = Consumer(service.handling(), kafka=f"{HOST}:{wire.port}")
        async with running(consumer.run()):
            await until(has_failed, what="three attempts that failed half way")
            refuses = False
            await until(has_joined, seconds=60, what="an attempt that succeeded")
    await wire.close()

    assert connected() == 0


def connected() -> int:
    """How many of aiokafka's clients keep up with Kafka in this event loop."""
    return sum("AIOKafkaClient._md_synchronizer" in repr(task.get_coro()) for task in asyncio.all_tasks())
