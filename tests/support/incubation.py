"""Incubation on a real database, with people of each role who talk to it over HTTP, and a clock to turn."""

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
from sqlalchemy import text

from services.incubation.main import build
from shared import clock
from shared.events import Envelope, Event, Forgettable, encode_headers
from shared.events.applications import ChallengePublished, EditionAnnounced
from shared.events.forgettable import Dossier
from shared.events.selection import ApplicationSelected
from shared.identity import Actor
from shared.messaging import Handling, Outcome
from shared.settings import Environment, Settings
from tests.support.issuer import ISSUER, FakeIssuer
from tests.support.stack import Backbone

PREFIX = "/api/incubation/v1"
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
"""A Wednesday morning in Casablanca."""


@dataclass
class Clock:
    """The server's clock, as far as the service sees it."""

    moment: datetime = NOW

    def forward(self, **delta: float) -> None:
        self.moment += timedelta(**delta)


@dataclass(kw_only=True)
class Caller:
    """Somebody with a token, or without."""

    service: "Incubation"
    person_id: UUID | None
    headers: dict[str, str]

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.service.client.get(PREFIX + path, headers=self.headers, params=params)

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return await self.service.client.post(PREFIX + path, headers=headers, json=body)


@dataclass(kw_only=True)
class Cohort:
    """An edition with one challenge and one selected startup, as the other services told of it."""

    edition_id: UUID
    challenge_id: UUID
    application_id: UUID
    partner: str
    project_id: UUID
    lead: Caller
    member: Caller
    coach: Caller
    owner: Caller


@dataclass(kw_only=True)
class Incubation:
    """The service, its database, and those who talk to it."""

    app: FastAPI
    issuer: FakeIssuer
    client: httpx.AsyncClient
    clock: Clock = field(default_factory=Clock)

    def caller(self, *roles: str, person_id: UUID | None = None, organisation: str | None = None) -> Caller:
        who = person_id or uuid4()
        headers = self.issuer.bearer(*roles, person_id=str(who), organisation=organisation)
        return Caller(service=self, person_id=who, headers=headers)

    @property
    def anybody(self) -> Caller:
        return Caller(service=self, person_id=None, headers={})

    @property
    def staff(self) -> Caller:
        return self.caller("staff", organisation="numa")

    @property
    def city(self) -> Caller:
        return self.caller("city", organisation="casablanca")

    @property
    def handling(self) -> Handling:
        found: Handling = self.app.state.handling
        return found

    async def hear(self, *records: Any) -> list[Outcome]:
        """What Kafka would bring, in this order; each twice, as it may."""
        outcomes = []
        for record in records:
            outcomes.append(await self.handling.handle(record))
            assert await self.handling.handle(record) is Outcome.DUPLICATE
        return outcomes

    async def cohort(self, partner: str = "lydec") -> Cohort:
        """Hear of all that has to be before there is a project, and give it a coach."""
        edition = announced()
        challenge = published(edition_id=edition.edition_id, partner=partner)
        lead, member = self.caller("applicant"), self.caller("applicant")
        selected = selected_for(challenge, lead_id=lead.person_id, member_ids=[member.person_id])
        await self.hear(record_of(edition), record_of(challenge), record_of(dossier(selected.application_id)))
        await self.hear(record_of(selected))
        staff = self.staff
        found = (await staff.get("/projects", application_id=str(selected.application_id))).json()["items"]
        coach = self.caller("coach")
        named = await staff.post(f"/projects/{found[0]['id']}/coach", {"coach_id": str(coach.person_id)})
        assert named.status_code == 200, named.text
        return Cohort(
            edition_id=edition.edition_id,
            challenge_id=challenge.challenge_id,
            application_id=selected.application_id,
            partner=partner,
            project_id=UUID(found[0]["id"]),
            lead=lead,
            member=member,
            coach=coach,
            owner=self.caller("partner", organisation=partner),
        )

    async def told(self, *, subject: Any = None, key: Any = None) -> list[str]:
        """The types of the events written about a subject, or under a key, in order."""
        async with self.app.state.works.begin(read_only=True) as work:
            rows = await (await work.session.connection()).execute(
                text(
                    "SELECT type FROM event_log WHERE (CAST(:subject AS text) IS NULL OR subject = :subject)"
                    " AND (CAST(:key AS text) IS NULL OR key = :key) ORDER BY position"
                ),
                {"subject": subject and str(subject), "key": key and str(key)},
            )
            return [row.type.removeprefix("io.datacity.").removesuffix(".v1") for row in rows]

    async def fetch(self, sql: str, **values: Any) -> list[Any]:
        async with self.app.state.works.begin(read_only=True) as work:
            return list(await (await work.session.connection()).execute(text(sql), values))


