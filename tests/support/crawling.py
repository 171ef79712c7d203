"""Reads all that one person can reach, each address of each API and each page, and finds words that must not be there.

An address is asked whatever it answers: refusals are outputs too, and so are headers.
"""

import asyncio
import contextlib
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx

from infra.demo.people import Person
from tests.support.full_season import FullSeason

CONTRACTS = Path(__file__).resolve().parents[2] / "docs" / "contracts" / "openapi"
PAGES = {"applications": "", "selection": "/jury", "notifications": "/monitor"}
STREAM = "/events/stream"
"""It never ends: it is read from the first event on, until it is quiet for a moment or has said very much."""
QUIET_SECONDS = 1.0
MOST_OF_A_STREAM = 2_000_000
LANGUAGES = ("fr", "ar", "en")


@dataclass(frozen=True)
class Read:
    """What somebody was answered."""

    where: str
    status: int
    text: str


@dataclass
class Crawl:
    """What each kind of person can read of a season, and what of it they must not."""

    season: FullSeason
    most_pages: int = 24
    """How many pages of a service are looked at."""
    _ids: dict[str, list[str]] = field(default_factory=dict)

    async def before_results(self) -> None:
        """Nobody knows who reviewed; no applicant knows of another, nor what anybody wrote of its file."""
        await self._look(results=False)

    async def after_results(self) -> None:
        """Each knows its own result and its reasons; who reviewed stays unknown."""
        await self._look(results=True)

    async def _look(self, *, results: bool) -> None:
        season = self.season
        mine, other, juror = season.founders[0], season.founders[1], season.jurors[0]
        judged = [name for each in season.jurors for name in (each.name, each.email, str(each.id))]
        others_judged = [word for word in judged if word not in {juror.name, juror.email, str(juror.id)}]
        founders = [word for each in season.founders for word in (each.person.name, each.person.email)]
        others = [each for each in season.founders if each is not mine]
        of_others = [word for each in others for word in (each.person.name, each.person.email, str(each.person.id))]
        notes = [f"note sur {each.word}" for each in season.founders]
        comments = [f"commentaire sur {each.word}" for each in (others if results else season.founders)]
        projects = [] if results else [each.word for each in others]

        applications = (mine.application, other.application)
        staff_reads = await self._all_of(season.staff, applications)
        assert found_in(staff_reads, [str(juror.id)]), "a crawl that sees nothing proves nothing"
        assert found_in(staff_reads, [mine.word]), "a crawl that sees nothing proves nothing"
        told = [read for read in staff_reads if "/api/" in read.where and read.where.endswith(STREAM)]
        assert found_in(told, [str(juror.id)]), "a stream that says nothing proves nothing"
        assert not found_in(told, [*names_in(judged), *founders, *notes, *comments]), "the log of events names nobody"

        found: list[str] = []
        for who, words in (
            (mine.person, [*judged, *of_others, *notes, *comments, *projects]),
            (juror, [*others_judged, *founders]),
            (None, [*judged, *founders, *notes, *comments]),
        ):
            leaks = found_in(await self._all_of(who, applications), words)
            found += [f"{who.key if who else 'anyone'}: {leak}" for leak in leaks]
        assert not found, "\n".join(found[:20])

    async def _all_of(self, who: Person | None, applications: Iterable[str]) -> list[Read]:
        reads: list[Read] = []
        for application in applications:
            reads += [read async for read in self._apis(who, application)]
        return reads + [read async for read in self._read_pages(who)]

    async def _apis(self, who: Person | None, application: str) -> Any:
        season = self.season
        token = await season.platform.token(who) if who else None
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(headers=headers, timeout=30) as client:
            known = await self._known(client, application)
            for service, path in routes():
                for ids in filled(path, known):
                    address = season.platform.services[service] + path.format(**ids)
                    if path.endswith(STREAM):
                        yield await heard(client, address)
                        continue
                    answer = await client.get(address, params={"limit": 200} if path.endswith("s") else None)
                    yield Read(address, answer.status_code, f"{dict(answer.headers)} {answer.text}")

    async def _known(self, client: httpx.AsyncClient, application: str) -> Mapping[str, list[str]]:
        """Every id there is, whoever may know it: a leak is one also to who was told the id by somebody."""
        season = self.season
        if not self._ids:
            staff = {"Authorization": f"Bearer {await season.platform.token(season.staff)}"}
            base = season.platform.services["selection"]
            reviews = (await client.get(f"{base}/api/selection/v1/reviews?limit=200", headers=staff)).json()["items"]
            self._ids = {"review_id": [each["id"] for each in reviews[:6]]}
        return self._ids | {
            "application_id": [application],
            "call_id": [season.call],
            "edition_id": [season.edition],
            "challenge_id": list(season.challenges.values())[:1],
            "jury_id": list(season.juries.values())[:1],
            "ranking_id": list(season.rankings.values())[:1],
            "decisions_id": [season.decisions] if season.decisions else [],
            "number": ["1"],
            "person_id": [str(season.jurors[0].id)],
            "position": ["1"],
            "size": ["1"],
        }

    async def _read_pages(self, who: Person | None) -> Any:
        """From each service's first page on, by links, as a browser would; in turns of language."""
        for service, prefix in PAGES.items():
            origin = self.season.platform.services[service]
            async with httpx.AsyncClient(
                headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}, timeout=30
            ) as client:
                if who is not None:
                    await sign_in(client, f"{origin}{prefix}", who)
                if service == "notifications":
                    yield await heard(client, f"{origin}{prefix}/en{STREAM}")
                waiting = deque(f"{origin}{prefix}/{language}" for language in LANGUAGES)
                seen, read = set(waiting), 0
                while waiting and read < self.most_pages:
                    url = waiting.popleft()
                    read += 1
                    answer = await client.get(url, follow_redirects=False)
                    yield Read(url, answer.status_code, answer.text)
                    followed = [*re.findall(r'href="([^"]+)"', answer.text), answer.headers.get("location", "")]
                    for link in followed:
                        target = urldefrag(urljoin(url, link.replace("&amp;", "&"))).url
                        if target.startswith(f"{origin}{prefix}/") and target not in seen and not _is_file(target):
                            seen.add(target)
                            waiting.append(target)


