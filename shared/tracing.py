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
from contextvars import Token
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self
from uuid import UUID

from shared.logging import traceparent as current

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace import Span, Tracer

TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
STOP_SECONDS = 3.0
QUEUE = 8192
"""Spans that wait for the collector; more are dropped, as a trace may have holes and a service may not wait."""

_providers: dict[str, "TracerProvider"] = {}
_tracers: dict[str, "Tracer"] = {}


class Heard(Protocol):
    """What a span tells of an event; `shared.events.Envelope` has it all."""

    @property
    def id(self) -> UUID: ...
    @property
    def type(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def correlation_id(self) -> str: ...
    @property
    def traceparent(self) -> str | None: ...


def start(
    service: str, *, endpoint: str = "", sampled: float = 1.0, build: str = "", processor: "SpanProcessor | None" = None
) -> None:
    """Make spans for this service from now on and send them to `endpoint` (OTLP over HTTP); without one, do nothing.

    A trace that came with a request is followed if its caller follows it; of the others the share `sampled`.
    """
    if not endpoint and processor is None:
        return
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(sampled)),
        resource=Resource.create({"service.namespace": "datacity", "service.name": service, "service.version": build}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(processor or _sending_to(endpoint))
    _providers[service] = provider
    _tracers[service] = provider.get_tracer("datacity")


async def stop(service: str) -> None:
    """Send what waits, for a few seconds at most, and make no more spans."""
    _tracers.pop(service, None)
    provider = _providers.pop(service, None)
    if provider is None:
        return
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        provider.shutdown()
        with contextlib.suppress(RuntimeError):  # the loop did not wait for us
            loop.call_soon_threadsafe(done.set)

    # Not the loop's own executor, which would be waited for as long as a collector that hangs likes.
    threading.Thread(target=end, name=f"{service}-traces", daemon=True).start()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(done.wait(), STOP_SECONDS)


class Trace:
    """A piece of work and its place in a trace. As a context manager it is the current one, and a fault ends it.

    What is left without `end` is never told of: so a batch that was rolled back leaves no trace of what it didn't do.
    """

    __slots__ = ("_span", "_token", "traceparent")

    def __init__(self, traceparent: str | None, span: "Span | None" = None) -> None:
        self.traceparent = traceparent
        """What goes with all that this piece of work sets going."""
        self._span = span
        self._token: Token[str | None] | None = None

    def __enter__(self) -> Self:
        self._token = current.set(self.traceparent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._token is not None:
            current.reset(self._token)
        if fault is not None:
            self.end(fault=fault)

    def end(self, name: str = "", *, fault: BaseException | str | None = None, **attributes: Any) -> None:
        """The work is done, or failed. In `attributes`, `__` stands for a dot."""
        if self._span is None:
            return
        if name:
            self._span.update_name(name)
        for attribute, value in attributes.items():
            self._span.set_attribute(attribute.replace("__", "."), value)
        _end(self._span, fault)
        self._span = None


def serving(service: str, given: str | None, *, method: str) -> Trace:
    """A request begins, in its caller's trace or in a new one; `end` it with the name of its route."""
    tracer = _tracers.get(service)
    if tracer is None:
        return Trace(given)
    from opentelemetry.trace import SpanKind

    span = tracer.start_span(method, _context(given), SpanKind.SERVER, {"http.request.method": method})
    return Trace(_traceparent_of(span), span)


def working(service: str, given: str | None) -> Trace:
    """A transaction begins. One that nobody asked for, such as a job's, begins a trace of its own."""
    tracer = _tracers.get(service)
    if tracer is None or given is not None:
        return Trace(given)
    span = tracer.start_span("work", _context(None))
    return Trace(_traceparent_of(span), span)


def handling(service: str, event: Heard) -> Trace:
    """An attempt to handle an event begins; `end` it once its effect is committed, with the outcome."""
    tracer = _tracers.get(service)
    if tracer is None:
        return Trace(event.traceparent)
    from opentelemetry.trace import SpanKind

    attributes = {
        **_of_event("handle", "process", event.topic, event.id, event.type),
        "messaging.consumer.group.name": service,
        "messaging.destination.partition.id": str(event.partition),
        "messaging.kafka.offset": event.offset,
        "datacity.correlation_id": event.correlation_id,
    }
    span = tracer.start_span(f"handle {event.topic}", _context(event.traceparent), SpanKind.CONSUMER, attributes)
    return Trace(_traceparent_of(span), span)


def moment(service: str) -> int:
    """When something begins, for `published`; 0 if nobody collects traces, and then there is nothing to tell."""
    return time.time_ns() if service in _tracers else 0


def published(
    service: str,
    began: int,
    *,
    topic: str,
    event_id: UUID | str,
    type: str,  # noqa: A002  as the envelope calls it
    traceparent: str | None,
    partition: int | None = None,
    fault: BaseException | None = None,
) -> None:
    """An event was handed to Kafka at `began` (see `moment`) and acknowledged now, or refused for good."""
    tracer = _tracers.get(service)
    if tracer is None or not began:
        return
    from opentelemetry.trace import SpanKind

    attributes = _of_event("publish", "send", topic, event_id, type)
    if partition is not None:
        attributes["messaging.destination.partition.id"] = str(partition)
    context = _context(traceparent)
    _end(tracer.start_span(f"publish {topic}", context, SpanKind.PRODUCER, attributes, start_time=began), fault)


def _end(span: "Span", fault: BaseException | str | None) -> None:
    if fault is not None:
        from opentelemetry.trace import StatusCode

        # Its class alone: the message may quote personal data.
        span.set_attribute("error.type", fault if isinstance(fault, str) else type(fault).__qualname__)
        span.set_status(StatusCode.ERROR)
    span.end()


def _of_event(name: str, kind: str, topic: str, event_id: UUID | str, type_: str) -> dict[str, Any]:
    """Neither key nor subject: on some topics they are a person's id."""
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": name,
        "messaging.operation.type": kind,
        "messaging.destination.name": topic,
        "messaging.message.id": str(event_id),
        "cloudevents.event_type": type_,
    }


def _context(given: str | None) -> Any:
    """The place in the trace that a traceparent names; an empty one, never the process's own, if it names none."""
    from opentelemetry.context import Context
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    match = TRACEPARENT.fullmatch(given) if given else None
    if match is None:
        return Context()
    trace_id, span_id, flags = (int(part, 16) for part in match.groups())
    parent = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    return set_span_in_context(NonRecordingSpan(parent), Context())


def _traceparent_of(span: "Span") -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _sending_to(endpoint: str) -> "SpanProcessor":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=STOP_SECONDS)
    return BatchSpanProcessor(exporter, max_queue_size=QUEUE)
