"""notifications for tests: a database of its own, events as Kafka would bring them, a mail catcher, an endpoint."""

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as email_policy
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import uvicorn
from aiosmtpd.controller import UnthreadedController
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi import FastAPI
from sqlalchemy import text

from services.notifications.consumers import listens
from services.notifications.jobs.mailing import send_mails
from services.notifications.jobs.webhooks import deliver_webhooks
from services.notifications.main import build
from shared.database import make_engine, new_id
from shared.events import EVENT_TOPICS, Envelope, Event, Forgettable, Forgotten, encode_headers
from shared.events import applications as a
from shared.events import incubation as i
from shared.events import selection as s
from shared.events.forgettable import PEOPLE_TOPIC, Invited, Person
from shared.messaging import Handling, Outcome
from shared.settings import Environment, Settings
from shared.work import Works
from tests.support.issuer import FakeIssuer
from tests.support.stack import Backbone

PREFIX = "/api/notifications/v1"
SERVICE_OF = {
    event: name
    for name, module in (("applications", a), ("selection", s), ("incubation", i))
    for event in vars(module).values()
    if isinstance(event, type)
}
WHEN = datetime(2017, 2, 28, 22, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """Shaped like a Kafka record."""

    topic: str
    partition: int
    offset: int
    key: bytes
    headers: list[tuple[str, bytes]]
    value: bytes | None


_OFFSETS = itertools.count()


def record_of(envelope: Envelope) -> Record:
    return Record(
        topic=envelope.topic,
        partition=0,
        offset=next(_OFFSETS),
        key=envelope.key.encode(),
        headers=encode_headers(envelope.headers()),
        value=envelope.value,
    )


@dataclass
class Service:
    """notifications with a real database; Kafka is played by `hear`."""

    settings: Settings
    works: Works
    app: FastAPI
    issuer: FakeIssuer
    handling: Handling
    owner_url: str = ""
    sequences: dict[str, int] = field(default_factory=dict)

    def envelope(
        self, event: Event, *, cause: Envelope | None = None, actor: str = "system:test", **changes: Any
    ) -> Envelope:
        """An event as its publisher's relay would send it."""
        service = SERVICE_OF.get(type(event), "notifications")
        head = f"{service}/{event.subject}"
        self.sequences[head] = self.sequences.get(head, 0) + 1
        made = Envelope(
            id=new_id(),
            source=f"/services/{service}",
            type=event.TYPE,
            subject=event.subject,
            time=WHEN,
            key=event.key,
            sequence=self.sequences[head],
            correlation_id=cause.correlation_id if cause else str(uuid4()),
            causation_id=str(cause.id) if cause else None,
            actor=actor,
            value=event.to_bytes(),
            topic=EVENT_TOPICS[service],
        )
        return replace(made, **changes)

    async def hear(self, event: Event | Envelope, *, twice: bool = True, **changes: Any) -> Envelope:
        """Handle an event, by default as often as a careless broker delivers it."""
        envelope = event if isinstance(event, Envelope) else self.envelope(event, **changes)
        record = record_of(envelope)
        assert await self.handling.handle(record) is Outcome.HANDLED
        if twice:
            assert await self.handling.handle(record) is Outcome.DUPLICATE
        return envelope

    async def hear_person(self, person: Person) -> None:
        await self._hear_forgettable(person, person.key, person.to_bytes())

    async def hear_forgotten(self, person_id: UUID) -> None:
        await self._hear_forgettable(Forgotten(PEOPLE_TOPIC, str(person_id)), str(person_id), None)

    async def _hear_forgettable(self, record: Forgettable | Forgotten, key: str, value: bytes | None) -> None:
        del record
        envelope = Envelope(
            id=new_id(),
            source="/services/applications",
            type=Person.TYPE,
            subject=key,
            time=WHEN,
            key=key,
            sequence=1,
            correlation_id=str(uuid4()),
            causation_id=None,
            actor="system:test",
            value=value,
            topic=PEOPLE_TOPIC,
        )
        assert await self.handling.handle(record_of(envelope)) is Outcome.HANDLED

    async def rows(self, sql: str, **values: Any) -> list[Any]:
        async with self.works.engine.connect() as connection:
            return list((await connection.execute(text(sql), values)).all())

    async def scalar(self, sql: str, **values: Any) -> Any:
        return (await self.rows(sql, **values))[0][0]

    async def told(self, type_: str) -> list[dict[str, Any]]:
        """The facts of our own events of a type, in order."""
        rows = await self.rows("SELECT value FROM event_log WHERE type = :type ORDER BY position", type=type_)
        return [json.loads(row.value) for row in rows]

    def client(self, *roles: str, **identity: Any) -> httpx.AsyncClient:
        headers = self.issuer.bearer(*roles, **identity) if roles else {}
        transport = httpx.ASGITransport(app=self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)

    async def get(self, path: str, *roles: str, status: int = 200, params: Any = None, **identity: Any) -> Any:
        async with self.client(*roles, **identity) as client:
            answer = await client.get(PREFIX + path, params=params)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def post(self, path: str, body: Any, *roles: str, status: int, **identity: Any) -> Any:
        async with self.client(*roles, **identity) as client:
            answer = (
                await client.post(PREFIX + path, json=body) if body is not None else await client.post(PREFIX + path)
            )
        assert answer.status_code == status, answer.text
        return answer.json()

    @asynccontextmanager
    async def sending_mail(self, **changes: Any) -> AsyncIterator[None]:
        async with running(send_mails(self.works, self.settings.model_copy(update=changes))):
            yield

    @asynccontextmanager
    async def delivering(self, **changes: Any) -> AsyncIterator[None]:
        async with running(deliver_webhooks(self.works, self.settings.model_copy(update=changes))):
            yield


@asynccontextmanager
async def notifications(backbone: Backbone, **changes: Any) -> AsyncIterator[Service]:
    """The service on a fresh, migrated database, taken away afterwards."""
    database = await backbone.migrated_database("notifications")
    issuer = FakeIssuer()
    options: dict[str, Any] = {
        "environment": Environment.DEVELOPMENT,
        "kafka": backbone.kafka,
        "database_url": database.runtime_url,
        "issuer": issuer.issuer,
        "compressed_schedule": True,
        "webhooks_allow_private": True,
        "rate_limit_per_minute": 0,
    }
    settings = Settings(**(options | changes))
    app = build(settings, role="api")
    app.state.authenticator = issuer.authenticator()
    engine = make_engine(database.runtime_url, service="notifications")
    works = Works(engine, service="notifications", topic=EVENT_TOPICS["notifications"])
    try:
        yield Service(
            settings=settings,
            works=works,
            app=app,
            issuer=issuer,
            handling=Handling(listens, works, budget_seconds=0.2),
            owner_url=database.owner_url,
        )
    finally:
        await engine.dispose()
        await app.state.works.engine.dispose()
        await backbone.drop_database(database)


@asynccontextmanager
async def running(loop: Any) -> AsyncIterator[None]:
    """Run a loop that never ends by itself for the length of a block; a fault in it is raised at the block's end."""
    task = asyncio.ensure_future(loop)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], Awaitable[Any]], *, seconds: float = 30, what: str = "the condition") -> Any:
    """Ask again until it is true, for so many seconds at most."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not (found := await condition()):
        assert loop.time() < end, f"{what} did not come true within {seconds} s"
        await asyncio.sleep(0.05)
    return found


# Mail.


HANG_UP = "421 "
"""For `Catcher.refuse`: close the connection instead of answering."""


class Catcher:
    """A real mail server on a port of its own, which keeps what it takes. `refuse` answers instead of taking."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuse: list[str] = []

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  as aiosmtpd calls it
        if self.refuse:
            answer = self.refuse.pop(0)
            if answer == HANG_UP:
                server.transport.close()
            return answer
        message = message_from_bytes(envelope.content, policy=email_policy)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        self.recipients.extend(envelope.rcpt_tos)
        return "250 taken"


