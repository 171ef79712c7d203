"""Every page of the jury's desks: axe finds nothing, nothing scrolls sideways, and all of it is small.

By default each page is seen in one language, light or dark, by turns; with `--web` in all of them, in both.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext

from shared.web import LANGUAGES
from tests.support.browser import browser, needs_chromium, overflow, violations, watched
from tests.support.desk import ALIA, CHAMA, STAFF, Desk, jury_desk, review, tell_of_a_jury, tell_of_decisions
from tests.support.desk_later import tell_of_a_discussion, tell_of_results
from tests.support.stack import Backbone

pytestmark = needs_chromium

OF_JUROR = {
    "my files": "reviews",
    "a review": "reviews/{mine}",
    "a review before it is submitted": "reviews/{mine}/submit",
    "a review that was submitted": "reviews/{done}",
    "a discussion": "reviews/{discussed}/discussion",
    "a discussion that is not open": "reviews/{done}/discussion",
    "stepping back": "reviews/{mine}/step-back",
    "ties and conflicts": "interests",
    "bids": "juries/{bidding}/bids",
    "nothing": "nothing/here",
}
OF_STAFF = {
    "juries": "juries",
    "a jury": "juries/{jury}",
    "a jury to appoint": "challenges/{street}/jury",
    "names in minutes": "editions/{closed edition}/names",
    "an assignment": "juries/{jury}/assignment",
    "a preview": "juries/{jury}/ranking?places=2",
    "a frozen ranking": "juries/{ranked}/ranking",
    "what if": "juries/{ranked}/ranking?places=3&without={juror}",
    "a file": "juries/{ranked}/files/{decided file}",
    "conflicts": "conflicts",
    "ties of a startup": "ties?file={file 0}",
    "all ties": "ties",
    "all shortlists": "shortlists",
    "a shortlist": "challenges/{noise}/shortlist",
    "all decisions": "decisions",
    "decisions": "decisions/{decisions}",
    "published decisions with their minutes": "decisions/{published}",
    "a discussion as staff read it": "reviews/{discussed}/discussion",
    "all reasons": "decisions/{decisions}/reasons",
    "reasons": "decisions/{decisions}/reasons/{turned down}",
}
OF_FOUNDER = {"results": "result", "ties of our startup": "files/{ours}/ties"}
OF_HOPEFUL = {"nothing published yet": "result"}
OF_PARTNER = {"its shortlists": "shortlists", "its shortlist": "challenges/{noise}/shortlist"}

FOUNDER, HOPEFUL, PARTNER = (UUID(f"0190d0d0-0000-7000-8000-0000000000f{number}") for number in range(1, 4))
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass(frozen=True)
class Looking:
    """Who looks, in which role, and at what."""

    role: str
    person: UUID
    places: Mapping[str, str]
    organisation: str = ""


PEOPLE = {
    "juror": Looking("juror", ALIA, OF_JUROR),
    "staff": Looking("staff", STAFF, OF_STAFF),
    "founder": Looking("applicant", FOUNDER, OF_FOUNDER),
    "hopeful": Looking("applicant", HOPEFUL, OF_HOPEFUL),
    "partner": Looking("partner", PARTNER, OF_PARTNER, organisation="holcim"),
}


@dataclass
class Seen:
    """A jury at work, and a browser for each who looks."""

    desk: Desk
    browser: Browser
    contexts: dict[str, BrowserContext]

    def address(self, place: str, language: str = "en") -> str:
        return self.desk.address(place.format_map(self.desk.places), language)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seen(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Seen]:
    async with jury_desk(backbone, tmp_path_factory.mktemp("issuer")) as desk, browser() as started:
        await tell_of_a_jury(desk)
        await tell_of_decisions(desk)
        await desk.selection.staff.post(f"/challenges/{desk.places['noise']}/shortlist", {"lowest_score": 40})
        desk.places["juror"] = str(CHAMA)
        (desk.places["done"],) = await review(desk, ALIA)
        desk.places["mine"] = (await desk.selection.juror(ALIA).items("/reviews", state="assigned"))[0]["id"]
        await tell_of_a_discussion(desk)
        await tell_of_results(desk, lead=FOUNDER)
        contexts = {
            who: await desk.browsing(started, one.role, person=one.person, organisation=one.organisation)
            for who, one in PEOPLE.items()
        }
        yield Seen(desk, started, contexts)
        for context in contexts.values():
            await context.close()


@pytest.mark.parametrize("who", PEOPLE)
async def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    seen: Seen, who: str, request: pytest.FixtureRequest
) -> None:
    looks = [(language, scheme) for scheme in SCHEMES for language in LANGUAGES]
    found: list[str] = []
    async with watched(seen.contexts[who], origin=seen.desk.url) as at:
        for number, (name, place) in enumerate(PEOPLE[who].places.items()):
            for language, scheme in looks if request.config.getoption("--web") else [looks[number % len(looks)]]:
                await at.page.set_viewport_size({"width": 1280, "height": 900})
                await at.page.emulate_media(color_scheme=scheme)
                await at.page.goto(seen.address(place, language))
                await at.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
                at_fault = f"{name}, {language}, {scheme}"
                found += [f"{at_fault}: {each}" for each in await violations(at.page)]
                await at.page.set_viewport_size({"width": 320, "height": 640})
                if wide := await overflow(at.page):
                    found.append(f"{at_fault}: {wide} pixels too wide at 320")
        at.complaints[:] = [each for each in at.complaints if "status of 4" not in each]  # refusals we asked for

    assert found == []


async def test_a_page_with_all_that_it_loads_is_small(seen: Seen) -> None:
    sizes: dict[str, int] = {}
    for who, one in PEOPLE.items():
        async with watched(seen.contexts[who], origin=seen.desk.url) as at:
            for name, place in one.places.items():
                received: list[int] = []
                at.page.on(
                    "response", lambda answer, into=received: into.append(int(answer.headers.get("content-length", 0)))
                )
                await at.page.goto(seen.address(place))
                sizes[name] = sum(received)
            at.complaints.clear()

    assert max(sizes.values()) < 100_000, sizes