@asynccontextmanager
async def incubation(
    backbone: Backbone, *, compressed: bool = False, turned: Clock | None = None
) -> AsyncIterator[Incubation]:
    """A fresh database, migrated, and the API on it; the relay and the consumer do not run.

    There is one clock in the process: a second service beside the first is given the first one's.
    """
    database = await backbone.migrated_database("incubation")
    settings = Settings(
        environment=Environment.DEVELOPMENT,
        kafka=backbone.kafka,
        database_url=SecretStr(database.runtime_url),
        issuer=ISSUER,
        compressed_schedule=compressed,
        rate_limit_per_minute=0,
    )
    issuer = FakeIssuer()
    app = build(settings, role="api")
    app.state.authenticator = issuer.authenticator()
    turned = turned or Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda clock=turned: clock.moment)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Incubation(app=app, issuer=issuer, client=client, clock=turned)
    await app.state.works.engine.dispose()


# What the other services tell.


def announced(*, zone: str = "Africa/Casablanca") -> EditionAnnounced:
    return EditionAnnounced(edition_id=uuid4(), city="Casablanca", title={"en": "First edition"}, zone=zone)


def published(*, edition_id: UUID | None = None, partner: str = "lydec") -> ChallengePublished:
    return ChallengePublished(
        challenge_id=uuid4(), edition_id=edition_id or uuid4(), partner=partner, title={"en": "Leaks found early"}
    )


def dossier(application_id: UUID, *, revision: int = 1, startup: str = "Invented Drops") -> Dossier:
    return Dossier(
        application_id=application_id,
        revision=revision,
        startup=startup,
        title="Ears on the pipes",
        summary="Invented.",
        salt="0" * 32,
    )


def selected_for(
    challenge: ChallengePublished,
    *,
    application_id: UUID | None = None,
    lead_id: UUID | None = None,
    member_ids: list[UUID | None] | None = None,
) -> ApplicationSelected:
    return ApplicationSelected(
        decision_id=uuid4(),
        application_id=application_id or uuid4(),
        edition_id=challenge.edition_id,
        challenge_id=challenge.challenge_id,
        partner=challenge.partner,
        lead_id=lead_id or uuid4(),
        member_ids=[member for member in member_ids or [] if member],
    )


def record_of(told: Event | Forgettable, *, sequence: int = 1) -> Any:
    """The Kafka record that carries it, as its publisher's relay would have sent it."""
    is_event = isinstance(told, Event)
    publisher = type(told).__module__.split(".")[2] if is_event else "applications"
    topic = f"{publisher}.events.v1" if is_event else told.TOPIC  # type: ignore[union-attr]  # TOPIC: a Forgettable's
    subject = told.subject if isinstance(told, Event) else told.key
    return _record(topic, type_=told.TYPE, subject=subject, key=told.key, value=told.to_bytes(), sequence=sequence)


def tombstone(record: type[Forgettable], *, key: str) -> Any:
    return _record(record.TOPIC, type_=record.TYPE, subject=key, key=key, value=None, sequence=2)


def _record(topic: str, *, type_: str, subject: str, key: str, value: bytes | None, sequence: int) -> Any:
    envelope = Envelope(
        id=uuid4(),
        source=f"/services/{topic.partition('.')[0]}",
        type=type_,
        subject=subject,
        time=NOW,
        key=key,
        sequence=sequence,
        correlation_id=str(uuid4()),
        causation_id=None,
        actor=Actor.system("test").name,
        value=value,
    )
    return SimpleNamespace(
        topic=topic,
        partition=0,
        offset=uuid4().int % 2**62,
        key=key.encode(),
        headers=encode_headers(envelope.headers()),
        value=value,
    )


# What people send.


def tomorrow(service: Incubation) -> str:
    return (service.clock.moment + timedelta(days=1)).date().isoformat()


def milestone_body(service: Incubation, **changes: Any) -> dict[str, Any]:
    return {"kind": "prototype", "title": "A prototype that listens", "due_on": tomorrow(service)} | changes


def dataset_body(cohort: Cohort, **changes: Any) -> dict[str, Any]:
    return {
        "challenge_id": str(cohort.challenge_id),
        "title": "Night flows",
        "description": "Invented flows by district.",
        "licence": "For this programme only",
        "purpose": "Finding leaks",
        "content": {"media_type": "text/csv", "text": "district,flow\nAnfa,12\n"},
    } | changes


def workshop_body(cohort: Cohort, **changes: Any) -> dict[str, Any]:
    return {
        "edition_id": str(cohort.edition_id),
        "title": {"fr": "Atelier", "ar": "ورشة", "en": "Workshop"},
        "starts_local": "2026-12-02T18:00",
        "place": "2 rue Pierre et Marie Curie, Casablanca",
        "seats": 20,
    } | changes


def guest_body(name: str = "Invented Guest", **changes: Any) -> dict[str, Any]:
    return {"name": name, "email": f"{uuid4().hex}@guests.example", "language": "ar"} | changes


def protocol_body(service: Incubation, **changes: Any) -> dict[str, Any]:
    return {
        "hypothesis": "Listening at night finds leaks a week earlier.",
        "indicators": [{"name": "days to find", "unit": "days", "direction": "decrease"}],
        "baseline": {"days to find": 9.5},
        "place": "Anfa",
        "starts_on": service.clock.moment.date().isoformat(),
        "ends_on": tomorrow(service),
        "stop_rule": "Any complaint about noise at night.",
    } | changes
