"""Two at once: whoever comes second sees what the first did, and no order of them breaks a rule."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio

from shared.database import new_id
from tests.support.selection import Season, Selection, people, selection_on, submission
from tests.support.stack import Backbone

ROUNDS = 6


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


async def test_a_conflict_declared_during_the_assignment_leaves_no_live_review(selection: Selection) -> None:
    for _ in range(ROUNDS):
        season = Season(selection)
        challenge = await season.challenge()
        bound, free = people(2)
        jury = await season.jury(challenge, [bound, free], k=1)
        files = [await season.application(challenge) for _ in range(3)]
        declarations = [
            selection.juror(bound).post("/conflicts", {"application_id": str(file.application_id), "kind": "mentor"})
            for file in files
        ]

        answers = await asyncio.gather(selection.staff.post(f"/juries/{jury['id']}/assignment", {}), *declarations)

        assert [answer.status_code for answer in answers] == [200, 201, 201, 201]
        live = await selection.sql(
            "SELECT 1 FROM review r JOIN conflict c ON c.application_id = r.application_id AND c.juror_id = r.juror_id "
            "WHERE r.jury_id = :jury AND r.state IN ('assigned', 'submitted')",
            jury=UUID(jury["id"]),
        )
        assert live == []


async def test_two_assignments_at_once_assign_once(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jury = await season.jury(challenge, people(3), k=2)
    for _ in range(3):
        await season.application(challenge)

    answers = await together(selection.staff.post(f"/juries/{jury['id']}/assignment", {}) for _ in range(4))

    assert {answer.status_code for answer in answers} == {200}
    assert len(await selection.staff.items("/reviews", jury=jury["id"])) == 6


async def test_a_withdrawal_during_the_assignment_leaves_no_open_review(selection: Selection) -> None:
    for _ in range(ROUNDS):
        season = Season(selection)
        challenge = await season.challenge()
        jury = await season.jury(challenge, people(2))
        file = await season.application(challenge)
        await season.application(challenge)

        await asyncio.gather(
            selection.staff.post(f"/juries/{jury['id']}/assignment", {}), selection.hear(file.withdrawn())
        )

        states = [one["state"] for one in await selection.staff.items("/reviews", application=str(file.application_id))]
        assert states in ([], ["cancelled"])


async def test_a_review_is_submitted_once(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    (juror,) = people(1)
    jury = await season.jury(challenge, [juror])
    file = await season.application(challenge)
    (review,) = (await season.assign(jury))["reviews"]
    caller = selection.juror(juror)

    answers = await together(
        caller.post(f"/reviews/{review['review_id']}/submit", submission(score=score)) for score in range(5)
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    told = [kind for kind, _ in await selection.events(file.application_id)]
    assert told == ["review.assigned", "review.submitted"]


async def test_a_ranking_never_misses_a_review_that_was_accepted(selection: Selection) -> None:
    for _ in range(ROUNDS):
        season = Season(selection)
        challenge = await season.challenge()
        jurors = people(2)
        jury = await season.jury(challenge, jurors, k=2)
        await season.application(challenge)
        one, other = (await season.assign(jury))["reviews"]
        await selection.juror(UUID(one["juror_id"])).post(f"/reviews/{one['review_id']}/submit", submission())
        await selection.staff.patch(f"/juries/{jury['id']}", {"reviews_per_file": 1}, version=1)

        submitted, ranked, late = await asyncio.gather(
            selection.juror(UUID(other["juror_id"])).post(f"/reviews/{other['review_id']}/submit", submission()),
            selection.staff.post(f"/juries/{jury['id']}/ranking"),
            selection.juror(UUID(one["juror_id"])).post(
                "/conflicts", {"application_id": one["application_id"], "kind": "other"}
            ),
        )

        assert (submitted.status_code, late.status_code) == (200, 201)
        assert ranked.status_code in (201, 409)
        if ranked.status_code == 201:
            # Both orders of the conflict and the ranking are right; the accepted review counts in either.
            assert ranked.json()["files"][0]["reviews"] in (1, 2)


async def test_an_edition_has_one_draft_and_is_published_once(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jury = await season.jury(challenge, people(1))
    file = await season.application(challenge)
    await season.assign(jury)
    await season.review_all(jury, {file.application_id: 5})
    await season.rank(jury)

    drafts = await together(season.propose() for _ in range(4))
    assert {answer.status_code for answer in drafts} == {201}
    states = [one["state"] for one in await selection.staff.items("/decisions", edition=str(season.edition_id))]
    assert sorted(states) == ["draft", "superseded", "superseded", "superseded"]

    (draft,) = [
        one
        for one in await selection.staff.items("/decisions", edition=str(season.edition_id))
        if one["state"] == "draft"
    ]
    await season.approve(draft)
    answers = await together(
        selection.staff.post(f"/decisions/{draft['id']}/publish", {"version": draft["version"]}) for _ in range(4)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert [kind for kind, _ in await selection.events(file.application_id)][-1] == "application.selected"
    told = [kind for kind, _ in await selection.events(UUID(draft["id"]))]
    assert told.count("results.published") == 1


async def test_a_juror_and_a_team_who_state_the_same_employer_at_once_are_both_seen(selection: Selection) -> None:
    for _ in range(ROUNDS):
        season = Season(selection)
        challenge = await season.challenge()
        (juror,) = people(1)
        jury = await season.jury(challenge, [juror])
        file = await season.application(challenge)
        body = {"ties": [{"kind": "employer", "organisation": "Atlas"}]}
        team = selection.as_("applicant", person=file.lead_id)

        answers = await asyncio.gather(
            selection.juror(juror).put("/jurors/me/interests", body, version=0),
            team.put(f"/candidates/{file.application_id}/ties", body, version=0),
            selection.staff.post(f"/juries/{jury['id']}/assignment", {}),
        )

        assert [answer.status_code for answer in answers[:2]] == [200, 200]
        (conflict,) = await selection.staff.items("/conflicts", juror=str(juror))
        assert conflict["state"] == "proposed"
        assert await selection.juror(juror).items("/reviews") == []


async def test_a_juror_seated_while_a_file_is_admitted_meets_its_ties(selection: Selection) -> None:
    for _ in range(ROUNDS):
        season = Season(selection)
        challenge = await season.challenge()
        tied, free = people(2)
        jury = await season.jury(challenge, [free])
        await selection.juror(tied).put(
            "/jurors/me/interests", {"ties": [{"kind": "mentor", "organisation": "Ville Claire"}]}, version=0
        )
        file = await season.application(challenge, admitted=False)

        await asyncio.gather(
            selection.hear(file.admitted()),
            selection.staff.patch(f"/juries/{jury['id']}", {"juror_ids": [str(tied), str(free)]}, version=1),
        )

        (conflict,) = await selection.staff.items("/conflicts", juror=str(tied))
        assert conflict["application_id"] == str(file.application_id)


async def test_a_recusal_during_the_assignment_leaves_k_reviewers_or_one_to_fill_up(selection: Selection) -> None:
    for _ in range(ROUNDS):
        season = Season(selection)
        challenge = await season.challenge()
        jury = await season.jury(challenge, people(3), k=2)
        for _ in range(3):
            await season.application(challenge)
        first, *rest = (await season.assign(jury))["reviews"]
        juror = selection.juror(UUID(first["juror_id"]))

        recused, again, alike = await asyncio.gather(
            juror.post(f"/reviews/{first['review_id']}/recuse", {}),
            selection.staff.post(f"/juries/{jury['id']}/assignment", {}),
            selection.staff.post(f"/juries/{jury['id']}/assignment", {}),
        )
        settled = await season.assign(jury)

        assert {recused.status_code, again.status_code, alike.status_code} == {200}
        kept = {review["review_id"] for review in settled["reviews"]}
        assert {review["review_id"] for review in rest} <= kept
        assert len(kept) == 6
        pairs = {(review["application_id"], review["juror_id"]) for review in settled["reviews"]}
        assert (first["application_id"], first["juror_id"]) not in pairs


async def test_bids_of_one_juror_in_two_windows_take_turns(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    (juror,) = people(1)
    jury = await season.jury(challenge, [juror])
    file = await season.application(challenge)

    answers = await together(
        selection.juror(juror).post(f"/juries/{jury['id']}/bids", {"bids": {str(file.application_id): bid}})
        for bid in ("want", "could", "rather-not", "want")
    )

    assert {answer.status_code for answer in answers} == {200}
    assert len(await selection.sql("SELECT 1 FROM bid WHERE juror_id = :juror", juror=juror)) == 1


async def test_two_juries_for_one_challenge_are_not_appointed(selection: Selection) -> None:
    challenge = await Season(selection).challenge()
    body = {"challenge_id": str(challenge), "juror_ids": [str(new_id())]}

    answers = await together(selection.staff.post("/juries", body) for _ in range(4))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_the_same_conflict_declared_twice_at_once_is_recorded_once(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    (juror,) = people(1)
    await season.jury(challenge, [juror])
    file = await season.application(challenge)
    body = {"application_id": str(file.application_id), "kind": "other"}

    answers = await together(selection.juror(juror).post("/conflicts", body) for _ in range(4))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def together(requests: Any) -> list[httpx.Response]:
    return list(await asyncio.gather(*requests))
