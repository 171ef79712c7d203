"""A review in a juror's hands: by the keyboard alone, without scripts, and through lost connections and sessions."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from shared.database import new_id
from shared.tlog.note import Note
from tests.support.browser import browser, needs_chromium, watched
from tests.support.desk import ALIA, BADR, CHAMA, COOKIE, Desk, jury_desk, tell_of_a_jury, tell_of_decisions
from tests.support.stack import Backbone

pytestmark = needs_chromium

WORDS = "Une équipe solide, qui a déjà mesuré sur place."
SAVED = "Saved at"


@dataclass
class Hands:
    """A jury at work, and a browser."""

    desk: Desk
    browser: Browser

    async def open(self, juror: UUID, *, number: int = 0) -> str:
        """The id of one of a juror's reviews that are open."""
        reviews = await self.desk.selection.juror(juror).items("/reviews", state="assigned")
        return str(reviews[number]["id"])

    async def review(self, juror: UUID, id_: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.desk.selection.juror(juror).get(f"/reviews/{id_}")).json()
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hands(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hands]:
    async with jury_desk(backbone, tmp_path_factory.mktemp("issuer")) as desk, browser() as started:
        await tell_of_a_jury(desk)
        yield Hands(desk, started)


async def test_a_whole_review_by_the_keyboard_alone(hands: Hands) -> None:
    mine = await hands.open(ALIA)
    context = await hands.desk.browsing(hands.browser, "juror", person=ALIA)
    async with watched(context, origin=hands.desk.url) as at:
        page, keys = at.page, at.page.keyboard
        await page.goto(hands.desk.address("reviews"))
        await _tab_to(page, f"a[href$='/reviews/{mine}']")
        await keys.press("Enter")
        await page.wait_for_url(f"**/reviews/{mine}")

        for criterion, digits in (("team", "7"), ("rollout", "10"), ("mass_production", "0"), ("fit", "8")):
            await _tab_to(page, f"[name='score.{criterion}']")
            for digit in digits:
                await keys.press(digit)
        await _tab_to(page, "[name='score.data']")
        await keys.press("6")
        await keys.press("ArrowRight")
        assert await page.locator("#total").inner_text() == "64"
        await _tab_to(page, "#comment")
        await keys.type("A clear plan.")
        await keys.press("Control+s")
        await expect(page.locator("#saving")).to_contain_text(SAVED)
        assert (await hands.review(ALIA, mine))["scores"] == {
            "team": 7, "rollout": 10, "mass_production": 0, "fit": 8, "data": 7
        }  # fmt: skip

        await keys.press("Control+Enter")
        await page.wait_for_url(f"**/reviews/{mine}/submit?revision=1")
        await _tab_to(page, "main form button")
        await keys.press("Enter")
        await page.get_by_role("heading", name="Review submitted").wait_for()
        receipt = await page.locator("pre").inner_text()
        assert await page.evaluate("Object.keys(localStorage).length") == 0
    await context.close()

    assert Note.parse(f"{receipt.rstrip()}\n".encode())
    assert (await hands.review(ALIA, mine))["state"] == "submitted"


async def test_a_partner_orders_its_shortlist_by_the_keyboard_alone(hands: Hands) -> None:
    desk = hands.desk
    await tell_of_decisions(desk)
    opened = await desk.selection.staff.post(f"/challenges/{desk.places['noise']}/shortlist", {"lowest_score": 60})
    context = await desk.browsing(hands.browser, "partner", person=new_id(), organisation="holcim")
    async with watched(context, origin=desk.url) as at:
        page, keys = at.page, at.page.keyboard
        await page.goto(desk.address("shortlists"))
        await _tab_to(page, f"a[href$='/challenges/{desk.places['noise']}/shortlist']")
        await keys.press("Enter")
        await page.wait_for_url("**/shortlist")
        await _tab_to(page, "[name^='place.']")
        for place in range(opened.json()["files"], 0, -1):
            await keys.type(str(place))
            await keys.press("Tab")
        await keys.press("Enter")
        await page.wait_for_url("**/shortlist?said=ordered")
    await context.close()

    read = await desk.selection.staff.get(f"/challenges/{desk.places['noise']}/shortlist")
    assert read.json()["ordered_at"] is not None