@asynccontextmanager
async def catcher(*, port: int | None = None) -> AsyncIterator[tuple[Catcher, str]]:
    """The catcher and its URL."""
    caught = Catcher()
    chosen = port or free_port()
    controller = UnthreadedController(caught, hostname="127.0.0.1", port=chosen, loop=asyncio.get_running_loop())
    server = await controller._create_server()
    try:
        yield caught, f"smtp://127.0.0.1:{chosen}"
    finally:
        server.close()
        await server.wait_closed()


# Webhooks.


@dataclass(frozen=True)
class Received:
    """A request that an endpoint got."""

    headers: dict[str, str]
    body: bytes
    at: float


class Receiver:
    """A partner's endpoint on a port of its own. `answers` are given in turn, the last one for ever."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers) or [200]
        self.received: list[Received] = []
        self.pauses: list[float] = []
        self.headers: dict[str, str] = {}
        self.body = b"ok"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.received.append(Received(headers, body, asyncio.get_running_loop().time()))
        if self.pauses:
            await asyncio.sleep(self.pauses.pop(0))
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        extra = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": extra})
        await send({"type": "http.response.body", "body": self.body})


@asynccontextmanager
async def serving(app: Any, *, port: int | None = None, **options: Any) -> AsyncIterator[str]:
    """An ASGI app on a real port; its URL, as if it spoke no TLS."""
    port = port or free_port()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_config=None, lifespan="off", timeout_graceful_shutdown=1, **options
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve())

    async def started() -> bool:
        return server.started

    try:
        await until(started, what="the server")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


def self_signed(name: str, folder: Path) -> tuple[str, str]:
    """A certificate for a name, and its key: their files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(certificate_file), str(key_file)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# People and events, with defaults.

