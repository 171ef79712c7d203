"""Traces that follow one request through outbox, Kafka and handlers; while nobody collects them they cost nothing.

The W3C trace context in `shared.logging.traceparent`, and in the column and header of that name, is what ties spans
together: it travels whether or not spans are made. Spans hold ids, names and counts that the code itself chose, never
a path, a key, a person or a message of an error.
"""

import asyncio
import contextlib
import re
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.events import decode_headers
from shared.tracing.trace import Heard, Trace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

    from shared.tracing.spans import Spans

__all__ = ["TRACEPARENT", "Heard", "Trace", "handling", "moment", "published", "serving", "start", "stop", "working"]

TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
STOP_SECONDS = 3.0

_makers: dict[str, "Spans"] = {}
"""Of each service of this process whose traces somebody collects."""


def start(
    service: str, *, endpoint: str = "", sampled: float = 1.0, build: str = "", processor: "SpanProcessor | None" = None
) -> None:
    """Make spans for this service from now on and send them to `endpoint` (OTLP over HTTP); without one, do nothing.

    A trace that came with a request is followed if its caller follows it; of the others the share `sampled`.
    """
    if endpoint or processor:
        from shared.tracing.spans import Spans

        _makers[service] = Spans(service, endpoint=endpoint, sampled=sampled, build=build, processor=processor)


async def stop(service: str) -> None:
    """Make no more spans, and send what waits, for a few seconds at most."""
    spans = _makers.pop(service, None)
    if spans is None:
        return
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        spans.stop()
        with contextlib.suppress(RuntimeError):  # the loop did not wait for us
            loop.call_soon_threadsafe(done.set)

    # Not the loop's own executor, which would be waited for as long as a collector that hangs likes.
    threading.Thread(target=end, name=f"{service}-traces", daemon=True).start()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(done.wait(), STOP_SECONDS)


def serving(service: str, given: str | None, *, method: str) -> Trace:
    """A request begins, in its caller's trace or in a new one; `end` it with the name of its route."""
    spans = _makers.get(service)
    return Trace(given) if spans is None or _is_not_sampled(given) else spans.serving(given, method=method)


def working(service: str, given: str | None) -> Trace:
    """A transaction begins. One that nobody asked for, such as a job's, begins a trace of its own."""
    spans = _makers.get(service)
    return Trace(given) if spans is None or given is not None else spans.working()


def handling(service: str, event: Heard) -> Trace:
    """An attempt to handle an event begins; `end` it once its effect is committed, with the outcome."""
    spans = _makers.get(service)
    given = event.traceparent
    return Trace(given) if spans is None or _is_not_sampled(given) else spans.handling(event)


def moment(service: str) -> int:
    """When something begins, for `published`; 0 if nobody collects traces, and then there is nothing to tell."""
    return time.time_ns() if service in _makers else 0


def published(
    service: str,
    began: int,
    *,
    topic: str,
    headers: Iterable[tuple[str, bytes]],
    partition: int | None = None,
    fault: BaseException | None = None,
) -> None:
    """The record of these headers was handed to Kafka at `began` (see `moment`), and acknowledged now or refused."""
    spans = _makers.get(service)
    if spans is not None and began:
        texts = decode_headers(headers)
        if not _is_not_sampled(texts.get("traceparent")):
            spans.published(began, topic=topic, headers=texts, partition=partition, fault=fault)


def _is_not_sampled(given: str | None) -> bool:
    """Nobody keeps this trace, so there is nothing to make; it travels on as it came."""
    return (
        given is not None
        and given.endswith(("0", "2", "4", "6", "8", "a", "c", "e"))
        and bool(TRACEPARENT.fullmatch(given))
    )
