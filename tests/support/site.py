"""The public site and the founders' pages as people meet them: a real database, an issuer, a port, and a season."""

import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from playwright.async_api import Page
from sqlalchemy import text

from infra.local.issuer import Issuer, TokenRequest
from services.applications.domain import calls
from services.applications.main import build
from shared.settings import Environment, Settings
from tests.support.applications import RECEIPTS, ZONE
from tests.support.notifications import free_port, serving
from tests.support.stack import Backbone

PREFIX = "/api/applications/v1"
FOUNDER, MATE, STRANGER, STAFF = (UUID(f"0190d0d0-0000-7000-8000-00000000000{number}") for number in range(1, 5))

CHALLENGES = {
    "lydec": {
        "title": {"fr": "Des fuites d’eau vues tôt", "ar": "كشف تسربات الماء مبكرا", "en": "Leaks seen early"},
        "description": {
            "fr": "Un tiers de l’eau se perd avant d’arriver.\nComment l’entendre sous la rue, la nuit, sans creuser ?",
            "ar": "يضيع ثلث الماء قبل أن يصل.\nكيف نسمعه تحت الشارع ليلا دون حفر؟",
            "en": "A third of the water is lost on its way.\nHow can it be heard under the street, at night, undug?",
        },
    },
    "inwi": {
        "title": {"fr": "Trouver une place sans tourner", "ar": "إيجاد مكان دون دوران"},
        "description": {"fr": "Une voiture sur trois, au centre, cherche où se garer."},
    },
    "holcim": {
        "title": {"fr": "Des bâtiments qui ne gaspillent plus", "en": "Buildings that waste no more"},
        "description": {"fr": "Les murs d’hier perdent la chaleur. Qui les mesurera, un par un ?"},
    },
}


