"""Matching by both sides' preferences on a real database: a partner's own order, the proof, and who moves up later."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest_asyncio
from typer.testing import CliRunner

from infra.cli.application import app
from shared.database import new_id
from tests.support.selection import Applied, Caller, Season, Selection, people, selection_on
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


async def test_a_partner_orders_the_best_files_of_its_challenge_and_is_matched_by_that(selection: Selection) -> None:
    season, challenge, (first, second, third) = await ranked(selection, scores=(9, 7, 2))
    lydec, other = partner(selection, "lydec"), partner(selection, "inwi")
    path = f"/challenges/{challenge}/shortlist"
    unopened = await lydec.get(path)

    opened = await selection.staff.post(path, {"lowest_score": 60})
    seen = (await lydec.get(path)).json()
    foreign = await other.get(path)
    short = await order(lydec, path, [second], version=seen["version"])
    given = await order(lydec, path, [second, first], version=seen["version"])
    reopened = await selection.staff.post(path, {"lowest_score": 10})
    draft = (await season.propose()).json()

    assert (unopened.status_code, foreign.status_code) == (404, 404)
    assert (opened.status_code, opened.json()["files"]) == (201, 2)
    assert {one["application_id"] for one in seen["files"]} == ids(first, second)
    assert set(seen["files"][0]) == {"application_id", "startup", "title"}
    assert (short.status_code, short.json()["missing"]) == (422, [str(first.application_id)])
    assert (given.status_code, reopened.status_code) == (200, 409)
    assert [one["application_id"] for one in given.json()["files"]] == [
        str(second.application_id),
        str(first.application_id),
    ]
    outcomes = {one["application_id"]: one["outcome"] for one in draft["outcomes"]}
    assert outcomes == {
        str(second.application_id): "selected",
        str(first.application_id): "reserve",
        str(third.application_id): "not-selected",
    }
    told = [kind for kind, _ in await selection.events() if kind.startswith("shortlist")]
    assert told == ["shortlist.opened", "shortlist.ordered"]
    said = str([value for kind, value in await selection.events() if kind.startswith("shortlist")])
    assert not any(str(file.application_id) in said for file in (first, second, third))


async def test_an_order_given_after_the_proposal_makes_it_outdated(selection: Selection) -> None:
    season, challenge, (first, second) = await ranked(selection, scores=(9, 7))
    path = f"/challenges/{challenge}/shortlist"
    await selection.staff.post(path, {"lowest_score": 0})
    draft = (await season.propose()).json()
    await order(partner(selection, "lydec"), path, [second, first], version=1)

    outdated = await season.publish(draft)
    fresh = (await season.propose()).json()

    assert (outdated.status_code, outdated.json()["reordered"]) == (409, [str(challenge)])
    assert (await season.publish(fresh)).status_code == 200
    late = await order(partner(selection, "lydec"), path, [first, second], version=2)
    assert late.status_code == 409


async def test_a_partner_in_conflict_with_a_file_neither_sees_nor_orders_it(selection: Selection) -> None:
    _, challenge, (first, second) = await ranked(selection, scores=(9, 7))
    path = f"/challenges/{challenge}/shortlist"
    await selection.staff.post(path, {"lowest_score": 0})
    torn = selection.as_of("lydec", "partner", "applicant", person=first.lead_id)

    seen = (await torn.get(path)).json()
    refused = await order(torn, path, [first, second], version=1)

    assert [one["application_id"] for one in seen["files"]] == [str(second.application_id)]
    assert refused.status_code == 403


async def test_a_matching_carries_a_proof_that_anyone_checks_offline(selection: Selection, tmp_path: Path) -> None:
    season = Season(selection)
    challenges = [await season.challenge() for _ in range(3)]
    files = [await season.application(*challenges[number % 3 :], *challenges[: number % 3]) for number in range(6)]
    for challenge in challenges:
        jury = await season.jury(challenge, people(1))
        await season.assign(jury)
        await season.review_all(jury, {file.application_id: number % 10 for number, file in enumerate(files)})
        await season.rank(jury)
    draft = (await season.propose(minimum=1)).json()

    early = await selection.as_("auditor").get(f"/decisions/{draft['id']}/matching")
    kept = (await selection.staff.get(f"/decisions/{draft['id']}/matching")).json()
    changed = await swapped(selection.staff, draft, kept)
    unstable = (await selection.staff.get(f"/decisions/{draft['id']}/matching")).json()

    assert (early.status_code, early.json()["type"].rpartition("/")[2]) == (403, "state-not-permitted")
    assert (kept["as_computed"], len(kept["matched"]), len(kept["proof"])) == (True, 3, 15)
    assert draft["short"] == []
    (one,) = checked(kept, tmp_path)
    assert one.startswith("3 matched; none of 15 other pairs")
    assert changed["blocking_pairs"]
    assert unstable["as_computed"] is False
    assert any("would both rather have each other" in line for line in checked(unstable, tmp_path, code=1))
    hidden = {**kept, "proof": [line for line in kept["proof"] if line != kept["proof"][0]]}
    assert any("nothing is said" in line for line in checked(hidden, tmp_path, code=1))
    moved = {**kept, "market": {**kept["market"], "challenges": {}}}
    assert any("digest" in line for line in checked(moved, tmp_path, code=1))
    assert checked({}, tmp_path, code=3) == []


async def test_a_matching_is_read_whole_or_not_at_all(selection: Selection) -> None:
    season, _, (first, _) = await ranked(selection, scores=(9, 7))
    draft = (await season.propose()).json()
    lead = selection.as_("applicant", "staff", person=first.lead_id)

    refused = await lead.get(f"/decisions/{draft['id']}/matching")

    assert (refused.status_code, str(first.application_id) in refused.text) == (403, False)


async def test_what_a_challenge_was_to_get_at_least_is_told_and_not_forced(selection: Selection) -> None:
    season, challenge, _ = await ranked(selection, scores=(9,))

    draft = (await season.propose(capacity=3, minimum=2)).json()
    refused = await season.propose(capacity=1, minimum=2)

    assert draft["short"] == [{"challenge_id": str(challenge), "at_least": 2, "matched": 1}]
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "minimum-above-places")


async def test_who_is_first_in_reserve_moves_up_when_a_selected_startup_withdraws(selection: Selection) -> None:
    season, challenge, (first, second, third) = await ranked(selection, scores=(9, 7, 5))
    early = await promote(selection, season)
    results = (await season.propose(reserves=2)).json()
    await season.publish(results)
    full = await promote(selection, season)
    await selection.hear(first.withdrawn())

    promotion = (await promote(selection, season)).json()
    by_hand = {"application_id": str(second.application_id), "outcome": "reserve", "reason": "No."}
    changed = await selection.staff.patch(f"/decisions/{promotion['id']}", by_hand, version=promotion["version"])
    alone = await selection.staff.post(f"/decisions/{promotion['id']}/publish", {"version": promotion["version"]})
    published = await season.publish(promotion)

    assert (early.json()["type"].rpartition("/")[2], full.json()["type"].rpartition("/")[2]) == (
        "results-not-published",
        "no-place-left",
    )
    assert results["reserve_lists"] == [
        {"challenge_id": str(challenge), "application_ids": [str(second.application_id), str(third.application_id)]}
    ]
    assert [one["application_id"] for one in promotion["outcomes"]] == [str(second.application_id)]
    assert promotion["vacated"] == [{"application_id": str(first.application_id), "challenge_id": str(challenge)}]
    assert (changed.status_code, alone.status_code, published.status_code) == (409, 409, 200)
    assert (await selection.events(second.application_id))[-1][0] == "application.selected"
    kind, amended = (await selection.events(UUID(promotion["id"])))[-1]
    assert (kind, amended["results_id"]) == ("results.amended", results["id"])
    assert amended["vacated_ids"] == [str(first.application_id)]
    mine = await selection.as_("applicant", person=second.lead_id).items("/results/mine")
    assert [one["outcome"] for one in mine] == ["reserve", "selected"]
    shown = await selection.anyone.items("/results", edition=str(season.edition_id))
    assert [len(one["matches"]) for one in shown] == [1, 1]
    # And again, until nobody is left.
    await selection.hear(second.withdrawn())
    again = (await promote(selection, season)).json()
    assert [one["application_id"] for one in again["outcomes"]] == [str(third.application_id)]
    await selection.hear(third.withdrawn())
    outdated = await season.publish(again)
    empty = await promote(selection, season)
    assert (outdated.status_code, empty.json()["type"].rpartition("/")[2]) == (409, "reserve-empty")


async def ranked(selection: Selection, *, scores: tuple[int, ...]) -> tuple[Season, UUID, list[Applied]]:
    """One challenge of Lydec's, and a file for each score."""
    season = Season(selection)
    challenge = await season.challenge(partner="lydec")
    jury = await season.jury(challenge, people(1))
    files = [await season.application(challenge) for _ in scores]
    await season.assign(jury)
    await season.review_all(jury, {file.application_id: score for file, score in zip(files, scores, strict=True)})
    await season.rank(jury)
    return season, challenge, files


async def promote(selection: Selection, season: Season) -> Any:
    return await selection.staff.post(f"/editions/{season.edition_id}/promotions", {})


async def order(who: Caller, path: str, files: list[Applied], *, version: int) -> Any:
    body = {"application_ids": [str(file.application_id) for file in files]}
    return await who.put(f"{path}/order", body, version=version)


async def swapped(staff: Caller, draft: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    """One that was selected goes to reserve, and leaves a place that others would rather have."""
    change = {"application_id": next(iter(kept["matched"])), "outcome": "reserve", "reason": "By hand."}
    answer = await staff.patch(f"/decisions/{draft['id']}", change, version=draft["version"])
    changed: dict[str, Any] = answer.json()
    return changed


def checked(answer: dict[str, Any], folder: Path, *, code: int = 0) -> list[str]:
    file = folder / "matching.json"
    file.write_text(json.dumps(answer), encoding="utf-8")
    ran = CliRunner().invoke(app, ["check-matching", str(file)])
    assert ran.exit_code == code, ran.output
    return ran.stdout.splitlines()


def partner(selection: Selection, organisation: str) -> Caller:
    return selection.as_of(organisation, "partner", person=new_id())


def ids(*files: Applied) -> set[str]:
    return {str(file.application_id) for file in files}
