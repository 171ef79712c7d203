"""Nobody publishes alone: so many different people approve the same content, and any change voids their approvals."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest_asyncio

from shared.database import new_id
from tests.support.selection import Applied, Caller, Selection, decided, selection_on
from tests.support.stack import Backbone

ROUNDS = 3


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


async def test_decisions_are_published_once_enough_different_people_approved_them(selection: Selection) -> None:
    _, draft, _ = await decided(selection)
    one, other = selection.as_("staff", person=new_id()), selection.staff

    alone = await publish(one, draft)
    first = await approve(one, draft)
    twice = await approve(one, draft)
    half = await publish(one, draft)
    second = await approve(other, draft)
    published = await publish(one, draft)

    assert (alone.status_code, slug(alone), alone.json()["missing"]) == (409, "approvals-missing", 2)
    assert (first.json()["missing"], twice.status_code, slug(twice)) == (1, 409, "already-approved")
    assert (half.json()["needed"], half.json()["missing"], len(half.json()["approved_by"])) == (2, 1, 1)
    assert "1 more must read them and approve" in half.json()["detail"]
    assert (second.json()["missing"], published.status_code) == (0, 200)
    assert await told(selection, draft) == ["proposed", *["signed"] * 2, "approved", "approved", "published"]


async def test_an_edition_may_ask_for_more_approvals_and_never_for_fewer_than_two(selection: Selection) -> None:
    season, _, _ = await decided(selection)

    alone = await season.propose(approvals_needed=1)
    draft = (await season.propose(approvals_needed=3)).json()
    await season.approve(draft)
    early = await publish(selection.staff, draft)
    await season.approve(draft, people=1)

    assert alone.status_code == 422
    assert (early.status_code, early.json()["missing"]) == (409, 1)
    assert (await publish(selection.staff, draft)).status_code == 200


async def test_a_change_voids_every_approval_and_tells_whose(selection: Selection) -> None:
    season, draft, (first, _) = await decided(selection)
    await season.approve(draft)

    changed = await put_back(selection.staff, draft, first)
    published = await publish(selection.staff, changed)
    stale = await approve(selection.staff, draft)

    assert changed["approval"]["missing"] == 2
    assert {one["voided_because"] for one in changed["approval"]["given"]} == {"outcome-changed"}
    assert changed["approval"]["digest"] != draft["approval"]["digest"]
    assert (published.status_code, slug(published)) == (409, "approvals-missing")
    assert (stale.status_code, slug(stale)) == (412, "stale-version")
    kinds = await selection.events(UUID(draft["id"]))
    assert [kind.partition(".")[2] for kind, _ in kinds][-2:] == ["changed", "approvals-voided"]
    voided = kinds[-1][1]
    assert set(voided["approver_ids"]) == {one["approver_id"] for one in changed["approval"]["given"]}
    await season.approve(draft)
    assert (await publish(selection.staff, changed)).status_code == 200


async def test_the_same_outcome_for_another_reason_is_another_content(selection: Selection) -> None:
    season, draft, (first, _) = await decided(selection)
    once = await put_back(selection.staff, draft, first, reason="Closed down.")
    await season.approve(once)

    again = await put_back(selection.staff, once, first, reason="Closed down, as they told us.")

    assert again["approval"]["digest"] != once["approval"]["digest"]
    assert again["approval"]["missing"] == 2


async def test_a_note_or_a_dissent_is_a_change_that_voids_every_approval(selection: Selection) -> None:
    season, draft, (first, _) = await decided(selection)
    path = f"/decisions/{draft['id']}/remarks"
    ((juror,),) = await selection.sql("SELECT juror_id FROM review WHERE application_id = :id", id=first.application_id)
    await season.approve(draft)

    note = await selection.staff.post(path, {"kind": "note", "words": "Ask them for the deed."})
    noted = (await selection.staff.get(f"/decisions/{draft['id']}")).json()
    await season.approve(draft)
    early = {"kind": "dissent", "words": "Too early.", "juror_id": str(juror)}
    dissent = await selection.staff.post(path, {**early, "application_id": str(first.application_id)})
    stranger = await selection.staff.post(path, {"kind": "dissent", "words": "No.", "juror_id": str(new_id())})
    read = (await selection.staff.get(f"/decisions/{draft['id']}")).json()

    assert (note.status_code, dissent.status_code, stranger.status_code) == (201, 201, 422)
    assert (noted["approval"]["missing"], read["approval"]["missing"]) == (2, 2)
    assert {one["voided_because"] for one in read["approval"]["given"]} == {"remark-added"}
    assert [one["kind"] for one in await selection.staff.items(path)] == ["note", "dissent"]
    lead = selection.as_("applicant", "staff", person=first.lead_id)
    assert [one["kind"] for one in await lead.items(path)] == ["note"]
    assert "deed" not in str(await selection.events(UUID(draft["id"])))
    late = await publish(selection.staff, draft)
    assert late.status_code == 412


async def test_an_approval_is_taken_back_by_whoever_gave_it(selection: Selection) -> None:
    season, draft, _ = await decided(selection)
    one = selection.as_("staff", person=new_id())
    await season.approve(draft, people=1)
    await approve(one, draft)
    path = f"/decisions/{draft['id']}/approvals/take-back"

    taken = await one.post(path)
    nothing = await one.post(path)
    again = await approve(one, draft)

    assert (taken.status_code, taken.json()["missing"]) == (200, 1)
    assert (nothing.status_code, slug(nothing)) == (409, "no-approval-of-yours")
    assert (again.status_code, again.json()["missing"]) == (200, 0)


async def test_proposing_anew_begins_without_an_approval(selection: Selection) -> None:
    season, draft, _ = await decided(selection)
    await season.approve(draft)

    fresh = (await season.propose()).json()
    late = await approve(selection.staff, draft)

    assert fresh["approval"]["missing"] == 2
    assert (late.status_code, slug(late)) == (409, "decisions-not-open")
    assert (await told(selection, draft))[-1] == "approvals-voided"
    assert (await selection.events(UUID(fresh["id"])))[0][1]["supersedes"] == draft["id"]


async def test_who_is_in_conflict_with_a_file_does_not_answer_for_it(selection: Selection) -> None:
    season, draft, (first, second) = await decided(selection)
    lead = selection.as_("applicant", "staff", person=second.lead_id)
    torn = new_id()
    await approve(selection.as_("staff", person=torn), draft)
    await season.approve(draft, people=1)

    refused = await approve(lead, draft)
    # Who approved joins a team afterwards.
    await selection.hear(first.joined(torn))
    published = await publish(selection.staff, draft)

    assert (refused.status_code, slug(refused)) == (403, "in-conflict")
    assert (published.status_code, published.json()["missing"]) == (409, 1)
    assert str(torn) not in published.json()["approved_by"]


async def test_two_who_approve_at_once_both_count_and_one_who_does_so_twice_counts_once(selection: Selection) -> None:
    for _ in range(ROUNDS):
        _, draft, _ = await decided(selection)
        one, other = (selection.as_("staff", person=new_id()) for _ in range(2))

        answers = await asyncio.gather(*(approve(who, draft) for who in (one, one, other)))

        assert sorted(answer.status_code for answer in answers) == [200, 200, 409]
        assert (await publish(one, draft)).status_code == 200


async def test_a_change_while_somebody_approves_never_leaves_an_approval_of_what_is_gone(selection: Selection) -> None:
    for _ in range(ROUNDS):
        season, draft, (first, _) = await decided(selection)
        await season.approve(draft, people=1)

        approved, changed, published = await asyncio.gather(
            approve(selection.staff, draft),
            change(selection.staff, draft, first),
            publish(selection.staff, draft),
        )

        read = (await selection.staff.get(f"/decisions/{draft['id']}")).json()
        if published.status_code == 200:  # approved in time, and so changed too late
            assert (approved.status_code, read["state"]) == (200, "published")
            assert changed.status_code in {409, 412}
        else:
            assert changed.status_code == 200
            assert approved.status_code in {200, 412}
            assert read["approval"]["missing"] == 2
            assert not any(one["counts"] for one in read["approval"]["given"])


async def test_nothing_shows_before_the_publication_and_all_of_it_afterwards(selection: Selection) -> None:
    season, draft, files = await decided(selection)
    leads = [selection.as_("applicant", person=file.lead_id) for file in files]

    async def seen() -> list[Any]:
        asked = [await selection.anyone.get("/results", edition=str(season.edition_id))]
        asked += [await lead.get("/results/mine") for lead in leads]
        return [(answer.status_code, answer.json(), answer.headers.get("etag")) for answer in asked]

    before = await seen()
    await put_back(selection.staff, draft, files[0])
    await season.approve(draft)

    assert await seen() == before
    assert all(answer[1]["items"] == [] for answer in before)
    for file in files:
        kinds = {kind for kind, _ in await selection.events(file.application_id)}
        assert kinds <= {"review.assigned", "review.submitted"}


async def test_no_event_before_the_publication_tells_an_outcome(selection: Selection) -> None:
    season, draft, (first, _) = await decided(selection)
    await put_back(selection.staff, draft, first)
    await season.approve(draft)

    said = await selection.events(UUID(draft["id"]))

    kinds = [kind.partition(".")[2] for kind, _ in said]
    assert kinds == ["proposed", "signed", "signed", "changed", "approved", "approved"]
    assert not any(word in str(said) for word in ("reserve", "selected", "challenge_id", "Closed down"))


def slug(answer: Any) -> str:
    return str(answer.json()["type"].rpartition("/")[2])


async def approve(who: Caller, decisions: dict[str, Any]) -> Any:
    return await who.post(f"/decisions/{decisions['id']}/approvals", {"digest": decisions["approval"]["digest"]})


async def publish(who: Caller, decisions: dict[str, Any]) -> Any:
    return await who.post(f"/decisions/{decisions['id']}/publish", {"version": decisions["version"]})


async def change(who: Caller, decisions: dict[str, Any], file: Applied, *, reason: str = "Closed down.") -> Any:
    wanted = {"application_id": str(file.application_id), "outcome": "reserve", "reason": reason}
    return await who.patch(f"/decisions/{decisions['id']}", wanted, version=decisions["version"])


async def put_back(
    who: Caller, decisions: dict[str, Any], file: Applied, *, reason: str = "Closed down."
) -> dict[str, Any]:
    answer = await change(who, decisions, file, reason=reason)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


async def told(selection: Selection, decisions: dict[str, Any]) -> list[str]:
    return [kind.partition(".")[2] for kind, _ in await selection.events(UUID(decisions["id"]))]
