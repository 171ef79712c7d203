"""The monitor in somebody's hands: by the keyboard, live while connections break, and letting failed events go on."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from services.notifications import live
from tests.chaos.proxy import Wire
from tests.support.browser import browser, needs_chromium, watched
from tests.support.monitor import Monitor, fail, monitor
from tests.support.notifications import drafted, edition, until
from tests.support.stack import Backbone

pytestmark = needs_chromium


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def started() -> AsyncIterator[Browser]:
    async with browser() as opened:
        yield opened


@pytest.fixture
async def shown(backbone: Backbone, tmp_path: Any) -> AsyncIterator[Monitor]:
    async with monitor(backbone, tmp_path) as made:
        await made.service.hear(edition(), twice=False)
        yield made


async def signed_in(shown: Monitor, page: Page, who: str = "staff of numa") -> None:
    await page.goto(f"{shown.url}/monitor/en/events")
    await page.get_by_role("button", name=who, exact=True).click()
    await page.wait_for_url("**/monitor/en/events")


async def test_the_keyboard_alone_gets_one_through_the_log_to_an_event_and_back(
    shown: Monitor, started: Browser
) -> None:
    for _ in range(3):
        await shown.service.hear(drafted(uuid4()), twice=False)
    context = await started.new_context()
    async with watched(context, origin=shown.url) as at:
        page = at.page
        await signed_in(shown, page)
        at.foreign.clear()  # the issuer is another origin, where one was sent to sign in
        await page.reload()

        walked = await _walk(page, 11)
        assert walked[:2] == ["Skip to the content", "DataCity"]
        assert {"Event log", "Failures", "Health", "Programme", "Letters", "Français", "Sign out"} <= set(walked)

        await page.reload()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"
        walked = await _walk(page, 3)
        assert walked[0].startswith("Filter")
        assert walked[1:] == ["Pause", "Application drafted"]
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/events/4")
        assert await page.locator("h1").inner_text() == "Application drafted"

        await page.go_back()
        await page.locator("summary").first.focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.name") == "service"
        assert await _is_outlined(page)
    await context.close()


async def _walk(page: Page, steps: int) -> list[str]:
    """What one comes by, pressing Tab; all of it shows that it has the focus."""
    names = []
    for _ in range(steps):
        await page.keyboard.press("Tab")
        names.append((await page.evaluate("document.activeElement.innerText") or "").strip())
        assert await _is_outlined(page), names[-1]
    return names


async def _is_outlined(page: Page) -> bool:
    width: str = await page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    return width != "0px"


async def test_the_page_shows_each_event_once_while_its_connection_is_cut_again_and_again(
    backbone: Backbone, started: Browser, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RETRY_MILLISECONDS", 20)
    wire = Wire(lambda: 0)
    async with monitor(backbone, tmp_path, wire=wire) as shown:
        await shown.service.hear(edition(), twice=False)
        context = await started.new_context()
        page = await context.new_page()
        await signed_in(shown, page)
        await page.get_by_text("Live", exact=True).wait_for()

        writing = asyncio.create_task(_write(shown, 90))
        for _ in range(12):
            await asyncio.sleep(random.uniform(0.05, 0.3))
            wire.reset()
        await writing

        async def all_shown() -> bool:
            return await page.locator("#e91").count() == 1

        await until(all_shown, what="the last event")
        rows = "[...document.querySelectorAll('#log li')].map(row => Number(row.dataset.position))"
        positions = await page.evaluate(rows)
        await context.close()

    assert positions == list(range(91, 0, -1))


async def _write(shown: Monitor, count: int) -> None:
    for _ in range(count):
        await shown.service.hear(drafted(uuid4()), twice=False)
        await asyncio.sleep(0.01)


async def test_pause_holds_the_page_still_and_resume_catches_up(shown: Monitor, started: Browser) -> None:
    context = await started.new_context()
    page = await context.new_page()
    await signed_in(shown, page)
    await page.get_by_text("Live", exact=True).wait_for()

    await page.get_by_role("button", name="Pause").click()
    await _write(shown, 3)
    await asyncio.sleep(0.3)  # long enough for what must not come
    still = await page.locator("#log li").count()
    await page.get_by_role("button", name="Resume").click()
    await page.locator("#e4").wait_for()

    assert still == 1
    assert await page.locator("#log li").count() == 4
    await context.close()


async def test_what_failed_is_released_after_a_reason_and_a_dry_run(shown: Monitor, started: Browser) -> None:
    await fail(shown.service, count=2)
    context = await started.new_context()
    page = await context.new_page()
    await signed_in(shown, page)

    await page.goto(shown.address("failures/notifications/feedfacecafebeef"))
    await page.get_by_label("Reason:").fill("The database is back")
    await page.get_by_role("button", name="Dry run").click()
    await page.get_by_text("4 events would be handled.").wait_for()
    assert await _waiting(shown) == 5
    await page.get_by_role("button", name="Release for real").click()
    await page.get_by_text("4 events were handled.").wait_for()

    assert await _waiting(shown) == 1
    assert await shown.service.scalar("SELECT count(*) FROM quarantine WHERE note = 'The database is back'") == 4
    assert len(await shown.service.told("io.datacity.quarantine.event-released.v1")) == 4
    await context.close()


async def test_what_can_never_be_handled_is_discarded_after_a_reason_and_a_dry_run(
    shown: Monitor, started: Browser
) -> None:
    await fail(shown.service, count=0)
    number = await shown.service.scalar("SELECT max(id) FROM quarantine")
    context = await started.new_context()
    page = await context.new_page()
    await signed_in(shown, page)

    await page.goto(shown.address(f"failures/notifications/events/{number}"))
    form = page.locator("form", has=page.locator("#reason"))
    await form.get_by_label("Why it will have no effect").select_option("malformed")
    await form.get_by_label("Reason:").fill("No application has this id")
    await form.get_by_role("button", name="Dry run").click()
    await page.get_by_text("Would be discarded: Application drafted (malformed).").wait_for()
    assert await _waiting(shown) == 1
    await page.get_by_role("button", name="Discard for real").click()
    await page.get_by_text("Discarded: Application drafted (malformed).").wait_for()

    (told,) = await shown.service.told("io.datacity.quarantine.event-discarded.v1")
    assert told["reason"] == "malformed"
    assert await _waiting(shown) == 0
    await context.close()


async def _waiting(shown: Monitor) -> int:
    return int(await shown.service.scalar("SELECT count(*) FROM quarantine WHERE released_at IS NULL"))


async def test_another_language_keeps_the_place_and_signing_out_ends_it(shown: Monitor, started: Browser) -> None:
    context = await started.new_context()
    page = await context.new_page()
    await signed_in(shown, page)

    await page.goto(shown.address("events?service=applications&actor=someone"))
    await page.get_by_role("link", name="العربية").click()
    assert page.url == shown.address("events?service=applications&actor=someone", "ar")
    await page.get_by_role("link", name="English").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("heading", name="You are signed out").wait_for()
    left = await shown.service.scalar("SELECT count(*) FROM web_session")
    await page.goto(shown.address("events"))

    assert left == 0
    assert page.url.startswith(shown.issuer_url)
    assert [cookie["name"] for cookie in await context.cookies(shown.url)] == ["datacity-notifications-sign-in"]
    await context.close()
