"""Selection on a real database: what it hears, who asks it, and a season with sensible defaults."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from services.applications.defaults import default_form
from services.applications.domain import forms
from services.selection.main import build
from shared.database import new_id
from shared.events import Dossier, Envelope, Event, Forgettable, Forgotten, applications, encode_headers
from shared.events.forgettable import Attachment
from shared.messaging import Handling, Outcome
from shared.settings import Environment, Settings
from shared.tlog.keys import SigningKey
from tests.support.issuer import AUDIENCE, ISSUER, FakeIssuer
from tests.support.stack import Backbone

PREFIX = "/api/selection/v1"
RECEIPTS = SigningKey.generate("datacity.test/selection/receipts")
PARIS = ("team", "rollout", "mass_production", "fit", "data")
DEADLINE = applications.Deadline(
    local="2017-02-28T23:59:00",
    zone="Africa/Casablanca",
    instant=datetime(2017, 2, 28, 23, 59, tzinfo=UTC),
    tzdata_version="2026f",
)
DECK = Attachment(
    attachment_id=UUID(int=0xDEC), name="deck.pdf", media_type="application/pdf", size=120_000, sha256="d" * 64
)


@dataclass(frozen=True)
class Record:
    """A Kafka record, as far as a consumer reads it."""

    topic: str
    partition: int
    offset: int
    key: bytes
    headers: list[tuple[str, bytes]]
    value: bytes | None


@dataclass
class Heard:
    """Makes records of events, with the sequences that a relay would give them."""

    offsets: Any = field(default_factory=itertools.count)
    heads: dict[str, int] = field(default_factory=dict)

    def record(self, said: Event | Forgettable | Forgotten) -> Record:
        if isinstance(said, Event):
            topic, type_, subject, key, value = applications.TOPIC, said.TYPE, said.subject, said.key, said.to_bytes()
        elif isinstance(said, Forgotten):
            topic, type_, subject, key, value = said.topic, "io.datacity.forgotten.v1", said.key, said.key, None
        else:
            topic, type_, subject, key, value = said.TOPIC, said.TYPE, said.key, said.key, said.to_bytes()
        self.heads[subject] = self.heads.get(subject, 0) + 1
        offset = next(self.offsets)
        envelope = Envelope(
            id=new_id(),
            source="/services/applications",
            type=type_,
            subject=subject,
            time=datetime.now(UTC),
            key=key,
            sequence=self.heads[subject],
            correlation_id=str(new_id()),
            causation_id=None,
            actor="system:applications",
            value=value,
        )
        return Record(topic, 0, offset, key.encode(), encode_headers(envelope.headers()), value)


@dataclass
class Selection:
    """The service, its callers, and what it hears; each event is delivered twice, as Kafka may."""

    app: FastAPI
    client: httpx.AsyncClient
    issuer: FakeIssuer
    heard: Heard = field(default_factory=Heard)

    @property
    def handling(self) -> Handling:
        handling: Handling = self.app.state.handling
        return handling

    async def hear(self, *said: Event | Forgettable | Forgotten) -> None:
        for one in said:
            record = self.heard.record(one)
            assert await self.handling.handle(record) is Outcome.HANDLED
            assert await self.handling.handle(record) is Outcome.DUPLICATE

    def as_(self, *roles: str, person: UUID | None = None, organisation: str | None = None) -> "Caller":
        bearer = self.issuer.bearer(*roles, person_id=str(person or new_id()), organisation=organisation)
        return Caller(self, bearer)

    def as_of(self, organisation: str, *roles: str, person: UUID | None = None) -> "Caller":
        """Somebody for whose organisation the issuer vouches."""
        return Caller(self, self.issuer.bearer(*roles, person_id=str(person or new_id()), organisation=organisation))

    @property
    def staff(self) -> "Caller":
        return self.as_("staff")

    def juror(self, person: UUID) -> "Caller":
        return self.as_("juror", person=person)

    @property
    def anyone(self) -> "Caller":
        return Caller(self, {})

    async def events(self, subject_or_key: UUID | None = None) -> list[tuple[str, dict[str, Any]]]:
        """What selection published, in order: the short type and the value; of one key or subject, or all."""
        query = text(
            "SELECT type, convert_from(value, 'utf8')::jsonb AS value FROM event_log "
            "WHERE cast(:it AS text) IS NULL OR subject = :it OR key = :it ORDER BY position"
        )
        async with self.app.state.works.engine.connect() as connection:
            rows = await connection.execute(query, {"it": str(subject_or_key) if subject_or_key else None})
            return [(row.type.removeprefix("io.datacity.").removesuffix(".v1"), row.value) for row in rows]

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        async with self.app.state.works.engine.connect() as connection:
            return list(await connection.execute(text(statement), values))


@dataclass(frozen=True)
class Caller:
    """Someone with a token, or without."""

    selection: Selection
    headers: dict[str, str]

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.selection.client.get(PREFIX + path, headers=self.headers, params=params)

    async def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        answer = await self.get(path, **params)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        options: dict[str, Any] = {} if body is None else {"json": body}
        return await self.selection.client.post(PREFIX + path, headers={**self.headers, **headers}, **options)

    async def delete(self, path: str, *, version: int) -> httpx.Response:
        headers = {**self.headers, "If-Match": f'"{version}"'}
        return await self.selection.client.delete(PREFIX + path, headers=headers)

    async def patch(self, path: str, body: Any, *, version: int | None) -> httpx.Response:
        headers = self.headers if version is None else {**self.headers, "If-Match": f'"{version}"'}
        return await self.selection.client.patch(PREFIX + path, headers=headers, json=body)

    async def put(self, path: str, body: Any, *, version: int | None) -> httpx.Response:
        headers = self.headers if version is None else {**self.headers, "If-Match": f'"{version}"'}
        return await self.selection.client.put(PREFIX + path, headers=headers, json=body)


@asynccontextmanager
async def selection_on(backbone: Backbone) -> AsyncIterator[Selection]:
    """Selection's API and its handling of events, on a fresh and migrated database; Kafka is not asked."""
    database = await backbone.migrated_database("selection")
    app = build(selection_settings(database.runtime_url, kafka=backbone.kafka), role="api")
    issuer = FakeIssuer()
    app.state.authenticator = issuer.authenticator()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Selection(app=app, client=client, issuer=issuer)
    await app.state.works.engine.dispose()


