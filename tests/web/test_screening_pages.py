"""The screening desk in a browser, without scripts: from what rules find to all teams being told."""

import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.support.browser import browser, needs_chromium, overflow, violations, watched
from tests.support.site import FOUNDER, STAFF, Shown, draft, open_season, sign_in_here, site, written
from tests.support.stack import Backbone

pytestmark = needs_chromium

PLACES = (("screening", "fr", "light"), ("file", "ar", "dark"), ("file", "en", "light"), ("screening", "ar", "light"))
RULES = [
    {"id": "idea", "kind": "not-among", "field": "stage", "among": ["idea"],
     "says": {"fr": "Avoir dépassé l’idée.", "ar": "تجاوز مرحلة الفكرة.", "en": "Be past the idea."}},
    {"id": "deck", "kind": "attached", "least": "1",
     "says": {"fr": "Une présentation.", "ar": "عرض تقديمي.", "en": "A presentation."}},
]  # fmt: skip


@dataclass
class Desk:
    site: Shown
    browser: Browser
    staff: Any
    files: list[str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with site(backbone, tmp_path_factory.mktemp("issuer")) as shown, browser() as started:
        await open_season(shown)
        files = []
        for team, title in (("Oreilles sur Rue", "آذان على الأنابيب"), ("Vannes Vaillantes", "Une vanne qui écoute")):
            files.append(await draft(shown, team=team))
            await written(shown, files[-1], title=title, hand_in=True)
        await shown.execute(
            "INSERT INTO call_eligibility (id, version, call_id, number, rules, digest, set_at) "
            "VALUES (:id, 1, :call, 1, CAST(:rules AS jsonb), 'x', now())",
            id=uuid4(),
            call=UUID(shown.season["call"]),
            rules=json.dumps(RULES),
        )
        # As if weeks had gone by.
        await shown.execute("UPDATE call SET status = 'files-opened', closed_at = now(), opened_at = now()")
        context = await started.new_context()
        page = await context.new_page()
        await page.goto(shown.address("screening"))
        await sign_in_here(page, who=STAFF, roles="staff")
        await page.wait_for_url("**/en/screening")
        state = await context.storage_state()
        await context.close()
        yield Desk(shown, started, state, files)


async def look(page: Page, name: str) -> None:
    """A picture for whoever wants to see; `DATACITY_SCREENSHOTS` says where to."""
    if folder := os.environ.get("DATACITY_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_axe_finds_nothing_on_the_desk_and_nothing_scrolls_sideways(desk: Desk) -> None:
    context = await desk.browser.new_context(storage_state=desk.staff)
    found: list[str] = []
    async with watched(context, origin=desk.site.url) as at:
        for place, language, scheme in PLACES:
            path = "screening" if place == "screening" else f"screening/{desk.files[0]}"
            await at.page.set_viewport_size({"width": 1280, "height": 900})
            await at.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await at.page.goto(desk.site.address(path, language))
            found += [f"{place}, {language}: {each}" for each in await violations(at.page)]
            await look(at.page, f"{place}-{language}-{scheme}")
            await at.page.set_viewport_size({"width": 320, "height": 640})
            if wide := await overflow(at.page):
                found.append(f"{place}, {language}: {wide} pixels too wide at 320")
    await context.close()

    assert found == []


async def test_a_person_asks_decides_and_tells_without_scripts(desk: Desk) -> None:
    site, (first, second) = desk.site, desk.files
    until = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0, second=0, tzinfo=None)
    context = await desk.browser.new_context(storage_state=desk.staff, java_script_enabled=False)
    async with watched(context, origin=site.url) as at:
        page = at.page
        await page.goto(site.address("screening"))
        assert await page.get_by_text("2 rules fail").count() == 2
        await page.get_by_role("link", name="آذان على الأنابيب").click()
        await page.get_by_label("Attached files").check()
        await page.get_by_label("Until (by the clocks of Africa/Casablanca)").fill(until.isoformat())
        await page.get_by_label("what is wanted, and why").fill("أرسلوا عرضكم من فضلكم.")
        await page.get_by_role("button", name="Ask", exact=True).click()
        assert await page.get_by_text("waits for the team").is_visible()

        async with site.signed_in(sub=FOUNDER) as founder:
            asked = await founder.get(site.address(f"files/{first}", "ar"))
            title = await founder.get(site.address(f"files/{first}/write", "fr"))
        assert "مطلوب منك معلومات إضافية" in asked.text
        assert 'name="title"' not in title.text

        await page.goto(site.address(f"screening/{second}"))
        await page.get_by_label("It does not answer the challenge.").check()
        await page.get_by_label("To the team, in its language", exact=True).fill("Une autre fois.")
        await page.get_by_role("button", name="Find it not eligible").click()
        assert await page.get_by_text("The team does not know it yet").is_visible()
        await page.goto(site.address(f"screening/{first}"))
        await page.get_by_label("A rule fails. Why do you admit it all the same?").fill("L’idée est neuve.")
        await page.get_by_role("button", name="Admit the file").click()
        await page.get_by_role("link", name="Screening").first.click()
        await page.get_by_role("button", name="Tell all teams now").click()
        assert await page.get_by_text("All teams were told on").is_visible()
    await context.close()

    rows = await site.fetch("SELECT status FROM application ORDER BY created_at")
    assert [row.status for row in rows] == ["admitted", "declined"]
