"""Applications on a real database, with people of each role who talk to it over HTTP, and a clock to turn."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from pypdf import PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import DictionaryObject, NameObject, StreamObject, TextStringObject
from sqlalchemy import text

from services.applications.jobs import close_next
from services.applications.main import build
from shared import clock
from shared.events import Envelope, Event, encode_headers
from shared.identity import Actor
from shared.messaging import Handling, Outcome
from shared.settings import Environment, Settings
from shared.tlog.keys import SigningKey
from tests.support.issuer import ISSUER, FakeIssuer
from tests.support.stack import Backbone

PREFIX = "/api/applications/v1"
RECEIPTS = SigningKey.generate("datacity.test/applications/receipts")
NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
OPENS = datetime.fromisoformat("2026-12-01T08:00")
CLOSES = datetime.fromisoformat("2027-02-28T23:59")
"""On a wall in Casablanca, which keeps UTC again."""
ZONE = "Africa/Casablanca"
GRACE = timedelta(seconds=1)


@dataclass
class Clock:
    """The server's clock, as far as the service sees it."""

    moment: datetime = NOW

    def turn_to(self, wall: datetime) -> None:
        self.moment = wall.replace(tzinfo=UTC)

    def forward(self, **delta: float) -> None:
        self.moment += timedelta(**delta)


@dataclass(kw_only=True)
class Caller:
    """Somebody with a token, or without."""

    service: "Applications"
    person_id: UUID | None
    headers: dict[str, str]

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.service.client.get(PREFIX + path, headers=self.headers, params=params)

    async def post(self, path: str, body: Any = None, *, key: str | None = None, match: str = "") -> httpx.Response:
        headers = self.headers | ({"Idempotency-Key": key} if key else {}) | ({"If-Match": match} if match else {})
        return await self.service.client.post(PREFIX + path, headers=headers, json=body)

    async def put(self, path: str, body: Any, *, match: str | None = None) -> httpx.Response:
        return await self._change("PUT", path, body, match)

    async def patch(self, path: str, body: Any, *, match: str | None = None) -> httpx.Response:
        """With the ETag of what is there, unless another is given."""
        if match is None:
            match = (await self.get(path)).headers.get("ETag", "")
        return await self._change("PATCH", path, body, match)

    async def delete(self, path: str, *, match: str | None = '"1"') -> httpx.Response:
        return await self._change("DELETE", path, None, match)

    async def upload(
        self, path: str, content: bytes, *, name: str = "deck.pdf", media_type: str = "application/pdf"
    ) -> httpx.Response:
        files = {"file": (name, content, media_type)}
        return await self.service.client.post(f"{PREFIX}{path}/attachments", headers=self.headers, files=files)

    async def _change(self, method: str, path: str, body: Any, match: str | None) -> httpx.Response:
        headers = self.headers | ({"If-Match": match} if match else {})
        return await self.service.client.request(method, PREFIX + path, headers=headers, json=body)


@dataclass(kw_only=True)
class Season:
    """An edition with published challenges and a call for them."""

    edition_id: str
    challenge_ids: list[str]
    call_id: str


