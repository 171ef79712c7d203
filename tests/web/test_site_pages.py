"""The public site and the founders' pages in a browser: axe finds nothing, nothing scrolls sideways, all is small."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from shared.web import LANGUAGES, Language
from tests.support.browser import browser, needs_chromium, overflow, violations, watched
from tests.support.site import MATE, Shown, draft, enter, open_season, site, written
from tests.support.stack import Backbone

pytestmark = needs_chromium

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@dataclass
class Seen:
    """A season with an open call, a draft, a file that was handed in, a browser, and what it holds of a founder."""

    site: Shown
    browser: Browser
    founder: Any
    draft: str
    handed_in: str
    team: str

    @property
    def places(self) -> dict[str, str]:
        files, season = f"files/{self.draft}", self.site.season
        return {
            "home": "",
            "challenges": "challenges",
            "a challenge": f"challenges/{season['challenges'][0]}",
            "calls": "calls",
            "results": "results",
            "a call": f"calls/{season['call']}",
            "what a call asks": f"calls/{season['call']}/form",
            "my files": "files",
            "a draft": files,
            "the form": f"{files}/write",
            "the preview": f"{files}/preview",
            "attachments": f"{files}/attachments",
            "withdrawing": f"{files}/withdraw",
            "a file handed in": f"files/{self.handed_in}",
            "versions": f"{files}/versions",
            "teams": "teams",
            "a team": f"teams/{self.team}",
            "profile": "profile",
            "being forgotten": "profile/forget",
            "nothing": "nothing/here",
        }


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seen(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Seen]:
    async with site(backbone, tmp_path_factory.mktemp("issuer")) as shown, browser() as started:
        await open_season(shown)
        begun = await draft(shown, mates=[MATE])
        await written(
            shown, begun, title="آذان على الأنابيب", summary="نصغي إلى الأنابيب ليلا.\n\nTrois capteurs suffisent."
        )
        handed_in = await draft(shown, team="Vannes Vaillantes")
        await written(shown, handed_in, hand_in=True)
        context = await started.new_context()
        page = await context.new_page()
        await enter(shown, page, "files")
        state = await context.storage_state()
        await context.close()
        (row,) = await shown.fetch("SELECT team_id FROM application WHERE id = :id", id=begun)
        yield Seen(shown, started, state, begun, handed_in, row.team_id)


def sampled(everything: bool, places: list[str]) -> Iterator[tuple[str, Language, Scheme]]:
    """Each page once, in turns of language and colours; with `--web` each in all of them."""
    for nth, place in enumerate(places):
        for also, (language, scheme) in enumerate((each, scheme) for each in LANGUAGES for scheme in SCHEMES):
            if everything or also == nth % 6:
                yield place, language, scheme


async def test_axe_finds_nothing_and_nothing_scrolls_sideways(seen: Seen, request: pytest.FixtureRequest) -> None:
    places = seen.places
    context = await seen.browser.new_context(storage_state=seen.founder)
    found: list[str] = []
    async with watched(context, origin=seen.site.url) as at:
        for name, language, scheme in sampled(request.config.getoption("--web"), list(places)):
            await at.page.set_viewport_size({"width": 1280, "height": 900})
            await at.page.emulate_media(color_scheme=scheme)
            await at.page.goto(seen.site.address(places[name], language))
            await at.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
            found += [f"{name}, {language}, {scheme}: {each}" for each in await violations(at.page)]
            await at.page.set_viewport_size({"width": 320, "height": 640})
            if wide := await overflow(at.page):
                found.append(f"{name}, {language}: {wide} pixels too wide at 320")
        at.complaints[:] = [each for each in at.complaints if "status of 4" not in each]  # refusals we asked for
    await context.close()

    assert found == []


async def test_a_page_with_all_that_it_loads_is_small(seen: Seen) -> None:
    sizes: dict[str, int] = {}
    for name in ("home", "a call", "the form"):
        context = await seen.browser.new_context(storage_state=seen.founder)
        async with watched(context, origin=seen.site.url) as at:
            received: list[int] = []
            at.page.on(
                "response", lambda answer, into=received: into.append(int(answer.headers.get("content-length", 0)))
            )
            await at.page.goto(seen.site.address(seen.places[name]))
            sizes[name] = sum(received)
        await context.close()

    assert max(sizes.values()) < 100_000, sizes


async def test_without_scripts_and_without_an_account_the_public_pages_are_whole(seen: Seen) -> None:
    context = await seen.browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    async with watched(context, origin=seen.site.url) as at:
        await at.page.goto(seen.site.address("", "fr"))
        await at.page.get_by_role("link", name="Candidater").click()
        assert await at.page.get_by_role("heading", name="Règles et journal des règles").is_visible()
        await at.page.get_by_role("link", name="Des fuites d’eau vues tôt").click()
        assert await at.page.get_by_text("sans creuser").is_visible()
        await at.page.get_by_role("link", name="العربية").click()
        assert await at.page.get_by_role("heading", name="كشف تسربات الماء مبكرا").is_visible()
    await context.close()


async def test_the_keyboard_alone_gets_one_from_the_first_page_to_a_word_that_is_saved(seen: Seen) -> None:
    context = await seen.browser.new_context(storage_state=seen.founder)
    async with watched(context, origin=seen.site.url) as at:
        page = at.page
        await page.goto(seen.site.address(f"files/{seen.draft}/write"))
        await page.keyboard.press("Tab")
        assert (await page.evaluate("document.activeElement.innerText")).strip() == "Skip to the content"
        await page.keyboard.press("Enter")
        for _ in range(12):
            await page.keyboard.press("Tab")
            width = await page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
            assert width != "0px", await page.evaluate("document.activeElement.outerHTML")
            if await page.evaluate("document.activeElement.id") == "summary":
                break
        await page.keyboard.press("Control+End")
        await page.keyboard.type(" By the keyboard.")
        await page.locator("#state[data-kind=good]").wait_for()
    await context.close()

    (row,) = await seen.site.fetch("SELECT summary FROM application WHERE id = :id", id=seen.draft)
    assert row.summary.endswith("By the keyboard.")
