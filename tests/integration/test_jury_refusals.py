"""Whatever the jury's pages refuse: the words and choices that were sent stand there again, or are shown to copy."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.support.desk import ALIA, BADR, STAFF, Desk, jury_desk, review, tell_of_a_jury, tell_of_decisions
from tests.support.stack import Backbone

WHY = "Seen on the road; he left in <May>."
SHOWN = "Seen on the road; he left in &lt;May&gt;."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with jury_desk(backbone, tmp_path_factory.mktemp("issuer")) as opened:
        await tell_of_a_jury(opened)
        await tell_of_decisions(opened)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def staff(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with desk.signed_in("staff", person=STAFF) as client:
        yield client


def again(page: httpx.Response, *, id_: str) -> str:
    """What stands in the text with this id."""
    found = re.search(rf'<textarea id="{id_}"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)
    assert found, page.text
    return found[1]


async def test_a_reason_about_a_conflict_stays(desk: Desk, staff: httpx.AsyncClient) -> None:
    (conflict,) = await desk.selection.staff.items("/conflicts", state="proposed", juror=str(BADR))
    one = desk.address(f"conflicts/{conflict['id']}")

    undecided = await staff.post(f"{one}?state=proposed", data={"to": "maybe", "reason": WHY, "pin": "true"})
    pin = {"juror_id": "somebody", "application_id": conflict["application_id"], "to": "confirmed", "reason": WHY}
    pinned = await staff.post(desk.address("conflicts/pins"), data=pin)
    waiver = {"challenge_id": desk.places["water"], "juror_id": "somebody", "reason": WHY}
    waived = await staff.post(desk.address("conflicts/waivers"), data=waiver)
    elsewhere = await staff.post(f"{one}?state=confirmed", data={"to": "maybe", "reason": WHY})

    assert [each.status_code for each in (undecided, pinned, waived, elsewhere)] == [422] * 4
    assert again(undecided, id_=f"r-{conflict['id']}") == again(pinned, id_="pin-why") == SHOWN
    assert 'name="pin" value="true" checked' in undecided.text
    assert f'action="/jury/en/conflicts/{conflict["id"]}?state=proposed"' in undecided.text
    assert 'name="juror_id" value="somebody"' in pinned.text
    assert (again(waived, id_="w-why"), again(waived, id_="pin-why")) == (SHOWN, "")
    assert f'value="{desk.places["water"]}" selected' in waived.text
    assert f'<p class="words" dir="auto">{SHOWN}</p>' in elsewhere.text, "its form is not on that page"


async def test_why_a_file_is_given_back_stays_also_if_it_can_t_be_any_more(desk: Desk) -> None:
    mine = (await desk.selection.juror(ALIA).items("/reviews", state="assigned"))[0]["id"]
    place = desk.address(f"reviews/{mine}")
    async with desk.signed_in("juror", person=ALIA) as client:
        endless = await client.post(f"{place}/abstain", data={"reason": f"{WHY}{'x' * 20_000}"})
        (done,) = await review(desk, ALIA)
        late = await client.post(f"{place}/recuse", data={"reason": WHY})

    assert (endless.status_code, again(endless, id_="why").startswith(SHOWN)) == (422, True)
    assert done == mine
    assert late.status_code == 409
    assert f'<p class="words" dir="auto">{SHOWN}</p>' in late.text


async def test_what_a_juror_says_of_a_conflict_stays(desk: Desk) -> None:
    async with desk.signed_in("juror", person=ALIA) as client:
        listed = await client.get(desk.address("interests"))
        file = re.findall(r'name="application_id" value="([^"]+)"', listed.text)[0]
        form = {"application_id": file, "kind": "", "note": WHY}
        refused = await client.post(desk.address("interests"), data=form)
        unknown = await client.post(desk.address("interests"), data={**form, "application_id": "?"})

    assert (refused.status_code, again(refused, id_=f"n-{file}")) == (422, SHOWN)
    assert f'<p class="words" dir="auto">{SHOWN}</p>' in unknown.text


async def test_what_staff_wrote_of_a_round_and_of_decisions_stays(desk: Desk, staff: httpx.AsyncClient) -> None:
    jury = desk.address(f"juries/{desk.places['jury']}")
    dates = {"version": "1", "zone": "Africa/Casablanca", "opens.reviewing": "2027-01-02T10:00", "opens.closed": "soon"}
    planned = await staff.post(f"{jury}/phases", data=dates)
    opened = await staff.post(f"{jury}/phases/open", data={"phase": "closed", "reason": WHY + "x" * 20_000})
    decisions = desk.address(f"decisions/{desk.places['decisions']}")
    change = {"version": "1", "application_id": desk.places["decided file"], "outcome": "reserve", "reason": WHY}
    changed = await staff.post(decisions, data={**change, "version": "999"})
    proposal = {"capacity": "2000", "reserves": "3", "leave_unranked": "true"}
    proposed = await staff.post(desk.address(f"editions/{desk.places['edition']}/decisions"), data=proposal)
    freeze = {"method": "weighted-mean/1", "places": "4"}
    frozen = await staff.post(f"{jury}/ranking", data=freeze)

    assert [each.status_code for each in (planned, opened, changed, proposed, frozen)] == [422, 422, 412, 422, 422]
    assert 'name="opens.reviewing" value="2027-01-02T10:00"' in planned.text
    assert '<option value="closed" selected>' in opened.text
    assert again(opened, id_="reason").startswith(SHOWN)
    assert again(changed, id_="why") == SHOWN
    assert '<option value="reserve" selected>' in changed.text
    assert f'<option value="{desk.places["decided file"]}" selected>' in changed.text
    assert 'name="capacity" min="0" max="1000" value="2000"' in proposed.text
    assert 'name="leave_unranked" value="true" checked' in proposed.text
    assert '<option value="weighted-mean/1" selected>' in frozen.text
    assert re.search(r'name="places"[^>]* value="4"', frozen.text)


async def test_a_bid_on_no_file_is_refused_as_one_on_a_file_that_is_not_there(desk: Desk) -> None:
    async with desk.signed_in("juror", person=ALIA) as client:
        refused = await client.post(desk.address(f"juries/{desk.places['bidding']}/bids"), data={"bid.nothing": "want"})

    assert refused.status_code == 404
