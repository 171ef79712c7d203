"""What an assignment changes is seen before it is made, and a juror who steps back moves nobody else."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest_asyncio

from tests.support.selection import Season, Selection, people, selection_on
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


async def test_after_a_recusal_a_dry_run_shows_the_one_review_that_changes_hands(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jury = await season.jury(challenge, people(3))
    for _ in range(6):
        await season.application(challenge)
    before = await season.assign(jury)
    given_back = before["reviews"][0]
    await selection.juror(UUID(given_back["juror_id"])).post(f"/reviews/{given_back['review_id']}/recuse", {})

    dry = (await selection.staff.post(f"/juries/{jury['id']}/assignment", {"dry_run": True})).json()

    (new,) = [review for review in dry["reviews"] if not review["kept"]]
    assert new["application_id"] == given_back["application_id"]
    assert new["juror_id"] != given_back["juror_id"]
    assert (dry["cancelled"], dry["moved"]) == ([], [])
    assert {one["juror_id"]: one["files"] - one["files_before"] for one in dry["load"]} == {
        juror: int(juror == new["juror_id"]) for juror in jury["juror_ids"]
    }
    assert (dry["objective"]["changes"], dry["objective"]["bids"]) == (1, {"none": 6})
    after = await season.assign(jury)
    assert {review["application_id"]: review["juror_id"] for review in after["reviews"]} == {
        review["application_id"]: review["juror_id"] for review in dry["reviews"]
    }


async def test_an_infeasible_assignment_names_a_smallest_set_of_constraints(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jurors = people(2)
    jury = await season.jury(challenge, jurors, k=2)
    file = await season.application(challenge)
    await selection.juror(jurors[0]).post(
        "/conflicts", {"application_id": str(file.application_id), "kind": "employer"}
    )

    refused = await selection.staff.post(f"/juries/{jury['id']}/assignment", {"dry_run": True})

    assert refused.status_code == 409
    (reason,) = refused.json()["reasons"]
    assert reason["smallest"] == [
        {"rule": "reviews-per-file", "application_id": str(file.application_id)},
        {
            "rule": "kept-apart",
            "application_id": str(file.application_id),
            "juror_id": str(jurors[0]),
            "why": "declared",
        },
    ]
