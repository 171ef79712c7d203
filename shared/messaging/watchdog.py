"""Notices a consumer that makes no progress though it should, whatever the reason."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka import TopicPartition

from shared.messaging.metrics import LAG, STUCK

log = structlog.get_logger(__name__)

LATE_SECONDS = 2.0


class NotConnected(Exception):
    """The consumer has not reached Kafka."""


class NotJoined(Exception):
    """The consumer's group has not given it its partitions, or has taken them away."""


class Stuck(Exception):
    """Records wait, or a handler runs, and nothing has moved for too long."""


@dataclass
class Progress:
    """What the consumer did last; all times are `now`'s, which never goes back."""

    now: Callable[[], float] = time.monotonic
    joined: bool = False
    busy: bool = False
    moved_at: float = 0.0
    next_offset: dict[TopicPartition, int] = field(default_factory=dict)
    """Per partition, the offset after the last record whose effect is committed."""

    def begin(self) -> None:
        """A new consumer starts from nothing."""
        self.joined = self.busy = False
        self.next_offset = {}
        self.move()

    def move(self) -> None:
        self.moved_at = self.now()

    @property
    def still_for(self) -> float:
        return self.now() - self.moved_at


class Watchdog:
    """Looks at a consumer from time to time, from the same event loop."""

    def __init__(self, progress: Progress, *, service: str, patience_seconds: float) -> None:
        self.stuck: str | None = None
        """Why it is stuck, or None."""
        self._progress = progress
        self._service = service
        self._patience = patience_seconds
        self._looked_at: float | None = None
        self._topics: set[str] = set()

    async def look(self, consumer: Any, partitions: Collection[TopicPartition], *, excused: bool) -> str | None:
        """Measure the lag, and say why the consumer is stuck, if it is; `excused` while it waits for the database."""
        progress = self._progress
        late = 0.0 if self._looked_at is None else progress.now() - self._looked_at
        self._looked_at = progress.now()
        lag = await self._lag(consumer, partitions)
        if late > self._patience / 2 + LATE_SECONDS:
            # The event loop itself stood still, the consumer with it: it gets its time anew.
            log.error("event_loop_was_blocked", service=self._service, seconds=round(late, 1))
            progress.move()
        answered_at = _answered_at(consumer, partitions)
        silent = answered_at is not None and time.time() - answered_at > self._patience
        # With nothing to do, nothing needs to move.
        if excused or (progress.joined and not progress.busy and not lag and not silent):
            progress.move()
        self.stuck = self._reason(lag, silent=silent) if progress.still_for > self._patience else None
        STUCK.labels(self._service).set(self.stuck is not None)
        if self.stuck:
            log.error("consumer_stuck", service=self._service, reason=self.stuck, seconds=round(progress.still_for, 1))
        return self.stuck

    def _reason(self, lag: int, *, silent: bool) -> str:
        if not self._progress.joined:
            return "no partitions from the group"
        if self._progress.busy:
            return "a handler does not end"
        if silent:
            return "Kafka does not answer"
        return f"{lag} records wait and none comes"

    async def _lag(self, consumer: Any, partitions: Iterable[TopicPartition]) -> int:
        """How many records wait, by what Kafka told with the last fetch; costs no request."""
        lag: defaultdict[str, int] = defaultdict(int)
        for partition in partitions:
            try:
                highwater = consumer.highwater(partition)
            except (AssertionError, AttributeError, KeyError):
                continue  # taken away in this moment
            done = self._progress.next_offset.get(partition)
            if highwater is not None and done is None:
                done = await _position(consumer, partition)
            if highwater is not None and done is not None:
                lag[partition.topic] += max(0, highwater - done)
        self._topics |= set(lag)
        for topic in self._topics:
            LAG.labels(self._service, topic).set(lag[topic])
        return sum(lag.values())


async def _position(consumer: Any, partition: TopicPartition) -> int | None:
    """Where the consumer begins to read a partition of which nothing came yet."""
    try:
        async with asyncio.timeout(1):
            return int(await consumer.position(partition))
    except Exception:
        return None


def _answered_at(consumer: Any, partitions: Iterable[TopicPartition]) -> float | None:
    """When Kafka last answered a fetch, also one that brought nothing; None if it never did."""
    answers = []
    for partition in partitions:
        with contextlib.suppress(AssertionError, AttributeError, KeyError):
            answers.append(consumer.last_poll_timestamp(partition))
    return max((answer / 1000 for answer in answers if answer is not None), default=None)
