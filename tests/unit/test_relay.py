"""The relay outlives what can go wrong between it, the database and Kafka."""

import asyncio

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError

from shared.outbox import Relay, Wakeup
from tests.support.backbone import running


class Troubled(Relay):
    """Meets one fault, then works."""

    def __init__(self, fault: Exception) -> None:
        super().__init__(service="selection", dsn="", kafka="", wakeup=Wakeup())
        self.fault: Exception | None = fault
        self.works_again = asyncio.Event()

    async def _run_once(self) -> None:
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        self.works_again.set()
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    "fault",
    [
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
        ConnectionResetError(),
        TimeoutError(),
        KafkaConnectionError(),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_a_fault_interrupts_the_relay_and_does_not_end_it(fault: Exception) -> None:
    relay = Troubled(fault)

    async with running(relay.run()):
        await asyncio.wait_for(relay.works_again.wait(), 5)
