"""Spans reach a collector, hold nobody up, and a trace travels on although nobody makes spans of it."""

import asyncio
import io
import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import clock, tracing
from shared.events import Envelope, encode_headers
from shared.logging import configure_logging, current_traceparent
from tests.support.issuer import FakeIssuer
from tests.support.sample_service import PREFIX, breaking_router, calling, sample_app

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
FOLLOWED, NOT_FOLLOWED = (f"00-{TRACE}-00f067aa0ba902b7-{flags}" for flags in ("01", "00"))
ISSUER = FakeIssuer()


def envelope(traceparent: str | None = FOLLOWED) -> Envelope:
    return Envelope(
        id=uuid.uuid4(),
        source="/services/sample",
        type="io.datacity.test.note-written.v1",
        subject="subject",
        time=clock.now(),
        key="key",
        sequence=1,
        correlation_id=str(uuid.uuid4()),
        causation_id=None,
        actor="actor",
        traceparent=traceparent,
        value=b"{}",
        topic="sample.events.v1",
        partition=3,
        offset=7,
    )


@pytest.fixture
async def spans() -> Any:
    """What the service `sample` made, as it is read by nobody else."""
    exporter = InMemorySpanExporter()
    tracing.start("sample", processor=SimpleSpanProcessor(exporter))
    yield exporter
    await tracing.stop("sample")


@contextmanager
def collector(*, answers: threading.Event | None = None) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A collector's address, and what it was sent; with `answers` it leaves its callers waiting for that."""
    received: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            if answers:
                answers.wait(30)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        server.server_close()


async def test_spans_are_sent_to_the_collector_before_the_service_ends() -> None:
    with collector() as (address, received):
        tracing.start("sample", endpoint=address, build="abc123")
        tracing.handling("sample", envelope()).end(datacity__outcome="handled")
        await tracing.stop("sample")

    [(path, body)] = received
    [told] = ExportTraceServiceRequest.FromString(body).resource_spans
    resource = {attribute.key: attribute.value.string_value for attribute in told.resource.attributes}
    [span] = told.scope_spans[0].spans
    assert path == "/v1/traces"
    assert (resource["service.name"], resource["service.version"]) == ("sample", "abc123")
    assert span.name == "handle sample.events.v1"
    assert span.trace_id.hex() == TRACE


async def test_a_collector_that_does_not_answer_holds_the_end_up_for_moments_only() -> None:
    answers = threading.Event()
    with collector(answers=answers) as (address, received):
        tracing.start("sample", endpoint=address)
        tracing.handling("sample", envelope()).end()
        began = time.monotonic()
        await tracing.stop("sample")
        took = time.monotonic() - began
        answers.set()

    assert received
    assert took < tracing.STOP_SECONDS + 2


async def test_a_collector_that_is_away_is_no_reason_to_fail() -> None:
    tracing.start("sample", endpoint="http://127.0.0.1:1")
    tracing.handling("sample", envelope()).end()

    async with asyncio.timeout(tracing.STOP_SECONDS + 5):
        await tracing.stop("sample")


def test_without_a_collector_the_trace_travels_on_as_it_came() -> None:
    with tracing.handling("sample", envelope()) as trace:
        assert trace.traceparent == current_traceparent() == FOLLOWED
    assert current_traceparent() is None

    assert tracing.moment("sample") == 0
    assert tracing.working("sample", None).traceparent is None


async def test_a_trace_that_its_caller_does_not_follow_is_not_followed_here(spans: InMemorySpanExporter) -> None:
    for trace in (
        tracing.serving("sample", NOT_FOLLOWED, method="GET"),
        tracing.handling("sample", envelope(NOT_FOLLOWED)),
    ):
        trace.end()
        assert trace.traceparent == NOT_FOLLOWED
    began = tracing.moment("sample")
    tracing.published("sample", began, topic="t", headers=encode_headers(envelope(NOT_FOLLOWED).headers()))

    assert spans.get_finished_spans() == ()


async def test_only_the_share_of_requests_that_was_asked_for_is_traced() -> None:
    exporter = InMemorySpanExporter()
    tracing.start("sample", processor=SimpleSpanProcessor(exporter), sampled=0.0)
    try:
        trace = tracing.serving("sample", None, method="GET")
        trace.end()
        followed = tracing.serving("sample", FOLLOWED, method="GET")
        followed.end()
    finally:
        await tracing.stop("sample")

    assert trace.traceparent is not None
    assert int(trace.traceparent[-2:], 16) & 1 == 0
    [span] = exporter.get_finished_spans()
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == TRACE


@pytest.mark.parametrize("garbage", [None, "", "zineb", "00-0-0-0", f"00-{'0' * 32}-00f067aa0ba902b7-01"])
async def test_a_header_that_is_no_trace_begins_a_new_one(spans: InMemorySpanExporter, garbage: str | None) -> None:
    tracing.handling("sample", envelope(garbage)).end()

    [span] = spans.get_finished_spans()
    assert span.parent is None


async def test_what_is_left_without_an_end_is_not_told(spans: InMemorySpanExporter) -> None:
    with tracing.handling("sample", envelope()):
        pass

    assert spans.get_finished_spans() == ()


async def test_a_request_is_a_span_named_by_its_route(spans: InMemorySpanExporter) -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.get(
            f"{PREFIX}/numbers/42?name=zineb", headers={**ISSUER.bearer("writer"), "traceparent": FOLLOWED}
        )

    [span] = spans.get_finished_spans()
    attributes = dict(span.attributes or {})
    assert span.name == f"GET {PREFIX}/numbers/{{number}}"
    assert span.parent is not None
    assert f"{span.parent.trace_id:032x}" == TRACE
    assert attributes == {
        "http.request.method": "GET",
        "http.route": f"{PREFIX}/numbers/{{number}}",
        "http.response.status_code": 200,
        "datacity.correlation_id": answer.headers["x-correlation-id"],
    }
    assert span.status.is_unset


async def test_probes_are_no_spans(spans: InMemorySpanExporter) -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        await client.get("/healthz")
        await client.get("/metrics")

    assert spans.get_finished_spans() == ()


async def test_an_accident_is_told_by_its_class_and_not_by_its_words(spans: InMemorySpanExporter) -> None:
    async with calling(sample_app(breaking_router(RuntimeError("Zineb Canari")), issuer=ISSUER)) as client:
        answer = await client.post(f"{PREFIX}/break", headers=ISSUER.bearer("writer"))

    [span] = spans.get_finished_spans()
    assert answer.status_code == 500
    assert span.context is not None
    assert answer.json()["trace_id"] == f"{span.context.trace_id:032x}"
    assert (span.attributes or {})["error.type"] == "RuntimeError"
    assert not span.status.is_ok
    assert span.status.description is None
    assert span.events == ()
    assert "Zineb" not in span.to_json()


def test_the_trace_at_hand_is_on_every_log_line() -> None:
    root = logging.getLogger()
    handlers, level, before = root.handlers, root.level, structlog.get_config()
    stream = io.StringIO()
    configure_logging("sample", stream=stream)
    try:
        with tracing.handling("sample", envelope()):
            structlog.get_logger().info("inside")
        structlog.get_logger().info("outside")
    finally:
        root.handlers, root.level = handlers, level
        structlog.configure(**before)

    inside, outside = stream.getvalue().splitlines()
    assert f'"trace_id": "{TRACE}"' in inside
    assert "trace_id" not in outside