@dataclass(kw_only=True)
class Applicant:
    """A lead with a team and its application."""

    lead: Caller
    team_id: str
    path: str

    @property
    def application_id(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(kw_only=True)
class Applications:
    """The service, its database, and those who talk to it."""

    app: FastAPI
    issuer: FakeIssuer
    client: httpx.AsyncClient
    clock: Clock = field(default_factory=Clock)

    def caller(self, *roles: str, person_id: UUID | None = None, organisation: str | None = None) -> Caller:
        who = person_id or uuid4()
        headers = self.issuer.bearer(*roles, person_id=str(who), organisation=organisation)
        # A test's tokens live by the real clock, and the service's by the one that is turned.
        return Caller(service=self, person_id=who, headers=headers)

    @property
    def anybody(self) -> Caller:
        return Caller(service=self, person_id=None, headers={})

    @property
    def staff(self) -> Caller:
        return self.caller("staff", organisation="numa")

    @property
    def handling(self) -> Handling:
        found: Handling = self.app.state.handling
        return found

    async def registered(self, *roles: str, **who: Any) -> Caller:
        caller = self.caller(*(roles or ("applicant",)), **who)
        answer = await caller.put("/people/me", contact_body())
        assert answer.status_code == 200, answer.text
        return caller

    async def season(self, *, own_deadlines: dict[int, datetime] | None = None, **call: Any) -> Season:
        """Three challenges by three partners, and a call open from OPENS to CLOSES; the clock stands in between."""
        self.clock.moment = NOW
        staff = self.staff
        edition_id = (await staff.post("/editions", edition_body())).json()["id"]
        challenge_ids = []
        for partner in ("inwi", "lydec", "holcim"):
            owner = self.caller("partner", organisation=partner)
            challenge_id = (await owner.post("/challenges", challenge_body(edition_id))).json()["id"]
            assert (await staff.post(f"/challenges/{challenge_id}/publish")).status_code == 200
            challenge_ids.append(challenge_id)
        own = {challenge_ids[n]: wall(local) for n, local in (own_deadlines or {}).items()}
        made = await staff.post("/calls", call_body(edition_id, challenge_ids, challenge_deadlines=own, **call))
        assert made.status_code == 201, made.text
        self.clock.turn_to(OPENS + timedelta(days=1))
        return Season(edition_id=edition_id, challenge_ids=challenge_ids, call_id=made.json()["id"])

    async def drafted(self, season: Season, **changes: Any) -> Applicant:
        lead = await self.registered()
        team_id = (await lead.post("/teams", {"name": "Invented Sensors"})).json()["id"]
        answer = await lead.post("/applications", {"call_id": season.call_id, "team_id": team_id})
        assert answer.status_code == 201, answer.text
        applicant = Applicant(lead=lead, team_id=team_id, path=f"/applications/{answer.json()['id']}")
        saved = await lead.patch(applicant.path, draft_body(season, **changes))
        assert saved.status_code == 200, saved.text
        return applicant

    async def submitted(self, season: Season, **changes: Any) -> Applicant:
        applicant = await self.drafted(season, **changes)
        answer = await applicant.lead.post(f"{applicant.path}/submit")
        assert answer.status_code == 200, answer.text
        return applicant

    async def close(self) -> None:
        """Let the deadline pass, and the worker do what is due."""
        self.clock.turn_to(CLOSES + timedelta(seconds=2))
        while await close_next(self.app.state.works, grace=GRACE):
            pass

    async def open_files(self, season: Season) -> None:
        await self.close()
        answer = await self.staff.post(f"/calls/{season.call_id}/open-files")
        assert answer.status_code == 200, answer.text

    async def hear(self, *records: Any) -> None:
        """What Kafka would bring, in this order; each twice, as it may."""
        for record in records:
            assert await self.handling.handle(record) is Outcome.HANDLED
            assert await self.handling.handle(record) is Outcome.DUPLICATE

    async def told(self, subject: object) -> list[str]:
        """The types of the events written about a subject, in order."""
        rows = await self.fetch(
            "SELECT type FROM event_log WHERE subject = :subject ORDER BY position", subject=str(subject)
        )
        return [row.type.removeprefix("io.datacity.").removesuffix(".v1") for row in rows]

    async def fetch(self, sql: str, **values: Any) -> list[Any]:
        async with self.app.state.works.begin(read_only=True) as work:
            return list(await (await work.session.connection()).execute(text(sql), values))


@asynccontextmanager
async def applications(backbone: Backbone, *, compressed: bool = False) -> AsyncIterator[Applications]:
    """A fresh database, migrated, and the API on it; the relay, the consumer and the jobs do not run."""
    database = await backbone.migrated_database("applications")
    settings = Settings(
        environment=Environment.DEVELOPMENT,
        kafka=backbone.kafka,
        database_url=SecretStr(database.runtime_url),
        issuer=ISSUER,
        compressed_schedule=compressed,
        rate_limit_per_minute=0,
        receipt_key=SecretStr(RECEIPTS.skey),
    )
    issuer = FakeIssuer()
    app = build(settings, role="api")
    app.state.authenticator = issuer.authenticator()
    turned = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: turned.moment)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Applications(app=app, issuer=issuer, client=client, clock=turned)
    await app.state.works.engine.dispose()