def selection_settings(database_url: str, *, kafka: str = "127.0.0.1:1") -> Settings:
    return Settings.model_validate(
        {
            "environment": Environment.DEVELOPMENT,
            "kafka": kafka,
            "database_url": database_url,
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "rate_limit_per_minute": 0,
            "receipt_key": RECEIPTS.skey,
        }
    )


# A season.


@dataclass
class Season:
    """An edition with challenges, juries and applications, told to selection as applications would."""

    selection: Selection
    edition_id: UUID = field(default_factory=new_id)
    call_id: UUID = field(default_factory=new_id)

    def form_set(self) -> applications.CallFormSet:
        """The call asks what the default form asks."""
        form = forms.read(default_form())
        return applications.CallFormSet(
            call_id=self.call_id,
            edition_id=self.edition_id,
            form_version=1,
            form_digest="0" * 64,
            field_ids=[field.id for field in form.fields],
            sections=[applications.Section.model_validate(each) for each in forms.words_of(form)],
        )

    async def challenge(self, *, partner: str = "lydec", title: dict[str, str] | None = None) -> UUID:
        challenge_id = new_id()
        await self.selection.hear(
            applications.ChallengePublished(
                challenge_id=challenge_id,
                edition_id=self.edition_id,
                partner=partner,
                title=title or {"fr": "Eau", "en": "Water"},
            )
        )
        return challenge_id

    async def application(self, *challenges: UUID, admitted: bool = True, **changes: Any) -> "Applied":
        """Submitted with its dossier, and unless said otherwise admitted."""
        applied = Applied(self, tuple(challenges), **changes)
        await self.selection.hear(applied.submitted(), applied.dossier())
        if admitted:
            await self.selection.hear(applied.admitted())
        return applied

    async def jury(
        self, challenge: UUID, jurors: Sequence[UUID], *, k: int = 1, m: int = 10, **changes: Any
    ) -> dict[str, Any]:
        body = {
            "challenge_id": str(challenge),
            "juror_ids": [str(juror) for juror in jurors],
            "reviews_per_file": k,
            "files_per_juror": m,
            **changes,
        }
        answer = await self.selection.staff.post("/juries", body)
        assert answer.status_code == 201, answer.text
        jury: dict[str, Any] = answer.json()
        return jury

    async def assign(self, jury: dict[str, Any]) -> dict[str, Any]:
        answer = await self.selection.staff.post(f"/juries/{jury['id']}/assignment", {})
        assert answer.status_code == 200, answer.text
        assignment: dict[str, Any] = answer.json()
        return assignment

    async def open(self, jury: dict[str, Any], phase: str, reason: str = "The jury is ready.") -> dict[str, Any]:
        """By hand, as staff do."""
        answer = await self.selection.staff.post(
            f"/juries/{jury['id']}/phases/openings", {"phase": phase, "reason": reason}
        )
        assert answer.status_code == 201, answer.text
        phases: dict[str, Any] = answer.json()
        return phases

    async def review_all(self, jury: dict[str, Any], scores: dict[UUID, int]) -> None:
        """Every open review of the jury is submitted, with one score for all criteria of a file."""
        for review in await self.selection.staff.items("/reviews", jury=jury["id"], state="assigned", limit=200):
            score = scores[UUID(review["application_id"])]
            answer = await self.selection.juror(UUID(review["juror_id"])).post(
                f"/reviews/{review['id']}/submit", submission(score=score)
            )
            assert answer.status_code == 200, answer.text

    async def rank(self, jury: dict[str, Any], method: str = "weighted-mean/1", **changes: Any) -> dict[str, Any]:
        body = {"method": method, **changes}
        answer = await self.selection.staff.post(f"/juries/{jury['id']}/ranking", body)
        assert answer.status_code == 201, answer.text
        ranking: dict[str, Any] = answer.json()
        return ranking

    async def propose(self, **changes: Any) -> httpx.Response:
        return await self.selection.staff.post(f"/editions/{self.edition_id}/decisions", changes)

    async def sign(self, decisions: dict[str, Any]) -> None:
        """All reasons that wait for it are signed; where no juror left words, somebody writes some."""
        staff, path = self.selection.staff, f"/decisions/{decisions['id']}/reasons"
        for one in await staff.items(path, unsigned=True, limit=200):
            mine, digest = f"{path}/{one['application_id']}", one["digest"]
            if not one["passages"]:
                written = {"passages": [{"text": "Trop tôt.", "language": "fr"}]}
                digest = (await staff.put(mine, written, version=one["version"])).json()["digest"]
            signed = await staff.post(f"{mine}/sign", {"digest": digest, "despite_hints": True})
            assert signed.status_code == 200, signed.text

    async def approve(self, decisions: dict[str, Any], *, people: int = 2) -> None:
        """So many different people of the staff approve what they read now, once all reasons are signed."""
        await self.sign(decisions)
        for _ in range(people):
            staff = self.selection.staff
            read = (await staff.get(f"/decisions/{decisions['id']}")).json()
            answer = await staff.post(f"/decisions/{decisions['id']}/approvals", {"digest": read["approval"]["digest"]})
            assert answer.status_code == 200, answer.text

    async def publish(self, decisions: dict[str, Any]) -> httpx.Response:
        """Approved by as many as must, then published as they were read."""
        await self.approve(decisions)
        read = (await self.selection.staff.get(f"/decisions/{decisions['id']}")).json()
        return await self.selection.staff.post(f"/decisions/{decisions['id']}/publish", {"version": read["version"]})


