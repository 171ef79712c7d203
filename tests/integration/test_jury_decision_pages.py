"""Conflicts decided, ties stated, bids made, decisions approved and published, reasons signed: by forms alone."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from shared.database import new_id
from tests.support.desk import (
    ALIA,
    BADR,
    CHAMA,
    STAFF,
    Desk,
    jury_desk,
    tell_of_a_jury,
    tell_of_decisions,
)
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with jury_desk(backbone, tmp_path_factory.mktemp("issuer")) as opened:
        await tell_of_a_jury(opened)
        await tell_of_decisions(opened)
        yield opened


@pytest_asyncio.fixture
async def staff(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with desk.signed_in("staff", person=STAFF) as client:
        yield client


async def test_a_conflict_that_ties_show_is_dismissed_by_a_person_with_a_reason(
    desk: Desk, staff: httpx.AsyncClient
) -> None:
    page = await staff.get(desk.address("conflicts?state=proposed"))
    (conflict,) = re.findall(r'action="/jury/en/conflicts/([0-9a-f-]{36})\?state=proposed"', page.text)
    silent = await staff.post(desk.address(f"conflicts/{conflict}"), data={"to": "dismissed"})
    decided = await staff.post(
        desk.address(f"conflicts/{conflict}"), data={"to": "dismissed", "reason": "It ended years ago."}
    )
    async with desk.signed_in("juror", person=BADR) as client:
        told = await client.get(desk.address("interests"))

    assert "mentoring" in page.text
    assert "Flux Fictif" in page.text
    assert (silent.status_code, decided.status_code) == (422, 303)
    assert "It ended years ago." in told.text


async def test_ties_are_stated_all_together_and_a_second_window_is_told(desk: Desk) -> None:
    form = {
        "version": "0",
        "tie.0.kind": "employer",
        "tie.0.organisation": "Université fictive",
        "tie.1.kind": "shareholder",
        "tie.1.organisation": "",
        "competences": "Water, data-science",
    }
    async with desk.signed_in("juror", person=CHAMA) as client:
        stated = await client.post(desk.address("interests/ties"), data=form)
        late = await client.post(desk.address("interests/ties"), data=form)
        wrong = await client.post(desk.address("interests/ties"), data={**form, "version": "1", "competences": "eau !"})
        page = await client.get(desk.address("interests"))

    assert (stated.status_code, late.status_code, wrong.status_code) == (303, 412, 422)
    assert 'value="Université fictive"' in late.text
    assert 'value="data-science, water"' in page.text


async def test_staff_note_a_tie_of_a_startup_and_take_it_back(desk: Desk, staff: httpx.AsyncClient) -> None:
    file = desk.places["file 1"]
    place = desk.address(f"ties?file={file}")
    form = {"of": "file", "of_id": file, "kind": "mentor", "registration": "00 15", "person": ""}
    nobody = await staff.post(place, data={**form, "organisation": ""})
    strange = await staff.post(place, data={**form, "organisation": "Cabinet Canari", "of_id": str(new_id())})
    noted = await staff.post(place, data={**form, "organisation": "Cabinet Canari"})
    page = await staff.get(place)
    (tie,) = re.findall(r"/ties/([0-9a-f-]{36})/remove", page.text)
    removed = await staff.post(desk.address(f"ties/{tie}/remove?file={file}"), data={"version": "1"})
    after = await staff.get(place)
    async with desk.signed_in("juror", person=ALIA) as juror:
        hidden = await juror.get(place)

    assert [answer.status_code for answer in (nobody, strange, noted, removed)] == [422, 404, 303, 303]
    assert "name one of each two" in nobody.text
    assert 'value="Cabinet Canari"' in strange.text
    assert "Cabinet Canari" in page.text
    assert "noted by the team" in page.text
    assert "Cabinet Canari" not in after.text
    assert hidden.status_code == 403


async def test_a_juror_bids_on_files_without_learning_whose_they_are(desk: Desk) -> None:
    place = desk.address(f"juries/{desk.places['bidding']}/bids", "fr")
    async with desk.signed_in("juror", person=ALIA) as client:
        before = await client.get(place)
        (name,) = set(re.findall(r'name="(bid\.[0-9a-f-]{36})"', before.text))
        done = await client.post(place, data={name: "want"})
        after = await client.get(place)
        stranger = await client.get(desk.address(f"juries/{desk.places['ranked']}/bids"))

    assert "Des bacs qui se disent pleins" in before.text
    assert "Benne Bavarde" not in before.text
    assert done.status_code == 303
    assert re.search(r'value="want" checked', after.text)
    assert stranger.status_code == 409


async def test_decisions_are_published_once_reasons_are_signed_and_enough_people_approved(
    desk: Desk, staff: httpx.AsyncClient
) -> None:
    place = desk.address(f"decisions/{desk.places['decisions']}")

    async def published() -> httpx.Response:
        version = re.search(r'name="version" value="(\d+)"', (await staff.get(place)).text)
        data = {"sure": "yes", "version": version[1] if version else "1"}
        return await staff.post(f"{place}/publish", data=data)

    async def approved(client: httpx.AsyncClient) -> int:
        digest = re.search(r'name="digest" value="([0-9a-f]{64})"', (await client.get(place)).text)
        return (await client.post(f"{place}/approve", data={"digest": digest[1]})).status_code  # type: ignore[index]

    assert await approved(staff) == 409
    assert "3 reasons wait for a signature" in re.sub("<[^>]+>", "", (await staff.get(place)).text)
    for file in set(re.findall(r"/reasons/([0-9a-f-]{36})", (await staff.get(f"{place}/reasons")).text)):
        at = f"{place}/reasons/{file}"
        version = re.search(r'name="version" value="(\d+)"', (await staff.get(at)).text)[1]  # type: ignore[index]
        words = {"version": version, "passage.0.text": f"Call me on 0600000000, {file}.", "passage.0.language": "en"}
        assert (await staff.post(at, data=words)).status_code == 303
        shown = await staff.get(at)
        assert "<mark>0600000000</mark>" in shown.text
        digest = re.search(r'name="digest" value="([0-9a-f]{64})"', shown.text)[1]  # type: ignore[index]
        unsure = await staff.post(f"{at}/sign", data={"digest": digest})
        signed = await staff.post(f"{at}/sign", data={"digest": digest, "despite_hints": "true"})
        assert (unsure.status_code, signed.status_code) == (409, 303)
        assert "Look at what is marked." in unsure.text

    change = {"application_id": desk.places["turned down"], "outcome": "reserve", "reason": "A second reading."}
    version = re.search(r'name="version" value="(\d+)"', (await staff.get(place)).text)[1]  # type: ignore[index]
    assert await approved(staff) == 303
    assert (await staff.post(place, data={**change, "version": version})).status_code == 303
    page = await staff.get(place)
    assert "void: an outcome changed" in page.text
    assert "A second reading." in page.text

    assert await approved(staff) == 303
    alone = await published()
    async with desk.signed_in("staff", person=new_id()) as client:
        assert await approved(client) == 303
    together = await published()
    again = await staff.get(place)

    assert alone.status_code == 409
    assert "Approvals are still missing" in alone.text
    assert together.status_code == 303, together.text
    assert "published" in again.text
    assert "Approve exactly this" not in again.text
