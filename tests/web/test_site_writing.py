"""Writing an application while connections break, sessions end and others write too: no word is lost."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route

from tests.support.applications import pdf
from tests.support.browser import browser, needs_chromium
from tests.support.site import FOUNDER, MATE, Shown, draft, enter, open_season, sign_in_here, site
from tests.support.stack import Backbone

pytestmark = needs_chromium

WORDS = "Nous écoutons les conduites la nuit, quand la ville dort. " * 12
SAVED = "#state[data-kind=good]"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shown(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shown]:
    async with site(backbone, tmp_path_factory.mktemp("issuer")) as made:
        await open_season(made)
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def started() -> AsyncIterator[Browser]:
    async with browser() as opened:
        yield opened


@pytest.fixture
async def context(started: Browser) -> AsyncIterator[BrowserContext]:
    made = await started.new_context()
    yield made
    await made.close()


@pytest.fixture
async def file(shown: Shown) -> str:
    return await draft(shown, mates=[MATE])


async def said(shown: Shown, file: str, name: str = "summary") -> str:
    (row,) = await shown.fetch("SELECT title, summary, answers FROM application WHERE id = :id", id=file)
    return str(row.answers.get(name.removeprefix("answers/")) if name.startswith("answers/") else getattr(row, name))


async def test_what_is_written_is_saved_by_itself_and_what_is_asked_follows_the_answers(
    shown: Shown, context: BrowserContext, file: str
) -> None:
    page = await context.new_page()
    await enter(shown, page, f"files/{file}/write")

    assert not await page.get_by_label("Since when?").is_visible()
    await page.get_by_label("Yes", exact=True).check()
    assert await page.get_by_label("Since when?").is_visible()
    await page.get_by_label("Who are you, and what can you do together?").fill("One two three")
    assert await page.get_by_text("3 of 250 words").is_visible()
    await page.locator(SAVED).wait_for()

    assert (await page.locator("#state").inner_text()).startswith("Saved at ")
    assert await page.get_by_text("2 of 10 required answers").is_visible()
    assert await said(shown, file, "answers/team") == "One two three"
    assert await said(shown, file, "answers/registered") == "yes"


async def test_without_a_connection_words_stay_in_the_browser_and_are_saved_when_it_is_back(
    shown: Shown, context: BrowserContext, file: str
) -> None:
    page = await context.new_page()
    await enter(shown, page, f"files/{file}/write")

    await context.set_offline(True)
    await page.locator("#summary").fill(WORDS)
    await page.get_by_text("No connection.").wait_for()
    await page.close()  # the browser is closed, the words are in it
    await context.set_offline(False)
    page = await context.new_page()
    await page.goto(shown.address(f"files/{file}/write"))
    await page.get_by_role("heading", name="Words that were not saved wait for you").wait_for()
    assert (await page.locator(".words-found").inner_text()).strip() == WORDS.strip()
    await page.get_by_role("button", name="Put them back into the form").click()
    await page.locator(SAVED).wait_for()

    assert await said(shown, file) == WORDS.strip()
    await page.reload()
    assert not await page.locator("#found").is_visible()
    assert await page.evaluate("Object.keys(localStorage).length") == 0


async def test_a_connection_that_comes_back_saves_what_was_written_without_it(
    shown: Shown, context: BrowserContext, file: str
) -> None:
    page = await context.new_page()
    await enter(shown, page, f"files/{file}/write")

    await context.set_offline(True)
    await page.locator("#title").fill("Écrit sans connexion")
    await page.get_by_text("No connection.").wait_for()
    await context.set_offline(False)
    await page.locator(SAVED).wait_for()

    assert await said(shown, file, "title") == "Écrit sans connexion"


async def test_when_the_session_ends_while_writing_the_words_wait_behind_the_sign_in(
    shown: Shown, context: BrowserContext, file: str
) -> None:
    page = await context.new_page()
    await enter(shown, page, f"files/{file}/write")

    await shown.end_sessions()
    await page.locator("#summary").fill(WORDS)
    await page.get_by_text("Your session has ended.").wait_for()
    await page.locator("#title").fill("Et encore un titre, après la fin")
    await page.locator("#state a").click()
    await sign_in_here(page)
    await page.wait_for_url(f"**/files/{file}/write")
    await page.get_by_role("button", name="Put them back into the form").click()
    await page.locator(SAVED).wait_for()

    assert await said(shown, file) == WORDS.strip()
    assert await said(shown, file, "title") == "Et encore un titre, après la fin"


async def test_without_scripts_a_form_sent_after_the_session_s_end_keeps_its_words_through_the_sign_in(
    shown: Shown, started: Browser, file: str
) -> None:
    context = await started.new_context(java_script_enabled=False)
    page = await context.new_page()
    await enter(shown, page, f"files/{file}/write")

    await page.locator("#summary").fill(WORDS)
    await shown.end_sessions()
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.get_by_role("heading", name="Your session has ended, your words are here").wait_for()
    async with context.expect_page() as opened:
        await page.get_by_role("link", name="1. Sign in (new tab)").click()
    await sign_in_here(await opened.value)
    await (await opened.value).get_by_role("heading", name="You are signed in").wait_for()
    await page.get_by_role("button", name="2. Send what I wrote again").click()
    await page.wait_for_url(f"**/files/{file}/write?saved=1")
    await context.close()

    assert await said(shown, file) == WORDS.strip()


async def test_two_members_who_write_at_once_keep_both_their_words(
    shown: Shown, context: BrowserContext, started: Browser, file: str
) -> None:
    other = await started.new_context()
    mine, theirs = await context.new_page(), await other.new_page()
    await enter(shown, mine, f"files/{file}/write", who=FOUNDER)
    await _save(mine, "#summary", "The first sentence. The last sentence.")
    await enter(shown, theirs, f"files/{file}/write", who=MATE)

    await _save(theirs, "#summary", "The first sentence. The last sentence. And one more.")
    await _save(mine, "#summary", "The very first sentence. The last sentence.")
    both = "The very first sentence. The last sentence. And one more."
    assert await mine.locator("#summary").input_value() == both
    assert await said(shown, file) == both

    await _save(theirs, "#title", "Water")
    await mine.locator("#title").fill("Leaks")
    await mine.get_by_role("button", name="Keep mine").wait_for()
    assert await mine.locator("#at-title blockquote").inner_text() == "Water"
    assert await said(shown, file, "title") == "Water"
    await mine.get_by_role("button", name="Keep mine").click()
    await mine.locator(SAVED).wait_for()
    await other.close()

    assert await said(shown, file, "title") == "Leaks"


async def _save(page: Page, field: str, text: str) -> None:
    async with page.expect_response(lambda answer: answer.request.method == "POST"):
        await page.locator(field).fill(text)
    await page.locator(SAVED).wait_for()


async def test_a_founder_previews_hands_in_and_takes_the_receipt(
    shown: Shown, context: BrowserContext, file: str
) -> None:
    page = await context.new_page()
    await enter(shown, page, f"files/{file}/write")

    await page.locator("#title").fill("Ears on the pipes")
    await page.locator("#summary").fill("We listen at night.")
    within = await page.locator("#deadline time").get_attribute("datetime")
    await page.get_by_role("combobox").first.select_option("Buildings that waste no more")
    await page.locator(f"#deadline time:not([datetime='{within}'])").wait_for()  # that challenge's is earlier
    for each in await page.locator("textarea[name^='answers/']").all():
        await each.fill("An invented answer.")
    await page.get_by_label("No", exact=True).check()
    await page.get_by_label("An idea").check()
    await page.get_by_role("button", name="Read again and hand in").click()
    await page.get_by_role("button", name="Hand in now").click()
    await page.get_by_text("It is handed in").wait_for()
    async with page.expect_download() as taken:
        await page.get_by_role("link", name="Download the receipt").first.click()
    receipt = await (await taken.value).path()

    assert receipt.read_text().startswith("datacity-receipt/1\n")


async def test_a_file_goes_on_where_its_connection_broke_off(shown: Shown, context: BrowserContext, file: str) -> None:
    page = await context.new_page()
    await enter(shown, page, f"files/{file}/attachments")
    content = pdf() + b"%" * 900_000
    broken: list[str] = []

    async def break_once(route: Route) -> None:
        if "offset=262144" in route.request.url and not broken:
            broken.append(route.request.url)
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route("**/uploads/**", break_once)
    await page.locator("#file").set_input_files({"name": "deck.pdf", "mimeType": "application/pdf", "buffer": content})
    await page.get_by_role("button", name="Attach this file").click()
    await page.get_by_role("link", name="deck.pdf").wait_for()

    assert broken
    (row,) = await shown.fetch("SELECT size FROM attachment WHERE application_id = :id", id=file)
    assert row.size == len(content)