@dataclass(frozen=True)
class Applied:
    """One application and what applications tells of it."""

    season: Season
    challenges: tuple[UUID, ...]
    startup: str = "Ville Claire"
    title: str = "Leaks seen from the meter"
    summary: str = "We listen to pipes."
    application_id: UUID = field(default_factory=new_id)
    team_id: UUID = field(default_factory=new_id)
    lead_id: UUID = field(default_factory=new_id)
    member_ids: tuple[UUID, ...] = ()

    def _common(self) -> dict[str, Any]:
        return {
            "application_id": self.application_id,
            "call_id": self.season.call_id,
            "edition_id": self.season.edition_id,
        }

    def submitted(self) -> applications.ApplicationSubmitted:
        return applications.ApplicationSubmitted(
            **self._common(),
            team_id=self.team_id,
            lead_id=self.lead_id,
            member_ids=list(self.member_ids),
            challenge_ids=list(self.challenges),
            revision=1,
            dossier_digest="0" * 64,
            submitted_at=DEADLINE.instant - timedelta(days=1),
            deadline=DEADLINE,
        )

    def revised(self, revision: int = 2, challenges: tuple[UUID, ...] | None = None) -> applications.ApplicationRevised:
        return applications.ApplicationRevised(
            **self._common(),
            challenge_ids=list(challenges or self.challenges),
            revision=revision,
            dossier_digest="1" * 64,
            revised_at=DEADLINE.instant - timedelta(hours=1),
            deadline=DEADLINE,
        )

    def admitted(self, revision: int = 1) -> applications.ApplicationAdmitted:
        return applications.ApplicationAdmitted(
            **self._common(), lead_id=self.lead_id, challenge_ids=list(self.challenges), revision=revision
        )

    def declined(self) -> applications.ApplicationDeclined:
        return applications.ApplicationDeclined(**self._common(), lead_id=self.lead_id, reasons=["off-topic"])

    def withdrawn(self) -> applications.ApplicationWithdrawn:
        return applications.ApplicationWithdrawn(
            **self._common(), lead_id=self.lead_id, withdrawn_at=DEADLINE.instant + timedelta(days=3)
        )

    def joined(self, person_id: UUID) -> applications.TeamMemberAdded:
        return applications.TeamMemberAdded(team_id=self.team_id, person_id=person_id)

    def dossier(self, revision: int = 1, **changes: Any) -> Dossier:
        words = {
            "startup": self.startup,
            "title": self.title,
            "summary": self.summary,
            "answers": {"impact": "Less loss."},
            "attachments": (DECK,),
        }
        return Dossier(application_id=self.application_id, revision=revision, salt="a" * 32, **{**words, **changes})

    def forgotten(self, revision: int = 1) -> Forgotten:
        return Forgotten("dossiers.v1", f"{self.application_id}/{revision}")


async def decided(selection: Selection) -> tuple[Season, dict[str, Any], tuple[Applied, Applied]]:
    """Two files for one place: the first is selected, the second in reserve; their reasons are signed."""
    season = Season(selection)
    challenge = await season.challenge()
    jury = await season.jury(challenge, people(1))
    first, second = await season.application(challenge), await season.application(challenge)
    await season.assign(jury)
    await season.review_all(jury, {first.application_id: 9, second.application_id: 4})
    await season.rank(jury)
    draft = (await season.propose()).json()
    await season.sign(draft)
    return season, (await selection.staff.get(f"/decisions/{draft['id']}")).json(), (first, second)


def submission(*, revision: int = 1, score: int = 7, **changes: Any) -> dict[str, Any]:
    return {"revision": revision, "scores": dict.fromkeys(PARIS, score), "comment": "A clear plan.", **changes}


def people(count: int) -> list[UUID]:
    return [new_id() for _ in range(count)]
