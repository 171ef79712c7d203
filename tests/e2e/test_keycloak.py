"""The pages with a real Keycloak: people sign in by its page, are renewed, and leave; roles arrive as they are there.

`--keycloak` runs it: it fetches Keycloak's distribution (170 MB) and needs a Java of 17 or later.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.support.browser import browser, needs_chromium
from tests.support.keycloak import keycloak, someone
from tests.support.monitor import Monitor, monitor
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shown(
    backbone: Backbone, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Monitor]:
    if not request.config.getoption("--keycloak"):
        pytest.skip("--keycloak runs it")
    folder = tmp_path_factory.mktemp("keycloak")
    people = [someone("salma", "staff", organisation="numa"), someone("anas", "applicant")]
    async with (
        keycloak(folder, redirect_uris=["http://127.0.0.1:*"], people=people) as issuer,
        monitor(backbone, folder, issuer=issuer) as running,
    ):
        yield running


@asynccontextmanager
async def a_page() -> AsyncIterator[Page]:
    async with browser() as started:
        page = await started.new_page(locale="en")
        page.set_default_timeout(60_000)
        yield page


async def sign_in(page: Page, name: str, password: str) -> None:
    await page.fill("#username", name)
    await page.fill("#password", password)
    await page.click("#kc-login")


@needs_chromium
async def test_people_of_a_real_keycloak_sign_in_are_renewed_and_leave(shown: Monitor) -> None:
    async with a_page() as page:
        await page.goto(shown.address("health"))
        await sign_in(page, "salma", "not hers")
        await page.wait_for_selector("[id^=input-error]")
        await sign_in(page, "salma", "salma")
        await page.wait_for_url(shown.address("health"))

        (begun,) = await shown.service.rows("SELECT person_id, tokens FROM web_session")
        async with shown.service.works.begin() as work:
            database = await work.session.connection()
            await database.exec_driver_sql("UPDATE web_session SET expires_at = now() - interval '1 second'")
        answer = await page.goto(shown.address("health"))
        assert answer is not None
        assert answer.status == 200
        (renewed,) = await shown.service.rows("SELECT person_id, tokens FROM web_session")
        assert renewed.person_id == begun.person_id
        assert renewed.tokens != begun.tokens

        await page.click("form.leave button")
        await page.click("a[href*='/logout']")
        await page.click("#kc-logout")
        await page.goto(shown.address("health"))
        await page.wait_for_selector("#kc-login")


@needs_chromium
async def test_who_has_no_role_at_keycloak_sees_nothing(shown: Monitor) -> None:
    async with a_page() as page:
        await page.goto(shown.address("health"))
        async with page.expect_response(shown.address("health")) as answered:
            await sign_in(page, "anas", "anas")

        assert (await answered.value).status == 403
