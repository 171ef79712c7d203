"""The rig's quarantine as operators have it: events that fail on demand, and the routes to deal with them over HTTP."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from shared.database import new_id
from shared.events import Envelope, encode_headers
from shared.http import create_app
from shared.identity import PermissionTable, Rule
from shared.messaging import Handling
from shared.operations import operations_router
from shared.work import Work
from tests.support.backbone import NoteWritten, Rig
from tests.support.issuer import FakeIssuer
from tests.support.sample_service import settings

PREFIX = "/api/selection/v1/operations"
PERMISSIONS = PermissionTable(
    [
        Rule(("staff", "auditor"), "watch_operations"),
        Rule("staff", "release_quarantine"),
        Rule("staff", "discard_quarantine"),
        Rule("staff", "release_outbox"),
    ]
)


@dataclass(frozen=True)
class Record:
    """Shaped like a Kafka record."""

    topic: str
    partition: int
    offset: int
    key: bytes
    headers: list[tuple[str, bytes]]
    value: bytes | None


class Sour(Exception):
    """What a note does that can't be handled."""


class Bitter(Exception):
    """Another fault, elsewhere."""


@dataclass
class Desk:
    """An operator's desk: notes come in, those of `bad` fail, and the routes answer."""

    rig: Rig
    issuer: FakeIssuer = field(default_factory=FakeIssuer)
    bad: dict[str, type[Exception]] = field(default_factory=dict)
    app: FastAPI = field(init=False)
    handling: Handling = field(init=False)
    _offsets: Any = field(default_factory=lambda: itertools.count(1))
    _sequences: dict[UUID, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.handling = self.rig.handling(self._taste, budget=0.0)
        self.app = create_app(
            "sample",
            settings=settings(),
            works=self.rig.works,
            permissions=PERMISSIONS,
            routers=[operations_router("selection", permissions=PERMISSIONS, handling=self.handling)],
            authenticator=self.issuer.authenticator(),
        )

    async def _taste(self, event: NoteWritten, work: Work) -> None:
        if event.text in self.bad:
            raise self.bad[event.text]
        work.publish(NoteWritten(subject_id=new_id(), text=f"heard {event.text}"))

    def record(self, subject: UUID, note: str, **changes: Any) -> Record:
        self._sequences[subject] = self._sequences.get(subject, 0) + 1
        envelope = Envelope(
            id=new_id(),
            source="/services/elsewhere",
            type=NoteWritten.TYPE,
            subject=str(subject),
            time=datetime.now(UTC),
            key=str(subject),
            sequence=self._sequences[subject],
            correlation_id="story-1",
            causation_id=None,
            actor="system:elsewhere",
            value=NoteWritten(subject_id=subject, text=note).to_bytes(),
        )
        made = {
            "topic": self.rig.topic,
            "partition": 0,
            "offset": next(self._offsets),
            "key": envelope.key.encode(),
            "headers": encode_headers(envelope.headers()),
            "value": envelope.value,
        }
        return Record(**{**made, **changes})

    async def hear(self, subject: UUID, *notes: str) -> None:
        """As Kafka would bring them; those in `bad`, and those behind them, end in quarantine."""
        for note in notes:
            await self.handling.handle(self.record(subject, note))

    async def bad_key(self, *notes: str, fault: type[Exception] = Sour) -> UUID:
        """A key whose first note fails with the others behind it."""
        subject = uuid4()
        self.bad[notes[0]] = fault
        await self.hear(subject, *notes)
        return subject

    async def park_in_outbox(self, subject: UUID, *notes: str) -> None:
        """A key whose rows wait behind a mark, as if Kafka had refused its first."""
        await self.rig.note(subject, *notes)
        async with self.rig.works.begin() as work:
            await (await work.session.connection()).execute(
                text(
                    "INSERT INTO outbox_parked (topic, key, position, error) SELECT topic, key, min(position), "
                    "'too large' FROM outbox_pending WHERE key = :key GROUP BY topic, key"
                ),
                {"key": str(subject)},
            )

    @asynccontextmanager
    async def caller(self, *roles: str, **identity: Any) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app=self.app)
        headers = self.issuer.bearer(*roles, **identity) if roles else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://sample.test", headers=headers) as client:
            yield client

    async def get(self, path: str, *, role: str = "staff", status: int = 200, **params: Any) -> Any:
        async with self.caller(role) as client:
            answer = await client.get(PREFIX + path, params=params)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None, *, role: str = "staff", status: int = 200, **headers: str) -> Any:
        async with self.caller(role) as client:
            answer = await client.post(
                PREFIX + path, json=body or {}, headers={name.replace("_", "-"): text for name, text in headers.items()}
            )
        assert answer.status_code == status, answer.text
        return answer.json()

    async def waiting(self, **wanted: Any) -> list[Any]:
        items: list[Any] = (await self.get("/quarantine/events", limit=200, **wanted))["items"]
        return items

    async def notes(self, subject: UUID) -> list[str]:
        """The effects of a subject's notes, in the order in which they came."""
        return [note for of, note in await self.rig.effects() if of == str(subject)]

    async def told(self, type_: str) -> list[Any]:
        """Events of a type in the event log, with their values."""
        async with self.rig.works.engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT actor, correlation_id, causation_id, key, subject, sequence, "
                    "convert_from(value, 'UTF8')::jsonb AS value FROM event_log WHERE type = :type ORDER BY position"
                ),
                {"type": type_},
            )
            return list(rows)