async def test_a_whole_review_without_scripts(hands: Hands) -> None:
    mine = await hands.open(BADR)
    context = await hands.desk.browsing(hands.browser, "juror", person=BADR, java_script_enabled=False)
    async with watched(context, origin=hands.desk.url) as at:
        page = at.page
        await page.goto(hands.desk.address(f"reviews/{mine}", "fr"))
        for score in await page.locator(".score").all():
            await score.get_by_role("radio", name="6", exact=True).press("Space")
        await page.get_by_label("Pour le candidat", exact=True).fill(WORDS)
        await page.get_by_role("button", name="Enregistrer").click()
        await page.get_by_text("C’est enregistré.").wait_for()
        assert await page.get_by_label("Pour le candidat", exact=True).input_value() == WORDS
        await page.get_by_role("button", name="Relire et déposer…").click()
        await page.get_by_role("button", name="Déposer définitivement").click()
        await page.get_by_role("heading", name="Évaluation déposée").wait_for()
    await context.close()

    done = await hands.review(BADR, mine)
    assert (done["state"], done["comment"], set(done["scores"].values())) == ("submitted", WORDS, {6})


async def test_words_are_kept_over_a_lost_connection_and_offered_back(hands: Hands) -> None:
    mine = await hands.open(CHAMA)
    context = await hands.desk.browsing(hands.browser, "juror", person=CHAMA)
    page = await context.new_page()
    await page.goto(hands.desk.address(f"reviews/{mine}"))

    await context.set_offline(True)
    await page.get_by_label("For the applicant", exact=True).fill(WORDS)
    await page.get_by_text("No connection").wait_for()
    await page.close()
    await context.set_offline(False)
    page = await context.new_page()
    await page.goto(hands.desk.address(f"reviews/{mine}"))
    assert await page.get_by_label("For the applicant", exact=True).input_value() == ""
    await page.get_by_role("button", name="Put them back").click()
    await expect(page.locator("#saving")).to_contain_text(SAVED)
    await page.reload()
    assert not await page.locator("#offer").is_visible()
    await context.close()

    assert (await hands.review(CHAMA, mine))["comment"] == WORDS


async def test_after_the_session_ended_one_signs_in_beside_and_goes_on(hands: Hands) -> None:
    mine = await hands.open(CHAMA, number=1)
    context = await hands.desk.browsing(hands.browser, "juror", person=CHAMA)
    page = await context.new_page()
    await page.goto(hands.desk.address(f"reviews/{mine}"))

    await context.clear_cookies()
    await page.get_by_label("For the applicant", exact=True).fill(WORDS)
    await page.get_by_text("Your session has ended").wait_for()
    assert await page.get_by_role("link", name="Sign in (new tab)").is_visible()
    await _sign_in_again(hands, context)
    await page.keyboard.press("Control+s")
    await expect(page.locator("#saving")).to_contain_text(SAVED)
    await context.close()

    assert (await hands.review(CHAMA, mine))["comment"] == WORDS


async def test_a_plain_form_sent_after_the_session_ended_loses_no_word(hands: Hands) -> None:
    mine = await hands.open(CHAMA, number=2)
    context = await hands.desk.browsing(hands.browser, "juror", person=CHAMA, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(hands.desk.address(f"reviews/{mine}"))

    await page.get_by_label("For the applicant", exact=True).fill(f"{WORDS}\n\n« Encore. »")
    await context.clear_cookies()
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("heading", name="Your session has ended, your words are here").wait_for()
    await _sign_in_again(hands, context)
    await page.get_by_role("button", name="2. Send what I wrote again").click()
    await page.get_by_text("It is saved.").wait_for()
    await context.close()

    assert (await hands.review(CHAMA, mine))["comment"] == f"{WORDS}\n\n« Encore. »"


async def test_two_tabs_don_t_write_over_each_other_unseen(hands: Hands) -> None:
    mine = await hands.open(BADR)
    context = await hands.desk.browsing(hands.browser, "juror", person=BADR, java_script_enabled=False)
    one, other = await context.new_page(), await context.new_page()
    for page in (one, other):
        await page.goto(hands.desk.address(f"reviews/{mine}"))

    await one.get_by_label("For the applicant", exact=True).fill("From one tab.")
    await one.get_by_role("button", name="Save").click()
    await other.get_by_label("For the applicant", exact=True).fill("From the other.")
    await other.get_by_role("button", name="Save").click()
    await other.get_by_text("This review was changed elsewhere meanwhile").wait_for()
    assert (await hands.review(BADR, mine))["comment"] == "From one tab."
    assert await other.get_by_label("For the applicant", exact=True).input_value() == "From the other."
    await other.get_by_role("button", name="Save").click()
    await context.close()

    assert (await hands.review(BADR, mine))["comment"] == "From the other."


async def _sign_in_again(hands: Hands, context: BrowserContext) -> None:
    async with httpx.AsyncClient() as client:
        await hands.desk.sign_in(client, "juror", person=CHAMA)
        await context.add_cookies([{"name": COOKIE, "value": client.cookies[COOKIE], "url": hands.desk.url}])


async def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until what is wanted has the focus, and shows it."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(selector)