# What people send.


def wall(local: datetime, zone: str = ZONE) -> dict[str, str]:
    return {"local": local.isoformat(), "zone": zone}


def contact_body(**changes: Any) -> dict[str, Any]:
    return {"name": "Personne Inventée", "email": f"{uuid4().hex}@people.example", "language": "fr"} | changes


def edition_body(**changes: Any) -> dict[str, Any]:
    return {"city": "Casablanca", "title": {"fr": "Première édition"}, "zone": ZONE} | changes


def challenge_body(edition_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "edition_id": edition_id,
        "title": {"fr": "Des fuites vues tôt", "ar": "كشف التسربات"},
        "description": {"fr": "Un réseau inventé\nperd de l'eau."},
    } | changes


def call_body(edition_id: str, challenge_ids: list[str], **changes: Any) -> dict[str, Any]:
    return {
        "edition_id": edition_id,
        "challenge_ids": challenge_ids,
        "opens_at": wall(OPENS),
        "closes_at": wall(CLOSES),
    } | changes


def form_body(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"sections": [{"id": "all", "title": label("Tout"), "fields": list(fields)}]}


def asks(id_: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"id": id_, "kind": kind, "label": label("Une question ?"), **more}


def label(french: str) -> dict[str, str]:
    return {"fr": french, "ar": "بالعربية", "en": "In English"}


def draft_body(season: Season, **changes: Any) -> dict[str, Any]:
    return {
        "title": "Ears on the pipes",
        "summary": "Invented.",
        "answers": {"problem": "Leaks are found late."},
        "challenge_ids": season.challenge_ids[:1],
    } | changes


def pdf(*, pages: int = 1, password: str | None = None, by: str | None = None) -> bytes:
    """A PDF that is one; with `by`, one that says so wherever programs look."""
    writer = PdfWriter()
    for _ in range(pages):
        page = writer.add_blank_page(width=200, height=100)
        if by:
            said = StreamObject()
            said.set_data(f"<x:xmpmeta>{by}</x:xmpmeta>".encode())
            page[NameObject("/Metadata")] = writer._add_object(said)
            page[NameObject("/PieceInfo")] = DictionaryObject({NameObject("/Tool"): TextStringObject(by)})
    if by:
        writer.add_metadata({"/Author": by, "/Title": f"Pitch of {by}"})
        writer.add_attachment("team.txt", by.encode())
        writer.add_annotation(0, FreeText(text=by, rect=(0, 0, 50, 50)))
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


# What selection tells.


def record_of(told: Event, *, sequence: int = 1) -> Any:
    """The Kafka record that carries it, as its publisher's relay would have sent it."""
    publisher = type(told).__module__.split(".")[2]
    envelope = Envelope(
        id=uuid4(),
        source=f"/services/{publisher}",
        type=told.TYPE,
        subject=told.subject,
        time=NOW,
        key=told.key,
        sequence=sequence,
        correlation_id=str(uuid4()),
        causation_id=None,
        actor=Actor.system("test").name,
        value=told.to_bytes(),
    )
    return SimpleNamespace(
        topic=f"{publisher}.events.v1",
        partition=0,
        offset=uuid4().int % 2**62,
        key=told.key.encode(),
        headers=encode_headers(envelope.headers()),
        value=envelope.value,
    )
