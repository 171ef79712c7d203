"""Every page of the monitor, in each language, light and dark: axe finds nothing, and nothing scrolls sideways."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from shared.web import LANGUAGES
from tests.support.browser import browser, needs_chromium, overflow, violations, watched
from tests.support.monitor import Monitor, monitor, tell_the_story
from tests.support.notifications import APPLICATION
from tests.support.stack import Backbone

pytestmark = needs_chromium

PLACES = {
    "the event log": "events",
    "a filter that can't be understood": "events?file=nonsense",
    "an event": "events/8",
    "a case": f"files/{APPLICATION}",
    "failures": "failures",
    "a group of failures": "failures/notifications/feedfacecafebeef",
    "a failed event": "failures/notifications/events/1",
    "health": "health",
    "letters": "letters",
    "the programme": "programme",
    "nothing": "nothing/here",
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass
class Seen:
    """The monitor with a story in it, a browser, and what the browser holds once staff have signed in."""

    monitor: Monitor
    browser: Browser
    staff: Any


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seen(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Seen]:
    async with monitor(backbone, tmp_path_factory.mktemp("issuer")) as shown, browser() as started:
        await tell_the_story(shown)
        context = await started.new_context()
        page = await context.new_page()
        await page.goto(f"{shown.url}/monitor")
        await page.get_by_role("button", name="staff of numa", exact=True).click()
        await page.wait_for_url("**/monitor/**/events")
        state = await context.storage_state()
        await context.close()
        yield Seen(shown, started, state)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_axe_finds_nothing_in_light_and_dark_and_nothing_scrolls_sideways(seen: Seen, language: str) -> None:
    context = await seen.browser.new_context(storage_state=seen.staff)
    found: list[str] = []
    async with watched(context, origin=seen.monitor.url) as at:
        for name, place in PLACES.items():
            await at.page.set_viewport_size({"width": 1280, "height": 900})
            await at.page.goto(seen.monitor.address(place, language))
            await at.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
            for scheme in SCHEMES:
                await at.page.emulate_media(color_scheme=scheme)
                found += [f"{name}, {scheme}: {each}" for each in await violations(at.page)]
            await at.page.set_viewport_size({"width": 320, "height": 640})
            if wide := await overflow(at.page):
                found.append(f"{name}: {wide} pixels too wide at 320")
        at.complaints[:] = [each for each in at.complaints if "status of 4" not in each]  # refusals we asked for
    await context.close()

    assert found == []


async def test_words_run_the_way_their_language_does(seen: Seen) -> None:
    context = await seen.browser.new_context(storage_state=seen.staff)
    async with watched(context, origin=seen.monitor.url) as at:
        directions = {}
        for language in LANGUAGES:
            await at.page.goto(seen.monitor.address("events", language))
            directions[language] = await at.page.evaluate("getComputedStyle(document.body).direction")
    await context.close()

    assert directions == {"fr": "ltr", "ar": "rtl", "en": "ltr"}


@pytest.mark.parametrize("place", ["events", f"files/{APPLICATION}", "programme"])
async def test_without_scripts_a_page_is_whole(seen: Seen, place: str) -> None:
    context = await seen.browser.new_context(storage_state=seen.staff, java_script_enabled=False)
    async with watched(context, origin=seen.monitor.url) as at:
        await at.page.goto(seen.monitor.address(place))
        assert await at.page.locator("main li, main table").count() >= 5
        assert not await at.page.locator("#live").is_visible()
    await context.close()


async def test_a_page_with_all_that_it_loads_is_small(seen: Seen) -> None:
    context = await seen.browser.new_context(storage_state=seen.staff)
    sizes: dict[str, int] = {}
    async with watched(context, origin=seen.monitor.url) as at:
        for name, place in PLACES.items():
            received: list[int] = []
            at.page.on(
                "response", lambda answer, into=received: into.append(int(answer.headers.get("content-length", 0)))
            )
            await at.page.goto(seen.monitor.address(place))
            sizes[name] = sum(received)
        at.complaints.clear()
    await context.close()

    assert max(sizes.values()) < 100_000, sizes


def test_scripts_and_styles_are_small(tmp_path: Path) -> None:
    del tmp_path
    folders = [Path("shared/web/static"), Path("services/notifications/pages/static")]
    root = Path(__file__).resolve().parents[2]
    total = sum(file.stat().st_size for folder in folders for file in (root / folder).iterdir())

    assert total < 60_000
