"""The jury's pages as people meet them: a real database, a real issuer of development, a port, and a jury at work."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from playwright.async_api import Browser, BrowserContext

from infra.local.issuer import Issuer, TokenRequest
from services.selection.main import build
from shared.events import applications
from shared.settings import Environment, Settings
from tests.support.notifications import free_port, serving
from tests.support.selection import PREFIX, RECEIPTS, Applied, Season, Selection, submission
from tests.support.stack import Backbone

COOKIE = "datacity-selection"
STAFF, ALIA, BADR, CHAMA = (UUID(f"0190d0d0-0000-7000-8000-00000000000{number}") for number in range(1, 5))
"""Staff, and three jurors; no name of theirs is known to selection."""

WATER = {"fr": "Repérer les fuites d’eau", "ar": "رصد تسربات الماء", "en": "Find water leaks"}
STREET = {"fr": "Éclairer juste assez", "ar": "إنارة الشوارع بالقدر الكافي", "en": "Light just enough"}
WASTE = {"fr": "Trier avant la benne", "ar": "الفرز قبل الحاوية", "en": "Sort before the skip"}
NOISE = {"fr": "Mesurer le bruit", "ar": "قياس الضوضاء", "en": "Measure the noise"}
FILES = (
    ("Ville Claire", "Des fuites vues du compteur"),
    ("Robinet Rêvé", "Une vanne qui s’écoute"),
    ("عين الماء", "استشعار مبكر للتسربات"),
    ("Quartier Quidam", "Des voisins qui signalent"),
    ("Flux Fictif", "Un jumeau du réseau"),
)
QUIETER = (
    ("Oreille Urbaine", "Des micros qui oublient"),
    ("Murmure Majuscule", "La carte du bruit, heure par heure"),
    ("همس المدينة", "خريطة الضوضاء"),
    ("Silence Solidaire", "Des voisins qui mesurent"),
    ("Décibel Décidé", "Des amendes plus justes"),
)
SUMMARY = (
    "Nous écoutons les conduites la nuit, quand la ville dort.\n\n"
    "Trois capteurs par quartier suffisent à situer une fuite à dix mètres près."
)
ANSWERS = {
    "team": "Deux ingénieures et un plombier, ensemble depuis trois ans.",
    "registered": "yes",
    "since": "2025-03-05",
    "experimentation": "Corrélation acoustique, puis vérification sur place, dans deux quartiers.",
    "stage": "prototype",
    "link": "https://ville-claire.example/une-adresse-assez-longue-pour-un-petit-ecran/prototype",
    "problem": "Moins de pertes : 12 % de l’eau n’arrive jamais.\nNous visons 6 % en deux ans.",
    "wanted-data": "water,waste",
    "impact": "Ce que le formulaire ne demandait pas.",
}
"""To the default form; a question stays unanswered, and one answer has no question."""


@dataclass
class Tokens:
    """The issuer's own tokens, asked for as tests ask their false issuer."""

    issuer: Issuer

    def bearer(self, *roles: str, person_id: str, organisation: str | None = None) -> dict[str, str]:
        asked = TokenRequest(person_id, list(roles), organisation, "datacity", 3600)
        return {"Authorization": f"Bearer {self.issuer.mint(asked, now=int(time.time()))}"}


@dataclass
class Desk:
    """selection on a port, whose pages sign people in at an issuer on another."""

    url: str
    issuer_url: str
    selection: Selection
    places: dict[str, str] = field(default_factory=dict)
    """What the story left behind, by name: ids to make addresses of."""

    def address(self, place: str, language: str = "en") -> str:
        return f"{self.url}/jury/{language}/{place}"

    async def sign_in(
        self, client: httpx.AsyncClient, roles: str, *, person: UUID | None = None, organisation: str = ""
    ) -> httpx.Response:
        """As a browser does: to the issuer, whose page is filled in, and back. Leaves the cookie with the client."""
        begun = await client.get(f"{self.url}/jury/sign-in")
        assert begun.status_code == 303, begun.text
        asked = httpx.URL(begun.headers["location"])
        form = {**dict(asked.params), "roles": roles, "sub": str(person or ""), "organisation": organisation}
        picked = await client.post(asked.copy_with(query=None), data=form)
        assert picked.status_code == 303, picked.text
        return await client.get(picked.headers["location"])

    @asynccontextmanager
    async def signed_in(
        self, roles: str, *, person: UUID | None = None, organisation: str = ""
    ) -> AsyncIterator[httpx.AsyncClient]:
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        async with httpx.AsyncClient(headers=headers, timeout=20) as client:
            answer = await self.sign_in(client, roles, person=person, organisation=organisation)
            assert answer.status_code == 303, answer.text
            yield client

    async def browsing(
        self, browser: Browser, roles: str, *, person: UUID, organisation: str = "", **options: Any
    ) -> BrowserContext:
        """A browser's context in which that person is signed in."""
        async with httpx.AsyncClient() as client:
            await self.sign_in(client, roles, person=person, organisation=organisation)
            held = client.cookies[COOKIE]
        context = await browser.new_context(**options)
        await context.add_cookies([{"name": COOKIE, "value": held, "url": self.url}])
        return context


