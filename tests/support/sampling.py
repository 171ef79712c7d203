"""Looks at a season's pages in Chromium, as those who use them: axe, what the browser complains of, and pictures."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import httpx
from playwright.async_api import Browser, BrowserContext

from infra.demo.people import Person
from tests.support.browser import overflow, violations, watched
from tests.support.crawling import LANGUAGES, sign_in
from tests.support.full_season import SELECTION, FullSeason

SIZES = [{"width": 1280, "height": 900}, {"width": 320, "height": 800}]


@dataclass(frozen=True)
class Place:
    """A page that somebody has; `path` has the language's place."""

    who: Person | None
    service: str
    path: str


@dataclass
class Sample:
    """Pages of a season that is over."""

    season: FullSeason
    pictures: Path | None = None
    """A folder for screenshots."""
    thorough: bool = False
    """Each page in each language and at each width, rather than in one and at one of them."""

    async def look(self, browser: Browser) -> dict[str, float]:
        """Milliseconds to each page's first byte. Raises AssertionError at what must not be."""
        found: list[str] = []
        waited: dict[str, float] = {}
        tongues, widths = cycle(LANGUAGES), cycle(SIZES)
        places = [place async for place in self._places()]
        for place in places:
            async with self._signed_in(browser, place) as (context, origin):
                for language in LANGUAGES if self.thorough else [next(tongues)]:
                    async with watched(context, origin=origin) as shown:
                        for size in SIZES if self.thorough else [next(widths)]:
                            await shown.page.set_viewport_size(size)  # type: ignore[arg-type]
                            path = place.path.format(language=language)
                            answer = await shown.page.goto(f"{origin}{path}")
                            assert answer is not None
                            assert answer.status == 200, f"{path}: {answer.status}"
                            timing = await shown.page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
                            waited[path] = max(waited.get(path, 0.0), round(timing["responseStart"], 1))
                            found += [f"{path}: {each}" for each in await violations(shown.page)]
                            if wide := await overflow(shown.page):
                                found.append(f"{path}: {wide} pixels too wide at {size['width']}")
                            if self.pictures:
                                name = f"{path.strip('/').replace('/', '-')[:80]}-{size['width']}.png"
                                await shown.page.screenshot(path=self.pictures / name, full_page=False)
        assert not found, "\n".join(found)
        return waited

    async def _places(self) -> AsyncIterator[Place]:
        season = self.season
        founder, juror, application = season.founders[0], season.jurors[0], season.founders[0].application
        jury = next(iter(season.juries.values()))
        reviews = await season.platform.every(juror, f"{SELECTION}/reviews")
        for place in self._of_everybody():
            yield place
        for path in ("files", f"files/{application}"):
            yield Place(founder.person, "applications", "/{language}/" + path)
        yield Place(founder.person, "selection", "/jury/{language}/result")
        for path in ("desk", f"reviews/{reviews[0]['id']}"):
            yield Place(juror, "selection", "/jury/{language}/" + path)
        for path in ("juries", f"juries/{jury}/ranking", f"decisions/{season.decisions}"):
            yield Place(season.staff, "selection", "/jury/{language}/" + path)
        yield Place(season.staff, "applications", "/{language}/screening?call=" + season.call)
        for path in ("events", "programme", "health", f"files/{application}"):
            yield Place(season.staff, "notifications", "/monitor/{language}/" + path)

    def _of_everybody(self) -> Iterator[Place]:
        for path in ("", "/challenges", f"/calls/{self.season.call}", "/results"):
            yield Place(None, "applications", "/{language}" + path)

    @asynccontextmanager
    async def _signed_in(self, browser: Browser, place: Place) -> AsyncIterator[tuple[BrowserContext, str]]:
        origin = self.season.platform.services[place.service]
        prefix = {"selection": "/jury", "notifications": "/monitor"}.get(place.service, "")
        context = await browser.new_context()
        if place.who is not None:
            async with httpx.AsyncClient(headers={"Accept": "text/html"}, timeout=30) as client:
                await sign_in(client, f"{origin}{prefix}", place.who)
                held = [{"name": each.name, "value": each.value or "", "url": origin} for each in client.cookies.jar]
            await context.add_cookies(held)  # type: ignore[arg-type]
        try:
            yield context, origin
        finally:
            await context.close()