def _is_file(url: str) -> bool:
    path = urlsplit(url).path
    return "/static/" in path or path.endswith((".css", ".js", ".svg", "/stream")) or "/sign-" in path


def routes() -> Iterator[tuple[str, str]]:
    """Every address that can be read, with its service."""
    for contract in sorted(CONTRACTS.glob("*.json")):
        paths: dict[str, Any] = json.loads(contract.read_text())["paths"]
        for path, methods in paths.items():
            if "get" in methods:
                yield contract.stem, path


def filled(path: str, known: Mapping[str, list[str]]) -> Iterator[dict[str, str]]:
    """The ids to ask an address with; none if one is not known at all."""
    names = re.findall(r"{(\w+)}", path)
    if not names:
        yield {}
    elif all(known.get(name) for name in names):
        for first in known[names[0]]:
            yield {names[0]: first} | {name: known[name][0] for name in names[1:]}


async def heard(client: httpx.AsyncClient, address: str) -> Read:
    """All that a stream has to say so far, or that it says nothing to who asks."""
    async with client.stream("GET", address, params={"after": 0}) as answer:
        pieces, said = answer.aiter_text(), ""
        with contextlib.suppress(TimeoutError, StopAsyncIteration):
            while len(said) < MOST_OF_A_STREAM:
                said += await asyncio.wait_for(anext(pieces), QUIET_SECONDS)
        return Read(address, answer.status_code, f"{dict(answer.headers)} {said}")


def names_in(words: Iterable[str]) -> list[str]:
    """Without the ids, by which events are about somebody."""
    return [word for word in words if not re.fullmatch(r"[0-9a-f-]{36}", word)]


def found_in(reads: Iterable[Read], words: list[str]) -> list[str]:
    """Where one of these words is, unless it was in the question."""
    return [
        f"{read.where} ({read.status}): {word}"
        for read in reads
        for word in words
        if word not in read.where and word.casefold() in read.text.casefold()
    ]


async def sign_in(client: httpx.AsyncClient, site: str, who: Person) -> None:
    begun = await client.get(f"{site}/sign-in", params={"return_to": f"{urlsplit(site).path}/en"})
    asked = httpx.URL(begun.headers["location"])
    form = {**dict(asked.params), "roles": who.role, "sub": str(who.id)}
    if who.organisation:
        form["organisation"] = who.organisation
    picked = await client.post(asked.copy_with(query=None), data=form)
    answer = await client.get(picked.headers["location"])
    assert answer.status_code == 303, answer.text
