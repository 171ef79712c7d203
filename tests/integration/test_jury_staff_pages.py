"""The deliberation desk over HTTP: juries appointed, files assigned, rankings seen and frozen, by forms alone."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from shared.database import new_id
from tests.support.desk import ALIA, BADR, CHAMA, STAFF, Desk, jury_desk, review, tell_of_a_jury
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with jury_desk(backbone, tmp_path_factory.mktemp("issuer")) as opened:
        await tell_of_a_jury(opened)
        yield opened


@pytest_asyncio.fixture
async def staff(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with desk.signed_in("staff", person=STAFF) as client:
        yield client


async def test_a_jury_is_appointed_and_changed_by_forms(desk: Desk, staff: httpx.AsyncClient) -> None:
    place = desk.address(f"challenges/{desk.places['street']}/jury")
    proposed = (await staff.get(place)).text
    form = {"seated": str(ALIA), f"limit.{ALIA}": "3", "jurors": f"{BADR} 4 Badr Essai\n{CHAMA}\n", "blind": "both"}
    form |= {"reviews_per_file": "2", "files_per_juror": "5", "fields": "water, sensors", "someone_with": "water"}
    form |= {"criterion.0.key": "team", "criterion.0.title.fr": "Équipe", "criterion.1.title.en": "Fit for the street"}
    form |= {"criterion.0.weight": "60", "criterion.1.anchor.0.score": "9", "criterion.1.anchor.0.ar": "مقنع"}
    wrong = await staff.post(place, data={**form, "criterion.1.weight": "60"})
    appointed = await staff.post(place, data={**form, "criterion.1.weight": "40"})
    jury_id = appointed.headers["location"].rpartition("/")[2]
    before = (await desk.selection.staff.get(f"/juries/{jury_id}")).json()
    shown = (await staff.get(desk.address(f"juries/{jury_id}", "ar"))).text
    change = {"version": str(before["version"]), "seated": str(ALIA), "reviews_per_file": "1", "files_per_juror": "7"}
    change |= {f"limit.{ALIA}": "2", "fields": "light"}
    nobody = await staff.post(desk.address(f"juries/{jury_id}"), data={**change, "seated": ""})
    changed = await staff.post(desk.address(f"juries/{jury_id}"), data=change)
    late = await staff.post(desk.address(f"juries/{jury_id}", "fr"), data=change)

    assert "Quality of the team" in proposed
    assert "et connaît ce métier et cette ville." in proposed
    assert (wrong.status_code, appointed.status_code, changed.status_code) == (422, 303, 303)
    assert (nobody.status_code, late.status_code) == (422, 412)
    assert "The weights must add up to 100." in wrong.text
    kept = (
        "Équipe",
        "Fit for the street",
        "مقنع",
        f"{BADR} 4 Badr Essai\n{CHAMA}",
        "water, sensors",
        'value="both" checked',
    )
    assert [word for word in kept if word not in wrong.text] == []
    assert (len(before["juror_ids"]), before["blind"], before["someone_with"]) == (3, "both", "water")
    assert before["limits"] == [
        {"juror_id": str(ALIA), "files_at_most": 3},
        {"juror_id": str(BADR), "files_at_most": 4},
    ]
    criteria = [(each["key"], each["weight"], each["anchors"]) for each in before["criteria"]]
    assert criteria == [("team", 60, {}), ("fit_for_the_street", 40, {"9": {"ar": "مقنع"}})]
    assert "مقنع" in shown
    assert "Badr Essai" in shown
    assert "Quelqu’un a modifié cela entre-temps" in late.text
    after = (await desk.selection.staff.get(f"/juries/{jury_id}")).json()
    assert (after["juror_ids"], after["reviews_per_file"], after["files_per_juror"]) == ([str(ALIA)], 1, 7)
    assert (after["limits"], after["fields"]) == ([{"juror_id": str(ALIA), "files_at_most": 2}], ["light"])


async def test_names_for_minutes_are_typed_and_taken_away_by_a_form(desk: Desk, staff: httpx.AsyncClient) -> None:
    place = desk.address(f"editions/{desk.places['edition']}/names")
    version = (await desk.selection.staff.get(f"/people/{ALIA}/name-in-minutes")).json()["version"]
    form = {f"name.{ALIA}": "Alia Inventée", f"version.{ALIA}": str(version)}
    saved = await staff.post(place, data=form)
    stale = await staff.post(place, data={**form, f"name.{ALIA}": "علياء المخترعة"})
    shown = await staff.get(place)
    emptied = await staff.post(place, data={f"name.{ALIA}": "", f"version.{ALIA}": "1"})

    assert (saved.status_code, stale.status_code, emptied.status_code) == (303, 412, 303)
    assert "علياء المخترعة" in stale.text
    assert 'value="Alia Inventée"' in shown.text
    assert "Alia" not in (await staff.get(place)).text


async def test_a_round_is_planned_and_moved_on_with_a_reason(desk: Desk, staff: httpx.AsyncClient) -> None:
    place = desk.address(f"juries/{desk.places['jury']}", "fr")
    version = re.search(r'name="version" value="(\d+)"', (await staff.get(place)).text)[1]  # type: ignore[index]
    plan = {"version": version, "zone": "Africa/Casablanca", "opens.deliberating": "2031-03-01T18:00"}
    planned = await staff.post(f"{place}/phases", data=plan)
    senseless = await staff.post(f"{place}/phases", data={**plan, "opens.deliberating": "soon"})
    page = await staff.get(place)

    assert (planned.status_code, senseless.status_code) == (303, 422)
    assert 'aria-current="step"><span>Évaluation' in page.text
    assert "1 mar. 2031 18:00" in page.text


async def test_an_assignment_is_shown_before_it_is_made(desk: Desk, staff: httpx.AsyncClient) -> None:
    jury = (await desk.selection.staff.get(f"/juries/{desk.places['jury']}")).json()
    more = {"juror_ids": [*jury["juror_ids"], str(new_id())], "reviews_per_file": 3}
    await desk.selection.staff.patch(f"/juries/{jury['id']}", more, version=jury["version"])
    before = len(await desk.selection.staff.items("/reviews", jury=jury["id"], limit=200))
    place = desk.address(f"juries/{jury['id']}/assignment")
    dry = await staff.post(place, data={})
    between = len(await desk.selection.staff.items("/reviews", jury=jury["id"], limit=200))
    done = await staff.post(place, data={"for_real": "yes"})

    assert (dry.status_code, done.status_code) == (200, 303)
    assert "<bdi>5</bdi> new reviews" in dry.text
    assert between == before
    assert len(await desk.selection.staff.items("/reviews", jury=jury["id"], state="assigned", limit=200)) == 15


async def test_why_an_assignment_can_t_be_made_is_said_in_words(desk: Desk, staff: httpx.AsyncClient) -> None:
    jury = (await desk.selection.staff.get(f"/juries/{desk.places['jury']}")).json()
    await desk.selection.staff.patch(f"/juries/{jury['id']}", {"reviews_per_file": 9}, version=jury["version"])

    refused = await staff.post(desk.address(f"juries/{jury['id']}/assignment", "fr"), data={})

    assert refused.status_code == 409
    assert "Cette répartition est impossible" in refused.text
    assert "Trop peu de jurés peuvent encore lire ce dossier." in refused.text
    assert "Il en faudrait <bdi>9</bdi>, il n’y en a que <bdi>4</bdi>." in refused.text
    assert "Ville Claire" in refused.text
    present = (await desk.selection.staff.get(f"/juries/{jury['id']}")).json()
    await desk.selection.staff.patch(f"/juries/{jury['id']}", {"reviews_per_file": 3}, version=present["version"])


async def test_scores_are_hidden_from_staff_who_have_yet_to_judge_the_file(desk: Desk) -> None:
    (done,) = await review(desk, BADR, score=3)
    file = (await desk.selection.juror(BADR).get(f"/reviews/{done}")).json()["application_id"]
    holders = {
        UUID(each["juror_id"])
        for each in await desk.selection.staff.items("/reviews", application=file, state="assigned")
    }
    place = f"juries/{desk.places['jury']}/files/{file}"
    async with desk.signed_in("staff juror", person=holders.pop()) as client:
        blind = await client.get(desk.address(place))
        preview = await client.get(desk.address(f"juries/{desk.places['jury']}/ranking"))
    async with desk.signed_in("staff", person=STAFF) as client:
        seen = await client.get(desk.address(place))

    assert "A clear plan." in seen.text
    assert "A clear plan." not in blind.text
    assert "stays hidden from you" in blind.text
    assert preview.status_code == 403
    assert "Raw mean" not in preview.text


async def test_what_if_compares_and_a_ranking_is_frozen_only_if_one_means_it(
    desk: Desk, staff: httpx.AsyncClient
) -> None:
    jury = desk.places["jury"]
    for each in await desk.selection.staff.items("/reviews", jury=jury, state="assigned", limit=200):
        await review(desk, UUID(each["juror_id"]), score=5 + UUID(each["application_id"]).int % 4)
    place = desk.address(f"juries/{jury}/ranking")
    asked = await staff.get(f"{place}?places=2&without={BADR}")
    senseless = await staff.get(f"{place}?places=2&weight.team=90&weight.fit=90")
    form = {"method": "severity-corrected/1", "places": "2"}
    unsure = await staff.post(place, data=form)
    await desk.selection.staff.post(f"/juries/{jury}/phases/openings", {"phase": "deliberating", "reason": "All in."})
    sure = await staff.post(place, data={**form, "sure": "yes"})
    frozen = await staff.get(place)

    assert (asked.status_code, senseless.status_code, unsure.status_code, sure.status_code) == (200, 422, 422, 303)
    assert "compared with the ranking as it is" in asked.text
    assert "<svg" in asked.text
    assert "This ranking is frozen since" in frozen.text
    assert "Freeze the ranking" not in frozen.text


async def test_a_jurors_account_opens_nothing_of_the_deliberation(desk: Desk) -> None:
    jury = desk.places["jury"]
    places = ["juries", f"juries/{jury}", f"juries/{jury}/assignment", f"juries/{jury}/ranking"]
    places.append(f"juries/{jury}/files/{desk.places['file 0']}")
    async with desk.signed_in("juror", person=ALIA) as client:
        answers = [(await client.get(desk.address(place))).status_code for place in places]

    assert answers == [403] * 5
