"""The monitor as people meet it: a real database, a real issuer of development, a port, and a story to see."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from infra.local.issuer import Issuer
from services.notifications.consumers import listens
from services.notifications.main import build
from shared.database import make_engine
from shared.events import EVENT_TOPICS, Envelope
from shared.events import applications as a
from shared.events import incubation as i
from shared.events import selection as s
from shared.messaging import Handling
from shared.settings import Environment, Settings
from shared.work import Works
from tests.chaos.proxy import Wire
from tests.support.issuer import FakeIssuer
from tests.support.notifications import (
    APPLICATION,
    CHALLENGE,
    COACH,
    EDITION,
    JUROR,
    LEAD,
    MEMBER,
    Service,
    challenge_published,
    coach_assigned,
    drafted,
    edition,
    free_port,
    milestone_planned,
    person,
    review_assigned,
    selected,
    serving,
    submitted,
)
from tests.support.stack import Backbone

STAFF, AUDITOR, JUDGING = (UUID(f"0190c0c0-0000-7000-8000-00000000000{number}") for number in range(1, 4))
ROLES = {STAFF: "staff", AUDITOR: "auditor", JUDGING: "staff juror"}

CANARIES = {
    LEAD: "Kanari Lead-Zzyzx",
    MEMBER: "Kanari Membre-Zzyzx",
    JUROR: "Kanari Juror-Zzyzx",
    COACH: "Kanari Coach-Zzyzx",
}
"""Names that appear nowhere but in people.v1."""

SCORES = {"team": 7, "fit": 9}
CANARY_SCORES = "7, 9"
BEGUN = datetime(2017, 2, 20, 9, 30, tzinfo=UTC)


@dataclass
class Monitor:
    """notifications on a port, whose pages sign people in at an issuer on another."""

    url: str
    issuer_url: str
    app: FastAPI
    service: Service
    issuer: Issuer

    def address(self, place: str, language: str = "en") -> str:
        return f"{self.url}/monitor/{language}/{place}"

    async def sign_in(self, client: httpx.AsyncClient, roles: str, *, sub: UUID | None = None) -> httpx.Response:
        """As a browser does: to the issuer, whose page is filled in, and back. Leaves the cookie with the client."""
        begun = await client.get(f"{self.url}/monitor/sign-in")
        assert begun.status_code == 303, begun.text
        asked = httpx.URL(begun.headers["location"])
        form = {**dict(asked.params), "roles": roles, "sub": str(sub or "")}
        picked = await client.post(asked.copy_with(query=None), data=form)
        assert picked.status_code == 303, picked.text
        return await client.get(picked.headers["location"])

    @asynccontextmanager
    async def signed_in(self, roles: str, *, sub: UUID | None = None) -> AsyncIterator[httpx.AsyncClient]:
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        async with httpx.AsyncClient(headers=headers, timeout=20) as client:
            answer = await self.sign_in(client, roles, sub=sub)
            assert answer.status_code == 303, answer.text
            yield client


@asynccontextmanager
async def monitor(
    backbone: Backbone, folder: Path, *, wire: Wire | None = None, **changes: Any
) -> AsyncIterator[Monitor]:
    """Kafka is played (`service.hear`), and so are other services: one answers, one does not, one is unknown."""
    database = await backbone.migrated_database("notifications")
    port, issuer_port = free_port(), free_port()
    if wire is not None:
        wire.target = lambda: port
        await wire.open()
    url, issuer_url = f"http://127.0.0.1:{wire.port if wire else port}", f"http://127.0.0.1:{issuer_port}"
    issuer = Issuer(issuer_url, folder / "key.pem")
    async with serving(issuer.app(), port=issuer_port), serving(other_service()) as other:
        options: dict[str, Any] = {
            "environment": Environment.DEVELOPMENT,
            "kafka": backbone.kafka,
            "database_url": database.runtime_url,
            "issuer": issuer_url,
            "pages_url": url,
            "service_urls": {"selection": other, "incubation": f"http://127.0.0.1:{free_port()}"},
            "rate_limit_per_minute": 0,
        }
        settings = Settings(**(options | changes))
        app = build(settings, role="api")
        engine = make_engine(database.runtime_url, service="notifications")
        works = Works(engine, service="notifications", topic=EVENT_TOPICS["notifications"])
        handling = Handling(listens, works, budget_seconds=0.2)
        service = Service(settings, works, app, FakeIssuer(), handling, owner_url=database.owner_url)
        try:
            async with serving(app, port=port):
                yield Monitor(url, issuer_url, app, service, issuer)
        finally:
            if wire is not None:
                await wire.close()
            await engine.dispose()
            await app.state.works.engine.dispose()
            await backbone.drop_database(database)


async def tell_the_story(shown: Monitor) -> None:
    """A file from its draft to its experimentation, with causes, names in people.v1, and events that failed."""
    service = shown.service
    for id_, name in CANARIES.items():
        await service.hear_person(person(id_, name=name))
    at = _Clock()
    await service.hear(edition(), time=at(days=0), actor=str(STAFF), twice=False)
    await service.hear(challenge_published(), time=at(hours=2), actor=str(STAFF), twice=False)
    await service.hear(drafted(), time=at(days=1), actor=str(LEAD), twice=False)
    handed_in = await service.hear(submitted(), time=at(hours=5), actor=str(LEAD), twice=False)
    admitted = await service.hear(
        a.ApplicationAdmitted(
            application_id=APPLICATION, edition_id=EDITION, call_id=uuid4(), lead_id=LEAD,
            challenge_ids=[CHALLENGE], revision=1,
        ),
        time=at(days=9), actor=str(STAFF), cause=handed_in, twice=False,
    )  # fmt: skip
    assigned = await service.hear(review_assigned(), time=at(seconds=4), cause=admitted, twice=False)
    review = s.ReviewSubmitted(
        review_id=json.loads(assigned.value or b"{}")["review_id"], application_id=APPLICATION, challenge_id=CHALLENGE,
        juror_id=JUROR, revision=1, scores=SCORES,
    )  # fmt: skip
    await service.hear(review, time=at(days=3), actor=str(JUROR), twice=False)
    chosen = await service.hear(selected(), time=at(days=2), actor=str(STAFF), twice=False)
    opened = await service.hear(
        i.ProjectOpened(
            project_id=UUID(int=9), application_id=APPLICATION, edition_id=EDITION, challenge_id=CHALLENGE,
            partner="lydec", lead_id=LEAD, member_ids=[MEMBER],
        ),
        time=at(seconds=1), cause=chosen, twice=False,
    )  # fmt: skip
    await service.hear(coach_assigned(), time=at(hours=3), actor=str(STAFF), cause=opened, twice=False)
    await service.hear(milestone_planned(), time=at(hours=1), actor=str(COACH), twice=False)
    for number in range(60):
        await service.hear(drafted(UUID(int=10_000 + number)), time=at(minutes=7), actor=str(LEAD), twice=False)
        if number % 3 == 0:
            handed = submitted(UUID(int=10_000 + number))
            await service.hear(handed, time=at(hours=9), actor=str(LEAD), twice=False)
    await fail(service, count=3)


async def fail(service: Service, *, count: int) -> None:
    """Events that are good, and wait in quarantine for a fault that has gone since; one waits behind each."""
    for number in range(count):
        key = UUID(int=20_000 + number)
        first, second = service.envelope(drafted(key)), service.envelope(submitted(key))
        await quarantine(service, first, fingerprint="feedfacecafebeef", offset=900_000 + 2 * number)
        await quarantine(service, second, fingerprint="behind", offset=900_001 + 2 * number)
    bad = replace(service.envelope(drafted(UUID(int=30_000))), value=b'{"application_id": 1}')
    await quarantine(service, bad, fingerprint="0badc0de0badc0de", offset=990_000)


async def quarantine(service: Service, envelope: Envelope, *, fingerprint: str, offset: int) -> None:
    behind = fingerprint == "behind"
    async with service.works.engine.begin() as connection:
        await connection.execute(
            text(
                """
                INSERT INTO quarantine (topic, partition, record_offset, key, headers, value, event_id, type, error,
                                        fingerprint, attempts)
                VALUES (:topic, 0, :offset, :key, CAST(:headers AS jsonb), :value, :id, :type, :error, :fingerprint,
                        :attempts)
                """
            ),
            {
                "topic": envelope.topic,
                "offset": offset,
                "key": envelope.key,
                "headers": json.dumps(envelope.headers()),
                "value": envelope.value,
                "id": envelope.id,
                "type": envelope.type,
                "error": "waits for an earlier event" if behind else "builtins.TimeoutError at hear:42",
                "fingerprint": fingerprint,
                "attempts": 0 if behind else 5,
            },
        )


def other_service() -> Starlette:
    """selection's operations, as far as the monitor asks them: a group, and orders that it remembers."""

    async def groups(request: Request) -> JSONResponse:
        assert request.headers["authorization"].startswith("Bearer ")
        group = {
            "fingerprint": "abad1deaabad1dea", "error": "sqlalchemy.exc.DBAPIError at load:7", "keys": 2, "events": 5,
            "retrying": 1, "parked": 1, "types": ["io.datacity.application.admitted.v1"],
            "first_at": "2017-03-01T10:00:00Z", "last_at": "2017-03-01T10:05:00Z",
        }  # fmt: skip
        return JSONResponse({"items": [group], "next": None})

    async def backbone(_: Request) -> JSONResponse:
        counts = dict.fromkeys(("outbox_pending", "outbox_parked", "quarantined", "gaps"), 2)
        return JSONResponse(
            {"service": "selection", "events_written": 12_345, "events_handled": 67_890, **counts,
             "estimated": ["events_handled"]}
        )  # fmt: skip

    async def standing(_: Request) -> JSONResponse:
        return JSONResponse({"service": "selection", "behind": 1_234, "outbox_oldest_seconds": 95.5})

    at = "/api/selection/v1/operations"
    return Starlette(
        routes=[
            Route(f"{at}/quarantine/groups", groups),
            Route(f"{at}/backbone", backbone),
            Route(f"{at}/standing", standing),
        ]
    )


class _Clock:
    def __init__(self) -> None:
        self.moment = BEGUN

    def __call__(self, **later: float) -> datetime:
        self.moment += timedelta(**later)
        return self.moment
