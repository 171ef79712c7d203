"""The page of a call's deadlines in a browser: axe finds nothing, nothing is too wide, the keyboard suffices."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.support.browser import browser, needs_chromium, overflow, violations, watched
from tests.support.site import STAFF, Shown, draft, open_season, sign_in_here, site
from tests.support.stack import Backbone

pytestmark = needs_chromium

PLACES = (
    ("open", "en", "light"),
    ("open", "ar", "dark"),
    ("ahead", "fr", "dark"),
    ("ahead", "ar", "light"),
    ("new", "en", "light"),
    ("new", "ar", "light"),
)


@dataclass
class Desk:
    site: Shown
    browser: Browser
    staff: Any
    places: dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with site(backbone, tmp_path_factory.mktemp("issuer")) as shown, browser() as started:
        await open_season(shown)
        file, call = await draft(shown), shown.season["call"]
        wish = {"until": wall(days=20), "reason": "personal", "words": "فيضان متخيل في المكتب."}
        decided = await shown.staff("POST", f"/applications/{file}/extensions", wish)
        approve = f"/extensions/{decided['id']}/approve"
        await shown.ask("POST", approve, as_=uuid4(), roles="staff", organisation="numa")
        wish |= {"until": wall(days=30), "words": "Une inondation inventée, encore."}
        await shown.ask(
            "POST", f"/applications/{file}/extensions", wish, as_=uuid4(), roles="staff", organisation="numa"
        )
        ahead = {
            "edition_id": shown.season["edition"],
            "challenge_ids": shown.season["challenges"],
            "opens_at": wall(days=5),
            "closes_at": wall(days=40),
            "grace_seconds": 60,
        }
        planned = await shown.staff("POST", "/calls", ahead)
        context = await started.new_context()
        page = await context.new_page()
        await page.goto(shown.address("calls/new"))
        await sign_in_here(page, who=STAFF, roles="staff")
        await page.wait_for_url("**/en/calls/new")
        state = await context.storage_state()
        await context.close()
        places = {"open": f"calls/{call}/deadlines", "ahead": f"calls/{planned['id']}/deadlines", "new": "calls/new"}
        yield Desk(shown, started, state, places)


def wall(*, days: int) -> dict[str, str]:
    local = datetime.now(UTC).replace(microsecond=0, second=0, tzinfo=None) + timedelta(days=days)
    return {"local": local.isoformat(), "zone": "Africa/Casablanca"}


async def look(page: Page, name: str) -> None:
    """A picture for whoever wants to see; `DATACITY_SCREENSHOTS` says where to."""
    if folder := os.environ.get("DATACITY_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_axe_finds_nothing_on_the_deadlines_and_nothing_scrolls_sideways(desk: Desk) -> None:
    context = await desk.browser.new_context(storage_state=desk.staff)
    found: list[str] = []
    async with watched(context, origin=desk.site.url) as at:
        for place, language, scheme in PLACES:
            await at.page.set_viewport_size({"width": 1280, "height": 900})
            await at.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await at.page.goto(desk.site.address(desk.places[place], language))
            await at.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
            found += [f"{place}, {language}: {each}" for each in await violations(at.page)]
            await look(at.page, f"{place}-{language}-{scheme}")
            await at.page.set_viewport_size({"width": 320, "height": 640})
            if wide := await overflow(at.page):
                found.append(f"{place}, {language}: {wide} pixels too wide at 320")
            await look(at.page, f"{place}-{language}-320")
    await context.close()

    assert found == []


async def test_the_keyboard_alone_moves_a_deadline(desk: Desk) -> None:
    day = (datetime.now(UTC) + timedelta(days=25)).strftime("%m%d%Y")
    context = await desk.browser.new_context(storage_state=desk.staff, locale="en-US")
    async with watched(context, origin=desk.site.url) as at:
        page = at.page
        await page.goto(desk.site.address(desk.places["open"]))
        await page.get_by_label("Whose deadline").focus()
        await page.keyboard.press("Tab")
        await page.keyboard.type(day)
        await page.keyboard.press("Tab")
        await page.keyboard.type("1130PM")
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="Move this deadline?").wait_for()
        found = await violations(page)
        await look(page, "sure-en-light")
        await page.get_by_role("button", name="Move the deadline").press("Enter")
        await page.get_by_text("The deadline has moved.").wait_for()
    await context.close()

    assert found == []
