"""One trace joins a request, what it published, who handled it and what that published in turn; it names nobody."""

import inspect
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from shared import tracing
from shared.http import Body, ShortText, View, WorkDep, does, service_router
from shared.identity import PermissionTable, Rule
from shared.logging import current_traceparent
from shared.messaging import Listener
from shared.outbox import lanes
from shared.runtime import assemble
from shared.settings import Settings
from shared.work import Work
from tests.support.backbone import NoteWritten, Rig, rig, until
from tests.support.issuer import PERSON, FakeIssuer
from tests.support.stack import Backbone

CANARY = "Zineb Canari"
SEEN = "the handler saw it"
ISSUER = FakeIssuer()
PERMISSIONS = PermissionTable(
    [
        Rule("writer", "write_note"),
        *(
            Rule("staff", action)
            for action in ("watch_operations", "release_quarantine", "discard_quarantine", "release_outbox")
        ),
    ]
)


class NoteBody(Body):
    text: ShortText


class NoteView(View):
    text: str


@dataclass
class Traced:
    app: FastAPI
    rig: Rig
    spans: InMemorySpanExporter
    current: list[str | None]
    """What was the current trace each time the handler ran."""

    def named(self, name: str) -> list[ReadableSpan]:
        found = [span for span in self.spans.get_finished_spans() if span.name == name]
        return sorted(found, key=lambda span: span.start_time or 0)


@pytest.fixture
def relay_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tells of each batch that was acknowledged, where the relay does not do so itself."""
    if "tracing" in inspect.getsource(lanes):
        return
    send = lanes.Lane._send

    async def send_and_tell(lane: Any, batch: Any, rows: list[Any]) -> None:
        began = tracing.moment(lane.traffic.relay.service)
        await send(lane, batch, rows)
        for row in rows:
            tracing.published(
                lane.traffic.relay.service, began, topic=lane.topic, partition=lane.partition, headers=row.headers
            )

    monkeypatch.setattr(lanes.Lane, "_send", send_and_tell)


@pytest.fixture
async def traced(backbone: Backbone, relay_tells: None) -> AsyncIterator[Traced]:
    """A service whose route publishes a note, and which answers each note that it hears, at the second attempt."""
    async with rig(backbone) as made:
        exporter, current = InMemorySpanExporter(), list[str | None]()
        prefix = f"/api/{made.name}/v1"
        router = service_router(prefix, permissions=PERMISSIONS)
        listens = Listener(made.name)

        @router.post("/people/{person}/notes", status_code=201, **does("write_note"))
        async def write_note(person: UUID, body: NoteBody, work: WorkDep) -> NoteView:
            work.publish(NoteWritten(subject_id=person, text=body.text))
            return NoteView(text=body.text)

        @listens.to(made.topic)
        async def on_note(event: NoteWritten, work: Work) -> None:
            current.append(current_traceparent())
            if len(current) == 1:
                raise RuntimeError(CANARY)
            if event.text != SEEN:
                work.publish(NoteWritten(subject_id=uuid.uuid4(), text=SEEN))

        settings = Settings.model_validate(
            {
                "environment": "development",
                "kafka": made.kafka,
                "database_url": made.dsn.replace("postgresql://", "postgresql+asyncpg://"),
                "issuer": ISSUER.issuer,
            }
        )
        app = assemble(
            made.name, settings, topic=made.topic, listener=listens, permissions=PERMISSIONS, routers=[router]
        )
        app.state.authenticator = ISSUER.authenticator()
        tracing.start(made.name, processor=SimpleSpanProcessor(exporter))
        async with app.router.lifespan_context(app):
            yield Traced(app=app, rig=made, spans=exporter, current=current)


async def test_one_trace_joins_a_request_to_all_that_it_set_going(traced: Traced) -> None:
    person = uuid.uuid4()
    topic = traced.rig.topic
    async with httpx.AsyncClient(transport=httpx.ASGITransport(traced.app), base_url="http://test") as client:
        answer = await client.post(
            f"/api/{traced.rig.name}/v1/people/{person}/notes?for={CANARY}",
            json={"text": CANARY},
            headers={**ISSUER.bearer("writer"), "User-Agent": CANARY, "X-Note": CANARY},
        )
    assert answer.status_code == 201

    async def all_is_told() -> bool:
        return len(traced.named(f"handle {topic}")) == 3 and len(traced.named(f"publish {topic}")) == 2

    await until(all_is_told, seconds=60, what="three attempts and two publications")

    [request] = traced.named(f"POST /api/{traced.rig.name}/v1/people/{{person}}/notes")
    first_told, answer_told = traced.named(f"publish {topic}")
    failed, handled, answer_handled = traced.named(f"handle {topic}")
    spans = traced.spans.get_finished_spans()

    assert {trace_of(span) for span in spans} == {trace_of(request)}
    assert request.parent is None
    assert [parent_of(span) for span in (first_told, failed, handled)] == [id_of(request)] * 3
    assert [parent_of(span) for span in (answer_told, answer_handled)] == [id_of(handled)] * 2
    assert [span.kind for span in (request, first_told, handled)] == [
        SpanKind.SERVER,
        SpanKind.PRODUCER,
        SpanKind.CONSUMER,
    ]
    assert (failed.attributes or {})["error.type"] == "RuntimeError"
    assert (handled.attributes or {})["datacity.outcome"] == "handled"
    assert (handled.attributes or {})["messaging.message.id"] == (first_told.attributes or {})["messaging.message.id"]
    assert traced.current == [f"00-{trace_of(span)}-{id_of(span)}-03" for span in (failed, handled, answer_handled)]

    told = "".join(span.to_json() for span in spans)
    for personal in (CANARY, CANARY.split(maxsplit=1)[0], str(person), str(PERSON)):
        assert personal not in told


async def test_what_a_job_publishes_begins_a_trace_of_its_own(traced: Traced) -> None:
    topic = traced.rig.topic
    traced.current.append(None)  # the first attempt fails only once

    async with traced.app.state.works.begin() as work:
        work.publish(NoteWritten(subject_id=uuid.uuid4(), text=SEEN))

    async def it_is_handled() -> bool:
        return bool(traced.named(f"handle {topic}") and traced.named(f"publish {topic}"))

    await until(it_is_handled, seconds=60, what="a publication and its handling")
    [work_done] = traced.named("work")
    assert work_done.parent is None
    for name in ("publish", "handle"):
        [span] = traced.named(f"{name} {topic}")
        assert (trace_of(span), parent_of(span)) == (trace_of(work_done), id_of(work_done))


def trace_of(span: Any) -> str:
    return f"{span.context.trace_id:032x}"


def id_of(span: Any) -> str:
    return f"{span.context.span_id:016x}"


def parent_of(span: Any) -> str:
    return f"{span.parent.span_id:016x}"
