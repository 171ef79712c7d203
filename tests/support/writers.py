"""People who write their drafts on pages of their own, whatever happens to the service, to the line and to their token.

A writer behaves as our pages do: it saves what it has, and what was not answered it saves again, from what it knows.
What was answered with 2xx was shown as saved, and is remembered here.
"""

import asyncio
import base64
import contextlib
import hashlib
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from benchmarks.season import open_season
from benchmarks.submit import free_port
from shared.database import make_engine
from shared.events import applications
from shared.work import Works
from tests.support.backbone import until
from tests.support.issuer import FakeIssuer
from tests.support.processes import ROOT
from tests.support.serving import served
from tests.support.stack import Backbone

PREFIX = "/api/applications/v1"
HASTE = 0.02
"""Seconds after which somebody's line is cut, sometimes before the answer and sometimes before the request is there."""
PAUSE = 0.05
"""Seconds until a page tries again."""
WORDS = ["water", "pipe", "leak", "night", "sound", "meter", "street", "basin", "valve", "flow"]


@dataclass
class Service:
    """`datacity serve applications`, which is killed without a word, and started again at the same address."""

    port: int
    environment: dict[str, str]
    works: Works
    issuer: FakeIssuer
    drafts: list[tuple[UUID, UUID]]
    killed: int = 0
    _process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PREFIX}"

    async def start(self) -> None:
        command = (
            sys.executable,
            "-m",
            "infra.cli",
            "serve",
            "applications",
            "--role",
            "api",
            "--port",
            str(self.port),
        )
        self._process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=self.environment, stderr=asyncio.subprocess.DEVNULL
        )
        await until(self._is_ready, seconds=120, what="a service that is ready")

    async def kill_and_start(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()
            self.killed += 1
        await self.start()

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _is_ready(self) -> bool:
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            with contextlib.suppress(httpx.HTTPError):
                return (await client.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200
        return False

    async def rows(self, sql: str, **values: Any) -> list[Any]:
        async with self.works.begin(read_only=True) as work:
            return list(await (await work.session.connection()).execute(text(sql), values))


@asynccontextmanager
async def killable(backbone: Backbone, *, drafts: int) -> AsyncIterator[Service]:
    """The service on a fresh database with an open call, and drafts of as many teams; its issuer outlives it."""
    database = await backbone.migrated_database("applications")
    works = Works(make_engine(database.runtime_url, service="test"), service="applications", topic=applications.TOPIC)
    issuer, door = FakeIssuer(), FastAPI()
    door.add_api_route("/.well-known/openid-configuration", lambda: issuer_document(issuer))
    door.add_api_route("/jwks", lambda: {"keys": issuer.published})
    async with served(door) as issuer_port:
        issuer.issuer = f"http://127.0.0.1:{issuer_port}"
        service = Service(
            port=free_port(),
            environment={
                "DATACITY_ENVIRONMENT": "development",
                "DATACITY_KAFKA": backbone.kafka,
                "DATACITY_DATABASE_URL": database.runtime_url,
                "DATACITY_ISSUER": issuer.issuer,
                "DATACITY_RATE_LIMIT_PER_MINUTE": "0",
            },
            works=works,
            issuer=issuer,
            drafts=await open_season(works, drafts),
        )
        try:
            await service.start()
            yield service
        finally:
            await service.stop()
            await works.engine.dispose()


def issuer_document(issuer: FakeIssuer) -> dict[str, str]:
    return {"issuer": issuer.issuer, "jwks_uri": f"{issuer.issuer}/jwks"}


@dataclass
class Writer:
    """One page of one member: a field of its own, and a text that all of the team write in."""

    service: Service
    application_id: UUID
    person_id: UUID
    base: int
    shared: str
    mark: str
    chance: random.Random
    pen: UUID = field(default_factory=uuid4)
    own: str = ""
    shown_own: str = ""
    shown_words: set[str] = field(default_factory=set)
    saves: int = 0
    unheard: int = 0
    signed_out: int = 0
    written: int = 0

    async def write(self, client: httpx.AsyncClient, *, until_told: asyncio.Event) -> None:
        while not until_told.is_set():
            self.written += 1
            word = f"{self.mark}{self.written}"
            self.own = f"{self.own} {self.chance.choice(WORDS)} {word}".strip()
            self.shared = self.shared.replace(f"{self.mark}:", f"{self.mark}: {word}", 1)
            await self.save(client, until_told=until_told)

    async def save(self, client: httpx.AsyncClient, *, until_told: asyncio.Event) -> None:
        """Until it is answered, or nobody waits any more."""
        while not until_told.is_set():
            hasty = self.chance.random() < 0.2
            token_is_over = self.chance.random() < 0.1
            answer = await self._ask(client, hasty=hasty, over=token_is_over)
            if answer is None:
                self.unheard += 1
                continue
            if answer.status_code == 401:
                self.signed_out += 1  # and signs in again, its words still on the page
                continue
            if answer.status_code >= 500:
                continue
            assert answer.status_code == 200, answer.text
            return self._show(answer.json())
        return None

    async def _ask(self, client: httpx.AsyncClient, *, hasty: bool, over: bool) -> httpx.Response | None:
        body = {
            "base": self.base,
            "pen": str(self.pen),
            "answers": {f"of-{self.mark.lower()}": self.own, "shared": self.shared},
        }
        changes = {"exp": 1_000_000_000, "nbf": None} if over else {}
        token = self.service.issuer.token("applicant", person_id=str(self.person_id), **changes)
        url = f"{self.service.url}/applications/{self.application_id}/saves"
        try:
            return await client.post(
                url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=HASTE if hasty else 10
            )
        except httpx.HTTPError:
            await asyncio.sleep(PAUSE)
            return None

    def _show(self, saved: dict[str, Any]) -> None:
        """What the page says now: what is shown as saved is remembered, and another's words come in."""
        self.saves += 1
        self.base = saved["base"]
        self.shown_own = self.own
        self.shown_words |= {word for word in self.shared.split() if word.startswith(self.mark) and word[1:].isdigit()}
        for each in saved["fields"]:
            if each["field"] != "#/answers/shared" or each["outcome"] == "saved":
                continue
            self.shared = each["now"]
            if each["outcome"] == "kept-aside":  # somebody looks at both, and goes on with what is there
                self.base = saved["version"]
        for each in saved["others"]:
            if each["field"] == "#/answers/shared":
                self.shared = each["now"]


async def upload(service: Service, application_id: UUID, person_id: UUID, content: bytes, piece: int) -> int:
    """Send a file by tus, piece by piece, whatever happens; how often it had to ask where it stands."""
    token = service.issuer.token("applicant", person_id=str(person_id))
    headers = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
    resumed, offset, path = 0, 0, ""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        while offset < len(content):
            try:
                if not path:
                    begun = await client.post(
                        f"{service.url}/applications/{application_id}/uploads",
                        headers=headers | {"Upload-Length": str(len(content))},
                    )
                    path = begun.headers["Location"].removeprefix(PREFIX)
                part = content[offset : offset + piece]
                digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
                sent = await client.patch(
                    service.url + path,
                    content=part,
                    headers=headers
                    | {
                        "Upload-Offset": str(offset),
                        "Content-Type": "application/offset+octet-stream",
                        "Upload-Checksum": f"sha256 {digest}",
                    },
                )
                sent.raise_for_status()
                offset = int(sent.headers["Upload-Offset"])
            except (httpx.HTTPError, KeyError):
                await asyncio.sleep(PAUSE)
                if path:
                    resumed += 1
                    offset = await _offset(client, service, path, headers, offset)
    return resumed


async def _offset(client: httpx.AsyncClient, service: Service, path: str, headers: dict[str, str], known: int) -> int:
    with contextlib.suppress(httpx.HTTPError, KeyError):
        return int((await client.head(service.url + path, headers=headers)).headers["Upload-Offset"])
    return known