@dataclass
class Shown:
    """applications on a port, whose pages sign people in at an issuer on another; and what its season is."""

    url: str
    issuer_url: str
    app: FastAPI
    issuer: Issuer
    client: httpx.AsyncClient
    season: dict[str, Any] = field(default_factory=dict)

    def address(self, place: str = "", language: str = "en") -> str:
        return f"{self.url}/{language}/{place}".rstrip("/")

    async def ask(
        self, method: str, path: str, body: Any = None, *, as_: UUID, roles: str = "applicant", **headers: str
    ) -> Any:
        """The API, in somebody's name."""
        organisation = headers.pop("organisation", None)
        asked = TokenRequest(str(as_), roles.split(), organisation, "datacity", 3600)
        token = self.issuer.mint(asked, now=int(time.time()))
        answer = await self.client.request(
            method, PREFIX + path, json=body, headers={"Authorization": f"Bearer {token}", **headers}
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def staff(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return await self.ask(method, path, body, as_=STAFF, roles="staff", organisation="numa", **headers)

    async def execute(self, sql: str, **values: Any) -> None:
        async with self.app.state.works.begin() as work:
            await (await work.session.connection()).execute(text(sql), values)

    async def fetch(self, sql: str, **values: Any) -> list[Any]:
        async with self.app.state.works.begin(read_only=True) as work:
            return list(await (await work.session.connection()).execute(text(sql), values))

    async def end_sessions(self) -> None:
        """As if hours had gone by: whoever is signed in no longer is."""
        await self.execute("DELETE FROM web_session")

    @asynccontextmanager
    async def signed_in(self, roles: str = "applicant", *, sub: UUID = FOUNDER) -> AsyncIterator[httpx.AsyncClient]:
        """A client with the cookie of somebody who signed in, that sends what a browser sends."""
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        async with httpx.AsyncClient(headers=headers, timeout=20, base_url=self.url) as client:
            await self.sign_in(client, roles, sub=sub)
            yield client

    async def sign_in(self, client: httpx.AsyncClient, roles: str, *, sub: UUID, back_to: str = "/") -> httpx.Response:
        begun = await client.get(f"{self.url}/sign-in", params={"return_to": back_to})
        assert begun.status_code == 303, begun.text
        asked = httpx.URL(begun.headers["location"])
        form = {**dict(asked.params), "roles": roles, "sub": str(sub)}
        picked = await client.post(asked.copy_with(query=None), data=form)
        answer = await client.get(picked.headers["location"])
        assert answer.status_code == 303, answer.text
        return answer


@asynccontextmanager
async def site(backbone: Backbone, folder: Path, **changes: Any) -> AsyncIterator[Shown]:
    database = await backbone.migrated_database("applications")
    port, issuer_port = free_port(), free_port()
    url, issuer_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{issuer_port}"
    issuer = Issuer(issuer_url, folder / "key.pem")
    options: dict[str, Any] = {
        "environment": Environment.DEVELOPMENT,
        "kafka": backbone.kafka,
        "database_url": database.runtime_url,
        "issuer": issuer_url,
        "pages_url": url,
        "compressed_schedule": True,
        "rate_limit_per_minute": 0,
        "receipt_key": RECEIPTS.skey,
    }
    app = build(Settings(**(options | changes)), role="api")
    async with (
        serving(issuer.app(), port=issuer_port),
        serving(app, port=port),
        httpx.AsyncClient(base_url=url, timeout=20) as client,
    ):
        try:
            yield Shown(url, issuer_url, app, issuer, client)
        finally:
            await app.state.works.engine.dispose()
            await backbone.drop_database(database)


class _Fields(HTMLParser):
    """What a browser would send of the page's form: inputs, texts, and what is selected or ticked."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._name: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name")
        if tag in {"textarea", "select"}:
            self._name, self._text = name, ""
        elif tag == "option" and "selected" in given and self._name:
            self._keep(self._name, given.get("value"))
        elif tag == "input" and name and given.get("type") != "file":
            self._keep_input(name, given)

    def _keep_input(self, name: str, given: dict[str, str | None]) -> None:
        if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
            self._keep(name, given.get("value"))

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._name:
            self._keep(self._name, self._text.removeprefix("\n"))
        if tag in {"textarea", "select"}:
            self._name = None

    def _keep(self, name: str, value: str | None) -> None:
        self.found.setdefault(name, []).append(value or "")


def fields_of(html: str) -> dict[str, list[str]]:
    """What would be sent of the form of a page that has one."""
    parser = _Fields()
    parser.feed(html)
    return parser.found


FORM: dict[str, Any] = json.loads((Path(calls.__file__).parents[1] / "default_form.json").read_text())


async def draft(
    shown: Shown, *, who: UUID = FOUNDER, mates: Sequence[UUID] = (), team: str = "Oreilles sur Rue"
) -> str:
    """A founder with a team and the beginning of an application; its id."""
    for number, person in enumerate((who, *mates)):
        name = ("Amina Inventée", "Yassine Imaginé")[number]
        if not await shown.fetch("SELECT 1 FROM person WHERE id = :id", id=person):
            body = {"name": name, "email": f"p{number}@people.example", "language": "fr"}
            await shown.ask("PUT", "/people/me", body, as_=person)
    formed = await shown.ask("POST", "/teams", {"name": team}, as_=who)
    if mates:
        added = {"person_ids": [str(each) for each in mates]}
        await shown.ask("POST", f"/teams/{formed['id']}/members", added, as_=who)
    begun = {"call_id": shown.season["call"], "team_id": formed["id"]}
    return str((await shown.ask("POST", "/applications", begun, as_=who))["id"])


async def written(
    shown: Shown,
    file: str,
    *,
    title: str = "Des oreilles sur les conduites",
    summary: str = "Nous écoutons la nuit.",
    hand_in: bool = False,
) -> None:
    """The draft with all that its form asks, and handed in if wished."""
    answers = dict.fromkeys(("team", "experimentation", "growth", "problem", "data"), "Une réponse inventée.")
    answers |= {"registered": "no", "stage": "idea"}
    body = {"title": title, "summary": summary, "answers": answers, "challenge_ids": shown.season["challenges"][:1]}
    await shown.ask("PATCH", f"/applications/{file}", body, as_=FOUNDER, **{"If-Match": '"1"'})
    if hand_in:
        await shown.ask("POST", f"/applications/{file}/submit", as_=FOUNDER)


async def sign_in_here(page: Page, *, who: UUID = FOUNDER, roles: str = "applicant") -> None:
    """On the page of the issuer of development."""
    form = page.locator("form").last
    await form.locator("input[name=sub]").fill(str(who))
    for role in roles.split():
        await form.locator(f"input[value={role}]").check()
    await form.get_by_role("button", name="Sign in").click()


async def enter(shown: Shown, page: Page, place: str, *, who: UUID = FOUNDER, language: str = "en") -> None:
    await page.goto(shown.address(place, language))
    await sign_in_here(page, who=who)
    await page.wait_for_url(f"**/{language}/{place}")


async def open_season(shown: Shown, *, form: Any = FORM) -> None:
    """An edition with three challenges and a call that is open for two more weeks."""
    title = {"fr": "Co-construire Casablanca Smart City", "ar": "لنبن معا الدار البيضاء الذكية"}
    edition = await shown.staff("POST", "/editions", {"city": "Casablanca", "title": title, "zone": ZONE})
    ids = []
    for partner, words in CHALLENGES.items():
        body = {"edition_id": edition["id"], **words}
        made = await shown.ask("POST", "/challenges", body, as_=uuid4(), roles="partner", organisation=partner)
        await shown.staff("POST", f"/challenges/{made['id']}/publish")
        ids.append(made["id"])
    today = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    opens, closes = today - timedelta(days=7), (today + timedelta(days=14)).replace(hour=23, minute=59, second=0)
    body = {
        "edition_id": edition["id"],
        "challenge_ids": ids,
        "opens_at": {"local": opens.isoformat(), "zone": ZONE},
        "closes_at": {"local": closes.isoformat(), "zone": ZONE},
        "challenge_deadlines": {ids[2]: {"local": (closes - timedelta(days=3)).isoformat(), "zone": ZONE}},
    }
    call = await shown.staff("POST", "/calls", body | ({"form": form} if form else {}))
    shown.season = {"edition": edition["id"], "challenges": ids, "call": call["id"]}
