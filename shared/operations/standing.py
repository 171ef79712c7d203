"""How late a service is: what it has still to hear, and for how long the oldest of its own news has waited."""

import asyncio
import time
from collections.abc import Sequence

import structlog
from aiokafka.errors import KafkaError
from fastapi import APIRouter, Request
from pydantic import Field

from shared.gauges import OUTBOX, SETTLE
from shared.http import View, WorkDep, does
from shared.messaging import behind

log = structlog.get_logger(__name__)

PATIENCE = 2.0
KEPT_SECONDS = 5.0
"""Kafka is asked anew only after so long, however many ask us."""


class StandingView(View):
    """How late the service is at this moment."""

    service: str
    behind: int | None = Field(description="Records of its topics that it has not handled; null if Kafka can't tell.")
    outbox_oldest_seconds: float = Field(description="Age of the oldest event that could be sent; 0 if none waits.")


class Lag:
    """What Kafka said last."""

    def __init__(self, service: str, topics: Sequence[str]) -> None:
        self._service = service
        self._topics = topics
        self._asked_at = float("-inf")
        self._said: int | None = None
        self._asking = asyncio.Lock()

    async def read(self, kafka: str) -> int | None:
        async with self._asking:
            if time.monotonic() - self._asked_at > KEPT_SECONDS:
                self._said = await self._ask(kafka)
                self._asked_at = time.monotonic()
        return self._said

    async def _ask(self, kafka: str) -> int | None:
        try:
            async with asyncio.timeout(PATIENCE):
                return await behind(kafka, self._service, self._topics)
        except (KafkaError, OSError, TimeoutError) as away:
            log.warning("lag_not_read", error=type(away).__name__)
            return None


def add_standing_routes(router: APIRouter, *, service: str, topics: Sequence[str]) -> None:
    lag = Lag(service, topics)

    @router.get("/standing", **does("watch_operations"))
    async def read_standing(request: Request, work: WorkDep) -> StandingView:
        connection = await work.session.connection()
        await connection.execute(SETTLE)
        outbox = (await connection.execute(OUTBOX)).one()
        return StandingView(
            service=service,
            behind=await lag.read(request.app.state.settings.kafka),
            outbox_oldest_seconds=max(0.0, outbox.oldest or 0.0),
        )
