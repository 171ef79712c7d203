"""The jury's pages over HTTP: who is let in where, and that nobody reads there what the API would not show."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.desk import ALIA, STAFF, Desk, jury_desk, tell_of_a_jury
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with jury_desk(backbone, tmp_path_factory.mktemp("issuer")) as opened:
        await tell_of_a_jury(opened)
        yield opened


@pytest.mark.parametrize(("roles", "home"), [("juror", "reviews"), ("staff", "juries"), ("staff juror", "reviews")])
async def test_one_arrives_where_ones_work_is(desk: Desk, roles: str, home: str) -> None:
    async with desk.signed_in(roles, person=ALIA if "juror" in roles else STAFF) as client:
        arrived = await client.get(f"{desk.url}/jury/fr", follow_redirects=True)

    assert arrived.status_code == 200
    assert arrived.url.path == f"/jury/fr/{home}"


async def test_who_neither_judges_nor_deliberates_is_told_so(desk: Desk) -> None:
    async with desk.signed_in("applicant") as client:
        refused = await client.get(desk.address("desk"))

    assert refused.status_code == 403
    assert "This page is not open to you" in refused.text


async def test_a_juror_finds_its_files_and_no_others(desk: Desk) -> None:
    mine = {each["id"] for each in await desk.selection.juror(ALIA).items("/reviews")}
    every = {each["id"] for each in await desk.selection.staff.items("/reviews", limit=200)}
    async with desk.signed_in("juror", person=ALIA) as client:
        page = await client.get(desk.address("reviews"))

    assert mine
    assert {each for each in every if each in page.text} == mine
    assert "Find water leaks" in page.text


async def test_staff_see_each_jury_with_its_progress(desk: Desk) -> None:
    async with desk.signed_in("staff", person=STAFF) as client:
        page = await client.get(desk.address("juries", "fr"))

    assert "Première édition" in page.text
    assert "jury à nommer" in page.text
    assert "<bdi>0</bdi> sur <bdi>10</bdi>" in page.text
