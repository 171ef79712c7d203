"""Makes the spans of one service and sends them to a collector; imported only where one is named."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags, set_span_in_context

from shared.tracing import STOP_SECONDS, TRACEPARENT
from shared.tracing.trace import Heard, Trace, end

QUEUE = 8192
"""Spans that wait for the collector; more are dropped, as a trace may have holes and a service may not wait."""


class Spans:
    """Names and attributes are OpenTelemetry's semantic conventions, without those that could hold personal data."""

    def __init__(
        self, service: str, *, endpoint: str, sampled: float, build: str, processor: SpanProcessor | None
    ) -> None:
        self.service = service
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(sampled)),
            resource=Resource.create(
                {"service.namespace": "datacity", "service.name": service, "service.version": build}
            ),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor or _sending_to(endpoint))
        self._start = self._provider.get_tracer("datacity").start_span

    def stop(self) -> None:
        self._provider.shutdown()

    def serving(self, given: str | None, *, method: str) -> Trace:
        return _trace(self._start(method, _place(given), SpanKind.SERVER, {"http.request.method": method}))

    def working(self) -> Trace:
        return _trace(self._start("work", Context()))

    def handling(self, event: Heard) -> Trace:
        attributes = {
            **_of_event("handle", "process", event.topic, event.id, event.type),
            "messaging.consumer.group.name": self.service,
            "messaging.destination.partition.id": str(event.partition),
            "messaging.kafka.offset": event.offset,
            "datacity.correlation_id": event.correlation_id,
        }
        return _trace(self._start(f"handle {event.topic}", _place(event.traceparent), SpanKind.CONSUMER, attributes))

    def published(
        self,
        began: int,
        *,
        topic: str,
        headers: Mapping[str, str],
        partition: int | None,
        fault: BaseException | None,
    ) -> None:
        attributes = _of_event("publish", "send", topic, headers.get("ce_id", ""), headers.get("ce_type", ""))
        if partition is not None:
            attributes["messaging.destination.partition.id"] = str(partition)
        place = _place(headers.get("traceparent"))
        end(self._start(f"publish {topic}", place, SpanKind.PRODUCER, attributes, start_time=began), fault)


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


def _place(given: str | None) -> Context:
    """Where in a trace a traceparent points; nowhere, rather than where this process is, if it points to none."""
    match = TRACEPARENT.fullmatch(given) if given else None
    if match is None:
        return Context()
    trace_id, span_id, flags = (int(part, 16) for part in match.groups())
    parent = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    return set_span_in_context(NonRecordingSpan(parent), Context())


def _trace(span: Span) -> Trace:
    context = span.get_span_context()
    return Trace(f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}", span)


def _sending_to(endpoint: str) -> SpanProcessor:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=STOP_SECONDS)
    return BatchSpanProcessor(exporter, max_queue_size=QUEUE)