@asynccontextmanager
async def jury_desk(backbone: Backbone, folder: Path, **changes: Any) -> AsyncIterator[Desk]:
    """Kafka is played (`selection.hear`)."""
    database = await backbone.migrated_database("selection")
    port, issuer_port = free_port(), free_port()
    url, issuer_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{issuer_port}"
    issuer = Issuer(issuer_url, folder / "key.pem")
    options: dict[str, Any] = {
        "environment": Environment.DEVELOPMENT,
        "kafka": backbone.kafka,
        "database_url": database.runtime_url,
        "issuer": issuer_url,
        "pages_url": url,
        "rate_limit_per_minute": 0,
        "receipt_key": RECEIPTS.skey,
    }
    app = build(Settings(**(options | changes)), role="api")
    async with (
        serving(issuer.app(), port=issuer_port),
        serving(app, port=port),
        httpx.AsyncClient(base_url=url, timeout=30) as client,
    ):
        yield Desk(url, issuer_url, Selection(app=app, client=client, issuer=Tokens(issuer)))  # type: ignore[arg-type]
    await app.state.works.engine.dispose()
    await backbone.drop_database(database)


async def tell_of_a_jury(desk: Desk) -> None:
    """An edition with two challenges; a jury of three at work on five files, two of which are reviewed."""
    season = await edition_of(desk, {"fr": "Première édition", "ar": "الدورة الأولى", "en": "First edition"})
    water = await season.challenge(title=WATER)
    street = await season.challenge(title=STREET)
    files = [await _file(season, water, *words) for words in FILES]
    jury = await season.jury(water, [ALIA, BADR, CHAMA], k=2)
    await _state_a_tie(desk, BADR, to=FILES[4][0])
    await season.assign(jury)
    waste = await season.challenge(title=WASTE, partner="holcim")
    await _file(season, waste, "Benne Bavarde", "Des bacs qui se disent pleins")
    desk.places["bidding"] = (await season.jury(waste, [ALIA]))["id"]
    desk.places |= {"edition": str(season.edition_id), "water": str(water), "street": str(street), "jury": jury["id"]}
    desk.places |= {f"file {number}": str(file.application_id) for number, file in enumerate(files)}


async def _state_a_tie(desk: Desk, juror: UUID, *, to: str) -> None:
    """A juror mentors a startup: it is in conflict with that file, until somebody finds that this does not matter."""
    body = {"ties": [{"kind": "mentor", "organisation": to}], "competences": ["water"]}
    path = f"{PREFIX}/jurors/me/interests"
    headers = {**desk.selection.juror(juror).headers, "If-Match": '"0"'}
    answer = await desk.selection.client.put(path, headers=headers, json=body)
    assert answer.status_code == 200, answer.text


async def tell_of_decisions(desk: Desk) -> None:
    """An edition that is further: every file reviewed by three, a ranking frozen, decisions proposed."""
    season = await edition_of(desk, {"fr": "Édition zéro", "ar": "الدورة صفر", "en": "Edition nought"})
    noise = await season.challenge(title=NOISE, partner="holcim")
    files = [await _file(season, noise, *words) for words in QUIETER]
    jury = await season.jury(noise, [ALIA, BADR, CHAMA], k=3)
    await season.assign(jury)
    await _review_unlike(desk, jury["id"], {file.application_id: place for place, file in enumerate(files)})
    await season.rank(jury, "severity-corrected/1", places=2)
    proposed = await season.propose(capacity=2, reserves=1)
    assert proposed.status_code == 201, proposed.text
    desk.places |= {
        "noise": str(noise),
        "decided file": str(files[2].application_id),
        "turned down": str(files[4].application_id),
    }
    desk.places |= {"decided edition": str(season.edition_id), "ranked": jury["id"], "decisions": proposed.json()["id"]}


async def edition_of(desk: Desk, title: dict[str, str]) -> Season:
    season = Season(desk.selection)
    await desk.selection.hear(
        applications.EditionAnnounced(
            edition_id=season.edition_id, city="Casablanca", zone="Africa/Casablanca", title=title
        ),
        season.form_set(),
    )
    return season


async def _review_unlike(desk: Desk, jury_id: str, place: dict[UUID, int]) -> None:
    """Jurors agree somewhat: each file is a point worse than the one before, and the jurors differ in severity."""
    severity = {ALIA: 0, BADR: 1, CHAMA: 2}
    for each in await desk.selection.staff.items("/reviews", jury=jury_id, state="assigned", limit=200):
        juror = UUID(each["juror_id"])
        lucky = (place[UUID(each["application_id"])] * 7 + severity[juror] * 5) % 3
        score = 9 - place[UUID(each["application_id"])] - severity[juror] + lucky
        body = submission(score=score, note="À revoir en délibération.")
        answer = await desk.selection.juror(juror).post(f"/reviews/{each['id']}/submit", body)
        assert answer.status_code == 200, answer.text


async def _file(season: Season, challenge: UUID, startup: str, title: str) -> Applied:
    applied = Applied(season, (challenge,), startup=startup, title=title, summary=SUMMARY)
    dossier = applied.dossier(answers=ANSWERS)
    await season.selection.hear(applied.submitted(), dossier, applied.admitted())
    return applied


async def review(desk: Desk, juror: UUID, *, score: int = 7, most: int = 1) -> list[str]:
    """Submit that many of a juror's open reviews; their ids."""
    caller = desk.selection.juror(juror)
    done = []
    for each in (await caller.items("/reviews", state="assigned"))[:most]:
        answer = await caller.post(f"/reviews/{each['id']}/submit", submission(score=score))
        assert answer.status_code == 200, answer.text
        done.append(each["id"])
    return done
