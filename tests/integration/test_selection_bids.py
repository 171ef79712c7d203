"""Jurors bid before files are assigned, know fields, and have limits of their own: the assignment heeds all three."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest_asyncio

from tests.support.selection import Season, Selection, people, selection_on
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


async def readers(season: Season, jury: dict[str, Any]) -> dict[str, list[str]]:
    """Juror → the files that it reviews."""
    found: dict[str, list[str]] = {}
    for review in (await season.assign(jury))["reviews"]:
        found.setdefault(review["juror_id"], []).append(review["application_id"])
    return found


async def test_a_juror_sees_what_files_are_about_and_not_whose_they_are(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    (juror,) = people(1)
    jury = await season.jury(challenge, [juror])
    file = await season.application(challenge, startup="Zellige Zinc", title="Leaks", summary="We listen.")

    answer = await selection.juror(juror).get(f"/juries/{jury['id']}/bids")

    assert answer.json()["items"] == [
        {"application_id": str(file.application_id), "title": "Leaks", "summary": "We listen.", "bid": None}
    ]
    assert "Zellige" not in answer.text


async def test_bids_are_heard_changed_and_taken_back(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    one, other = people(2)
    jury = await season.jury(challenge, [one, other])
    files = [str((await season.application(challenge)).application_id) for _ in range(2)]
    path = f"/juries/{jury['id']}/bids"

    first = await selection.juror(one).post(path, {"bids": {files[0]: "rather-not", files[1]: "could"}})
    again = await selection.juror(one).post(path, {"bids": {files[0]: "want", files[1]: None}})
    await selection.juror(one).post(path, {"bids": {files[0]: "want"}})
    await selection.juror(other).post(path, {"bids": {files[0]: "rather-not"}})

    assert (first.json(), again.json()) == ({"changed": 2}, {"changed": 2})
    mine = {each["application_id"]: each["bid"] for each in await selection.juror(one).items(path)}
    assert mine == {files[0]: "want", files[1]: None}
    told = [value["bid"] for kind, value in await selection.events(UUID(files[0])) if kind == "file.bid-on"]
    assert told == ["rather-not", "want", "rather-not"]
    assert await readers(season, jury) == {str(one): [files[0]], str(other): [files[1]]}


async def test_bidding_ends_with_the_phase_and_with_the_assignment(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    (juror,) = people(1)
    jury = await season.jury(challenge, [juror])
    file = await season.application(challenge)
    path, bids = f"/juries/{jury['id']}/bids", {"bids": {str(file.application_id): "want"}}
    assert (await selection.juror(juror).post(path, bids)).status_code == 200

    await season.assign(jury)
    late = await selection.juror(juror).post(path, bids)
    await selection.staff.post(f"/juries/{jury['id']}/phases/openings", {"phase": "reviewing", "reason": "We go on."})
    later = await selection.juror(juror).get(path)

    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (409, "bidding-over")
    assert (later.status_code, later.json()["type"].rpartition("/")[2]) == (409, "phase-not-open")


async def test_nobody_bids_on_what_it_may_not_see(selection: Selection) -> None:
    season = Season(selection)
    challenge, elsewhere = await season.challenge(), await season.challenge()
    (juror,) = people(1)
    jury = await season.jury(challenge, [juror])
    conflicted = await season.application(challenge)
    other = await season.application(elsewhere)
    await selection.juror(juror).post(
        "/conflicts", {"application_id": str(conflicted.application_id), "kind": "family"}
    )
    path = f"/juries/{jury['id']}/bids"

    for file in (conflicted, other):
        answer = await selection.juror(juror).post(path, {"bids": {str(file.application_id): "want"}})
        assert answer.status_code == 404
    assert await selection.juror(juror).items(path) == []
    for stranger in (selection.as_("juror"), selection.as_("juror", person=conflicted.lead_id)):
        assert (await stranger.get(path)).status_code == 404
    assert (await selection.staff.get(path)).status_code == 403


async def test_files_go_to_who_knows_their_field_and_each_to_one_who_knows_the_law(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    lawyer, hydrologist, other = people(3)
    for juror, known in ((lawyer, ["law"]), (hydrologist, ["water"])):
        await selection.juror(juror).put("/jurors/me/interests", {"ties": [], "competences": known}, version=0)
    matching = {"fields": [], "fields_answer": "domain", "someone_with": "law"}
    jury = await season.jury(challenge, [lawyer, hydrologist, other], k=2, matching=matching)
    about = {}
    for domain in ("water", "water,energy", "energy"):
        file = await season.application(challenge)
        await selection.hear(file.dossier(answers={"domain": domain}))
        about[str(file.application_id)] = domain

    read = await readers(season, jury)

    assert set(read[str(lawyer)]) == set(about)
    assert {about[file] for file in read[str(hydrologist)]} == {"water", "water,energy"}
    (refused,) = (
        await selection.staff.patch(
            f"/juries/{jury['id']}", {"matching": {**matching, "someone_with": "acoustics"}}, version=2
        ),
    )
    assert refused.status_code == 200
    await season.application(challenge)
    reasons = (await selection.staff.post(f"/juries/{jury['id']}/assignment", {"dry_run": True})).json()["reasons"]
    assert {reason["kind"] for reason in reasons} == {"no-competence"}


async def test_a_juror_s_own_limit_is_kept(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    busy, free = people(2)
    jury = await season.jury(challenge, [busy, free], limits={str(busy): 1})
    for _ in range(4):
        await season.application(challenge)

    read = await readers(season, jury)

    assert (len(read[str(busy)]), len(read[str(free)])) == (1, 3)
    assert jury["limits"] == [{"juror_id": str(busy), "files_at_most": 1}]
    stranger = await selection.staff.patch(f"/juries/{jury['id']}", {"limits": {str(UUID(int=1)): 1}}, version=2)
    assert (stranger.status_code, stranger.json()["errors"][0]["code"]) == (422, "not_seated")
