"""A lane for each partition: whole batches of records in order, at most one of them with Kafka at a time."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    CorruptRecordException,
    InvalidTimestampError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    UnknownError,
)

from shared import tracing
from shared.outbox.pending import Pending

SEND_DEADLINE_SECONDS = 5.0
"""An idempotent send may wait for ever in an outage; past this the producer is rebuilt and what was not acknowledged
is sent anew."""

LARGEST_BATCH = 128 * 1024
"""Bytes of one batch. A single record may be larger, and then travels alone."""

TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)

UNCLEAR = (CorruptRecordException, UnknownError)
"""What may be about the records or about the broker's own trouble: only a refusal that is repeated counts."""

REFUSALS = (
    *TOO_LARGE,
    InvalidTimestampError,
    PolicyViolationError,
    *UNCLEAR,
)
"""What Kafka answers when it will not take a batch, however often it is sent."""


class SendTimedOut(TimeoutError):
    """Kafka did not acknowledge a batch in time."""


class BatchRefused(Exception):
    """Kafka will not take this batch. The producer can't go on: the broker would miss the numbers of its records."""

    def __init__(self, rows: list[Pending], refusal: BaseException) -> None:
        super().__init__(f"{len(rows)} records: {type(refusal).__name__}")
        self.rows = rows
        self.refusal = refusal


class Traffic(Protocol):
    """What a lane asks and tells the relay."""

    def is_parked(self, row: Pending) -> bool: ...
    def is_suspect(self, row: Pending) -> bool: ...
    def dropped(self, row: Pending) -> None: ...
    def acknowledged(self, rows: list[Pending]) -> None: ...


@dataclass
class Lane:
    """The rows of one partition, from the outbox's order into Kafka's.

    Only when a batch is acknowledged is the next one handed over: were several under way, one could be refused and the
    next accepted, and a key's records change places.
    """

    producer: AIOKafkaProducer
    topic: str
    partition: int
    traffic: Traffic
    service: str = ""
    largest_batch: int = LARGEST_BATCH
    waiting: deque[Pending] = field(default_factory=deque)
    under_way: tuple[asyncio.Future[Any], list[Pending]] | None = None
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, row: Pending) -> None:
        self.waiting.append(row)
        self._arrived.set()

    async def run(self) -> None:
        """Send whatever is put here, until cancelled. Raises BatchRefused, SendTimedOut and what aiokafka raises."""
        while True:
            await self._arrived.wait()
            batch, rows = self._fill()
            if rows:
                await self._send(batch, rows)
            if not self.waiting:
                self._arrived.clear()

    def _fill(self) -> tuple[Any, list[Pending]]:
        """The next batch. A suspect goes alone, so that Kafka's answer is about it and nothing else."""
        batch, size = self.producer.create_batch(), 0
        rows: list[Pending] = []
        while self.waiting:
            row = self.waiting[0]
            if self.traffic.is_parked(row):
                self.traffic.dropped(self.waiting.popleft())
                continue
            alone = self.traffic.is_suspect(row)
            if rows and (alone or size + row.size > self.largest_batch):
                break
            if batch.append(timestamp=None, key=row.key_bytes, value=row.value, headers=row.headers) is None:
                break
            rows.append(self.waiting.popleft())
            size += row.size
            if alone:
                break
        batch.close()
        return batch, rows

    async def _send(self, batch: Any, rows: list[Pending]) -> None:
        began = tracing.moment(self.service)
        async with asyncio.timeout(SEND_DEADLINE_SECONDS):
            answer = await self.producer.send_batch(batch, self.topic, partition=self.partition)
        self.under_way = (answer, rows)
        # Not `wait_for`: when we are stopped, the answer that is still to come must not be thrown away.
        await asyncio.wait({answer}, timeout=SEND_DEADLINE_SECONDS)
        if not answer.done():
            raise SendTimedOut
        try:
            answer.result()
        except REFUSALS as refusal:
            self._tell(began, rows, refusal)
            raise BatchRefused(rows, refusal) from refusal
        self.under_way = None
        self.traffic.acknowledged(rows)
        self._tell(began, rows)

    def _tell(self, began: int, rows: list[Pending], fault: BaseException | None = None) -> None:
        """Let each record's trace show when Kafka had it; nothing to do if nobody collects traces."""
        if not began:
            return
        for row in rows:
            tracing.published(
                self.service, began, topic=self.topic, headers=row.headers, partition=self.partition, fault=fault
            )
