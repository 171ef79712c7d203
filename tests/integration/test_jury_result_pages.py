"""What comes of it all: a partner orders its shortlist, an applicant reads its own result, and staff the minutes."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.desk import ALIA, STAFF, Desk, jury_desk
from tests.support.selection import decided
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with jury_desk(backbone, tmp_path_factory.mktemp("issuer")) as opened:
        yield opened


async def test_an_applicant_reads_its_own_result_with_the_reasons_and_never_before_it_is_published(desk: Desk) -> None:
    season, decisions, (first, second) = await decided(desk.selection)
    async with desk.signed_in("applicant", person=first.lead_id) as client:
        early = await client.get(desk.address("result"))
        await season.approve(decisions)
        published = await season.publish(decisions)
        selected = await client.get(desk.address("result"))
        in_arabic = await client.get(desk.address("result", "ar"))
    async with desk.signed_in("applicant", person=second.lead_id) as client:
        in_reserve = await client.get(desk.address("result", "fr"))
    async with desk.signed_in("applicant") as client:
        of_nothing = await client.get(desk.address("result"))
    async with desk.signed_in("juror", person=ALIA) as client:
        juror = await client.get(desk.address("result"))

    assert (early.status_code, published.status_code) == (200, 200), published.text
    assert "Not published yet" in early.text
    assert "A clear plan." not in early.text
    assert "Your application is selected" in selected.text
    assert '<p class="words" lang="en" dir="auto">A clear plan.</p>' in selected.text
    assert '<a href="/jury/en/result" aria-current="page">My result</a>' in selected.text
    assert 'lang="en" dir="auto">A clear plan.' in in_arabic.text
    assert "liste d’attente" in in_reserve.text
    assert "Not published yet" in of_nothing.text
    assert juror.status_code == 403


async def test_a_team_states_its_startups_ties_and_nobody_elses(desk: Desk) -> None:
    _, _, (first, second) = await decided(desk.selection)
    place = desk.address(f"files/{first.application_id}/ties")
    form = {"version": "0", "tie.0.kind": "shareholder", "tie.0.organisation": "Fonds Fictif"}
    async with desk.signed_in("applicant", person=first.lead_id) as client:
        led_there = await client.get(desk.address("result"))
        stated = await client.post(place, data=form)
        late = await client.post(place, data={**form, "tie.0.organisation": "Autre Fonds"})
        page = await client.get(place)
        others = await client.get(desk.address(f"files/{second.application_id}/ties"))
    async with desk.signed_in("staff", person=STAFF) as client:
        seen = await client.get(desk.address(f"ties?file={first.application_id}"))

    assert f"/jury/en/files/{first.application_id}/ties" in led_there.text
    assert (stated.status_code, late.status_code, others.status_code) == (303, 412, 404)
    assert 'value="Autre Fonds"' in late.text
    assert 'value="Fonds Fictif"' in page.text
    assert "Fonds Fictif" in seen.text
    assert "said by themselves" in seen.text


async def test_staff_get_the_minutes_of_published_decisions_in_three_languages(desk: Desk) -> None:
    season, decisions, (first, _) = await decided(desk.selection)
    place = f"decisions/{decisions['id']}"
    async with desk.signed_in("staff", person=STAFF) as client:
        before = await client.get(desk.address(place))
        too_early = await client.get(desk.address(f"{place}/minutes/fr"))
        await season.approve(decisions)
        await season.publish(decisions)
        after = await client.get(desk.address(place))
        drawn = [await client.get(desk.address(f"{place}/minutes/{tongue}")) for tongue in ("fr", "ar", "en")]
        unknown = await client.get(desk.address(f"{place}/minutes/de"))
    async with desk.signed_in("applicant", person=first.lead_id) as client:
        applicant = await client.get(desk.address(f"{place}/minutes/fr"))

    assert "/minutes/" not in before.text
    assert (too_early.status_code, applicant.status_code) == (404, 403)
    assert [f"/jury/en/{place}/minutes/{tongue}" in after.text for tongue in ("fr", "ar", "en")] == [True] * 3
    assert [(one.status_code, one.content[:5]) for one in drawn] == [(200, b"%PDF-")] * 3
    assert len({one.content for one in drawn}) == 3
    assert f"minutes-{decisions['id']}-ar.pdf" in drawn[1].headers["Content-Disposition"]
    assert unknown.status_code in {404, 422}


async def test_a_shortlist_is_opened_to_its_partner_who_orders_it(desk: Desk) -> None:
    _, _, (first, _) = await decided(desk.selection)
    place = desk.address(f"challenges/{first.challenges[0]}/shortlist")
    async with (
        desk.signed_in("partner", organisation="lydec") as partner,
        desk.signed_in("staff", person=STAFF) as staff,
    ):
        early = await partner.get(place)
        ranked = await staff.get(place)
        too_high = await staff.post(place, data={"lowest_score": "100"})
        opened = await staff.post(place, data={"lowest_score": "1"})
        listed = await partner.get(desk.address("shortlists"))
        seen = await partner.get(place)
        files = re.findall(r'name="place\.([0-9a-f-]{36})"', seen.text)
        order = {f"place.{file}": str(len(files) - number) for number, file in enumerate(files)}
        order["version"] = re.search(r'name="version" value="(\d+)"', seen.text)[1]  # type: ignore[index]
        twice = await partner.post(f"{place}/order", data={**order, f"place.{files[0]}": "1"})
        ordered = await partner.post(f"{place}/order", data=order)
        after = await partner.get(place)
        opening = await partner.post(place, data={"lowest_score": "0"})
    async with desk.signed_in("partner", organisation="holcim") as stranger:
        other = await stranger.get(place)
        nothing = await stranger.get(desk.address("shortlists"))

    assert [answer.status_code for answer in (early, too_high, opened, twice, ordered)] == [404, 409, 303, 422, 303]
    assert "The frozen ranking" in ranked.text
    assert str(first.challenges[0]) in listed.text
    assert "The frozen ranking" not in seen.text
    assert len(files) >= 2
    assert re.findall(r'name="place\.([0-9a-f-]{36})"', after.text) == files[::-1]
    assert (opening.status_code, other.status_code) == (403, 404)
    assert "No shortlist is open to you" in nothing.text