EDITION, CALL, CHALLENGE, TEAM = (UUID(int=number) for number in range(1, 5))
APPLICATION = UUID("0190a0a0-0000-7000-8000-000000000001")
LEAD, MEMBER, JUROR, COACH = (UUID(f"0190b0b0-0000-7000-8000-00000000000{number}") for number in range(1, 5))
PARTNER = "lydec"
DEADLINE = a.Deadline(
    local="2017-02-28T23:59:00",
    zone="Africa/Casablanca",
    instant=datetime(2017, 2, 28, 23, 59, tzinfo=UTC),
    tzdata_version="2026c",
)
LATER = DEADLINE.model_copy(
    update={"local": "2017-03-07T23:59:00", "instant": datetime(2017, 3, 7, 23, 59, tzinfo=UTC)}
)


def person(
    person_id: UUID = LEAD,
    *,
    language: Any = "fr",
    name: str = "Salma Exemple",
    email: str | None = None,
    invited: Invited | None = None,
) -> Person:
    address = email or f"p{person_id.int % 1000}@example.org"
    return Person(person_id=person_id, name=name, email=address, language=language, invited=invited)


def edition() -> a.EditionAnnounced:
    return a.EditionAnnounced(
        edition_id=EDITION, city="Casablanca", title={"fr": "Casablanca"}, zone="Africa/Casablanca"
    )


def challenge_published(partner: str = PARTNER) -> a.ChallengePublished:
    title = {"fr": "Moins de fuites", "ar": "تسربات أقل", "en": "Fewer leaks"}
    return a.ChallengePublished(challenge_id=CHALLENGE, edition_id=EDITION, partner=partner, title=title)


def drafted(application_id: UUID = APPLICATION, *, lead_id: UUID = LEAD) -> a.ApplicationDrafted:
    return a.ApplicationDrafted(
        application_id=application_id, call_id=CALL, edition_id=EDITION, team_id=TEAM, lead_id=lead_id
    )


def postponed(*, challenge_id: UUID | None = None) -> a.DeadlinePostponed:
    return a.DeadlinePostponed(
        call_id=CALL, edition_id=EDITION, challenge_id=challenge_id, before=DEADLINE, deadline=LATER
    )


def submitted(
    application_id: UUID = APPLICATION, *, lead_id: UUID = LEAD, member_ids: tuple[UUID, ...] = (MEMBER,)
) -> a.ApplicationSubmitted:
    return a.ApplicationSubmitted(
        application_id=application_id,
        call_id=CALL,
        edition_id=EDITION,
        team_id=TEAM,
        lead_id=lead_id,
        member_ids=list(member_ids),
        challenge_ids=[CHALLENGE],
        revision=1,
        dossier_digest="d" * 64,
        submitted_at=WHEN,
        deadline=DEADLINE,
    )


def revised(application_id: UUID = APPLICATION) -> a.ApplicationRevised:
    return a.ApplicationRevised(
        application_id=application_id,
        call_id=CALL,
        edition_id=EDITION,
        challenge_ids=[CHALLENGE],
        revision=2,
        dossier_digest="e" * 64,
        revised_at=WHEN + timedelta(minutes=5),
        deadline=DEADLINE,
    )


def review_assigned(application_id: UUID = APPLICATION) -> s.ReviewAssigned:
    return s.ReviewAssigned(review_id=uuid4(), application_id=application_id, challenge_id=CHALLENGE, juror_id=JUROR)


def review_submitted(application_id: UUID = APPLICATION) -> s.ReviewSubmitted:
    return s.ReviewSubmitted(
        review_id=uuid4(),
        application_id=application_id,
        challenge_id=CHALLENGE,
        juror_id=JUROR,
        revision=1,
        scores={"team_quality": 9},
    )


def selected(application_id: UUID = APPLICATION, *, partner: str = PARTNER) -> s.ApplicationSelected:
    return s.ApplicationSelected(
        decision_id=uuid4(),
        application_id=application_id,
        edition_id=EDITION,
        challenge_id=CHALLENGE,
        partner=partner,
        lead_id=LEAD,
        member_ids=[MEMBER],
    )


def _milestone(partner: str) -> dict[str, Any]:
    return {
        "milestone_id": uuid4(),
        "project_id": UUID(int=9),
        "application_id": APPLICATION,
        "challenge_id": CHALLENGE,
        "partner": partner,
        "lead_id": LEAD,
    }


def milestone_planned(*, partner: str = PARTNER, due_on: date = date(2017, 4, 1)) -> i.MilestonePlanned:
    return i.MilestonePlanned(**_milestone(partner), kind="prototype", due_on=due_on)


def milestone_approved(*, partner: str = PARTNER, **changes: Any) -> i.MilestoneApproved:
    return i.MilestoneApproved(**_milestone(partner) | changes, kind="prototype", approved_at=WHEN)


def evidence_submitted(*, partner: str = PARTNER) -> i.MilestoneEvidenceSubmitted:
    return i.MilestoneEvidenceSubmitted(**_milestone(partner), kind="prototype", attempt=1)


def coach_assigned() -> i.CoachAssigned:
    return i.CoachAssigned(project_id=UUID(int=9), application_id=APPLICATION, coach_id=COACH)
