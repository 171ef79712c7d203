"""The path of files through selection over HTTP, from the jury to the published results."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest_asyncio

from services.selection.domain.ranking import digest_of, recompute
from shared.database import new_id
from shared.receipts import read_receipt
from tests.support.selection import PARIS, RECEIPTS, Season, Selection, decided, people, selection_on, submission
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


async def test_a_season_runs_from_the_jury_to_the_published_results(selection: Selection) -> None:
    season = Season(selection)
    water, waste = await season.challenge(partner="lydec"), await season.challenge(partner="holcim")
    jurors = people(3)
    first, second, third = [
        await season.application(*wishes, startup=name, member_ids=(new_id(),))
        for name, wishes in (("Nour", (water, waste)), ("Souss", (water,)), ("Atlas", (water, waste)))
    ]
    juries = [await season.jury(challenge, jurors, k=2) for challenge in (water, waste)]
    scores = {first.application_id: 9, second.application_id: 6, third.application_id: 8}
    for jury in juries:
        await season.assign(jury)
        await season.review_all(jury, scores)
        await season.rank(jury)

    draft = (await season.propose()).json()
    outcomes = {UUID(one["application_id"]): one for one in draft["outcomes"]}
    assert outcomes[first.application_id]["challenge_id"] == str(water)
    assert outcomes[third.application_id]["challenge_id"] == str(waste)
    assert outcomes[second.application_id]["outcome"] == "reserve"
    assert draft["blocking_pairs"] == []
    assert await selection.anyone.items("/results", edition=str(season.edition_id)) == []
    assert await selection.as_("applicant", person=first.lead_id).items("/results/mine") == []

    published = await season.publish(draft)

    assert published.status_code == 200, published.text
    assert (published.json()["selected"], published.json()["reserved"]) == (2, 1)
    (results,) = await selection.anyone.items("/results", edition=str(season.edition_id))
    assert {(match["startup"], match["partner"]) for match in results["matches"]} == {
        ("Nour", "lydec"),
        ("Atlas", "holcim"),
    }
    for person in (first.lead_id, *first.member_ids):
        (mine,) = await selection.as_("applicant", person=person).items("/results/mine")
        assert mine["outcome"] == "selected"
        assert mine["reasons"] == [{"text": "A clear plan.", "language": "en", "criterion": None}]
        assert not any(str(juror) in str(mine) for juror in jurors)
    told = [kind for kind, _ in await selection.events(first.application_id)]
    assert told == ["review.assigned"] * 2 + ["review.submitted"] * 2 + ["review.assigned"] * 2 + [
        "review.submitted"
    ] * 2 + ["application.selected"]
    ((_, summary),) = [one for one in await selection.events(UUID(draft["id"])) if one[0] == "results.published"]
    assert (summary["selected"], summary["reserved"], summary["not_selected"]) == (2, 1, 0)
    selected = (await selection.events(first.application_id))[-1][1]
    assert set(selected["member_ids"]) == {str(first.lead_id), str(first.member_ids[0])}


async def test_a_jury_needs_a_challenge_that_was_heard_of_and_there_is_one_per_challenge(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    juror = str(new_id())

    unknown = await selection.staff.post("/juries", {"challenge_id": str(new_id()), "juror_ids": [juror]})
    jury = await season.jury(challenge, [UUID(juror)])
    again = await selection.staff.post("/juries", {"challenge_id": str(challenge), "juror_ids": [juror]})

    assert (unknown.status_code, unknown.json()["type"].rpartition("/")[2]) == (404, "challenge-not-known")
    assert (again.status_code, again.json()["jury_id"]) == (409, jury["id"])
    assert {criterion["key"]: criterion["weight"] for criterion in jury["criteria"]} == dict.fromkeys(PARIS, 20)


async def test_weights_must_add_up_and_a_juror_sits_once(selection: Selection) -> None:
    challenge = await Season(selection).challenge()
    juror = str(new_id())

    light = await selection.staff.post(
        "/juries", {"challenge_id": str(challenge), "juror_ids": [juror], "weights": {"team": 50, "fit": 49}}
    )
    twice = await selection.staff.post("/juries", {"challenge_id": str(challenge), "juror_ids": [juror, juror]})

    assert (light.status_code, light.json()["total"]) == (422, 99)
    assert twice.status_code == 422


async def test_a_whole_number_is_taken_as_json_writes_it_and_no_other(selection: Selection) -> None:
    challenge = await Season(selection).challenge()
    body = {"challenge_id": str(challenge), "juror_ids": [str(new_id())]}

    refused = [
        await selection.staff.post("/juries", {**body, "reviews_per_file": other})
        for other in (1.5, "2", True, 0, 1e300)
    ]
    taken = await selection.staff.post("/juries", {**body, "reviews_per_file": 2.0})

    assert [answer.status_code for answer in refused] == [422] * 5
    assert taken.json()["reviews_per_file"] == 2


async def test_an_assignment_that_cannot_be_made_names_whom_it_lacks_and_a_new_juror_mends_it(
    selection: Selection,
) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jurors = people(2)
    jury = await season.jury(challenge, jurors, k=2)
    file = await season.application(challenge)
    await selection.juror(jurors[0]).post(
        "/conflicts", {"application_id": str(file.application_id), "kind": "employer"}
    )

    refused = await selection.staff.post(f"/juries/{jury['id']}/assignment", {})
    (reason,) = refused.json()["reasons"]
    assert refused.status_code == 409
    assert (reason["kind"], reason["files"], reason["jurors"]) == (
        "too-few-jurors",
        [str(file.application_id)],
        [str(jurors[1])],
    )
    assert "1 of 2 jurors" in refused.json()["detail"]
    assert await selection.events(file.application_id) == [
        one for one in await selection.events(file.application_id) if one[0] == "conflict.declared"
    ]

    newcomer = new_id()
    changed = await selection.staff.patch(
        f"/juries/{jury['id']}", {"juror_ids": [str(one) for one in (*jurors, newcomer)]}, version=jury["version"]
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["version"] == jury["version"] + 1
    assigned = await season.assign(jury)
    assert {UUID(review["juror_id"]) for review in assigned["reviews"]} == {jurors[1], newcomer}


async def test_a_dry_run_changes_nothing(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jury = await season.jury(challenge, people(1))
    file = await season.application(challenge)

    dry = await selection.staff.post(f"/juries/{jury['id']}/assignment", {"dry_run": True})

    assert [review["review_id"] for review in dry.json()["reviews"]] == [None]
    assert await selection.staff.items("/reviews", jury=jury["id"]) == []
    assert await selection.events(file.application_id) == []


async def test_a_review_is_saved_piece_by_piece_and_a_stale_save_loses(selection: Selection) -> None:
    season = Season(selection)
    review, juror, _ = await _one_review(season)
    path = f"/reviews/{review['id']}"

    without = await juror.patch(path, {"scores": {"team": 8}}, version=None)
    saved = await juror.patch(path, {"scores": {"team": 8}, "note": "Strong."}, version=review["version"])
    stale = await juror.patch(path, {"scores": {"team": 1}}, version=review["version"])
    more = await juror.patch(path, {"scores": {"fit": 5, "team": None}}, version=saved.json()["version"])
    unknown = await juror.patch(path, {"scores": {"style": 5}}, version=more.json()["version"])

    assert (without.status_code, saved.status_code, stale.status_code) == (428, 200, 412)
    assert more.json()["scores"] == {"fit": 5}
    assert more.json()["note"] == "Strong."
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "unknown_criterion")
    assert (await juror.get(path)).headers["etag"] == f'"{more.json()["version"]}"'


async def test_a_review_is_submitted_whole_and_is_final(selection: Selection) -> None:
    season = Season(selection)
    review, juror, file = await _one_review(season)
    path = f"/reviews/{review['id']}"

    missing = await juror.post(f"{path}/submit", {"revision": 1, "scores": {"team": 5}})
    submitted = await juror.post(f"{path}/submit", submission())
    again = await juror.post(f"{path}/submit", submission(score=10))
    edited = await juror.patch(path, {"scores": {"team": 10}}, version=submitted.json()["version"])
    given_back = await juror.post(f"{path}/recuse", {})

    assert {error["pointer"] for error in missing.json()["errors"]} == {f"#/scores/{key}" for key in PARIS[1:]}
    assert submitted.status_code == 200
    assert [answer.status_code for answer in (again, edited, given_back)] == [409, 409, 409]
    assert (await juror.get(path)).json()["scores"] == dict.fromkeys(PARIS, 7)
    assert [kind for kind, _ in await selection.events(file.application_id)] == ["review.assigned", "review.submitted"]


async def test_a_juror_gets_a_receipt_of_the_review(selection: Selection) -> None:
    review, juror, _ = await _one_review(Season(selection))

    answer = await juror.post(f"/reviews/{review['id']}/submit", submission())

    receipt = read_receipt(answer.json()["receipt"].encode(), [RECEIPTS.verifier])
    assert receipt.type == "io.datacity.review.submitted.v1"
    assert receipt.facts["review_id"] == review["id"]
    assert receipt.facts["scores"] == dict.fromkeys(PARIS, 7)


async def test_a_review_of_an_older_revision_is_refused_and_told_of_the_newer(selection: Selection) -> None:
    season = Season(selection)
    review, juror, file = await _one_review(season)
    # The dossier may come before the event that tells of it.
    await selection.hear(file.dossier(2, summary="Now with a pilot."))

    older = await juror.post(f"/reviews/{review['id']}/submit", submission(revision=1))
    ahead = await juror.post(f"/reviews/{review['id']}/submit", submission(revision=3))
    shown = (await juror.get(f"/reviews/{review['id']}")).json()["file"]
    newest = await juror.post(f"/reviews/{review['id']}/submit", submission(revision=2))

    assert (older.status_code, older.json()["read"], older.json()["newest"]) == (409, 1, 2)
    assert ahead.status_code == 422
    assert (shown["revision"], shown["summary"]) == (2, "Now with a pilot.")
    assert [one["name"] for one in shown["attachments"]] == ["deck.pdf"]
    assert newest.json()["revision"] == 2


async def test_a_revision_whose_words_have_not_arrived_is_awaited_not_replaced(
    selection: Selection,
) -> None:
    season = Season(selection)
    review, juror, file = await _one_review(season)
    await selection.hear(file.revised(2))

    shown = (await juror.get(f"/reviews/{review['id']}")).json()

    assert (shown["newest_revision"], shown["file"]) == (2, None)


async def test_a_recused_review_is_replaced_by_another_juror_and_never_by_the_same(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jurors = people(2)
    jury = await season.jury(challenge, jurors)
    await season.application(challenge)
    (first,) = (await season.assign(jury))["reviews"]

    recused = await selection.juror(UUID(first["juror_id"])).post(
        f"/reviews/{first['review_id']}/recuse", {"reason": "No time."}
    )
    second = (await season.assign(jury))["reviews"]

    assert recused.json()["state"] == "recused"
    assert [review["juror_id"] for review in second] == [str(one) for one in jurors if str(one) != first["juror_id"]]


async def test_a_second_assignment_keeps_what_is_submitted_and_what_is_begun(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jury = await season.jury(challenge, people(3), k=2)
    for _ in range(3):
        await season.application(challenge)
    before = (await season.assign(jury))["reviews"]
    done = before[0]
    await selection.juror(UUID(done["juror_id"])).post(f"/reviews/{done['review_id']}/submit", submission())
    await season.application(challenge)

    after = await season.assign(jury)

    assert {review["review_id"] for review in before} <= {review["review_id"] for review in after["reviews"]}
    assert after["cancelled"] == []
    assert len(after["reviews"]) == 8
    assert max(one["files"] for one in after["load"]) - min(one["files"] for one in after["load"]) <= 1


async def test_a_ranking_waits_for_every_review_and_is_frozen_for_good(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jurors = people(2)
    jury = await season.jury(challenge, jurors)
    best, worst = await season.application(challenge), await season.application(challenge)
    early = await selection.staff.post(f"/juries/{jury['id']}/ranking")
    await season.assign(jury)
    waiting = await selection.staff.post(f"/juries/{jury['id']}/ranking")
    await season.review_all(jury, {best.application_id: 9, worst.application_id: 3})

    ranking = await season.rank(jury)

    assert set(early.json()["unreviewed_files"]) == {str(best.application_id), str(worst.application_id)}
    assert len(waiting.json()["open_reviews"]) == 2
    assert [(line["rank"], line["score"]) for line in ranking["files"]] == [(1, 90.0), (2, 30.0)]
    inputs = (await selection.staff.get(f"/rankings/{ranking['id']}")).json()["inputs"]
    assert digest_of(inputs) == ranking["inputs_digest"]
    assert [str(line.application_id) for line in recompute(inputs)] == [
        line["application_id"] for line in ranking["files"]
    ]
    assert not any(str(juror) in str(inputs) for juror in jurors)
    for later in (
        await selection.staff.post(f"/juries/{jury['id']}/ranking"),
        await selection.staff.post(f"/juries/{jury['id']}/assignment", {}),
        await selection.staff.patch(
            f"/juries/{jury['id']}",
            {"files_per_juror": 3},
            version=(await selection.staff.get(f"/juries/{jury['id']}")).json()["version"],
        ),
    ):
        assert (later.status_code, later.json()["type"].rpartition("/")[2]) == (409, "jury-frozen")


async def test_a_withdrawn_file_leaves_the_jurors_hands_and_the_ranking(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jury = await season.jury(challenge, people(1))
    stays, leaves = await season.application(challenge), await season.application(challenge)
    await season.assign(jury)

    await selection.hear(leaves.withdrawn())

    assert [kind for kind, _ in await selection.events(leaves.application_id)] == [
        "review.assigned",
        "review.cancelled",
    ]
    await season.review_all(jury, {stays.application_id: 5})
    assert [line["application_id"] for line in (await season.rank(jury))["files"]] == [str(stays.application_id)]
    assert [one["application_id"] for one in await selection.staff.items("/candidates", challenge=str(challenge))] == [
        str(stays.application_id)
    ]


async def test_decisions_name_what_they_lack(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    nobody = await season.propose()
    await season.application(challenge)

    unranked = await season.propose()

    assert (nobody.status_code, nobody.json()["type"].rpartition("/")[2]) == (409, "nothing-to-decide")
    assert (unranked.status_code, unranked.json()["challenges"]) == (409, [str(challenge)])


async def test_a_changed_outcome_needs_a_place_a_reason_and_the_version_that_was_read(selection: Selection) -> None:
    season, draft, (first, second) = await decided(selection)
    challenge = str(first.challenges[0])
    path = f"/decisions/{draft['id']}"
    swap = {"application_id": str(second.application_id), "outcome": "selected", "challenge_id": challenge}

    wordless = await selection.staff.patch(path, swap, version=draft["version"])
    full = await selection.staff.patch(path, {**swap, "reason": "Closer."}, version=draft["version"])
    down = await selection.staff.patch(
        path,
        {"application_id": str(first.application_id), "outcome": "reserve", "reason": "Closed down."},
        version=draft["version"],
    )
    stale = await selection.staff.patch(path, {**swap, "reason": "Closer."}, version=draft["version"])
    up = await selection.staff.patch(path, {**swap, "reason": "Closer."}, version=down.json()["version"])
    await season.approve(draft)
    unread = await selection.staff.post(f"{path}/publish", {"version": draft["version"]})
    published = await selection.staff.post(f"{path}/publish", {"version": up.json()["version"]})

    assert [answer.status_code for answer in (wordless, full, down, stale, up)] == [422, 409, 200, 412, 200]
    assert up.json()["blocking_pairs"] == [{"application_id": str(first.application_id), "challenge_id": challenge}]
    assert (unread.status_code, published.status_code) == (412, 200)
    assert (await selection.events(second.application_id))[-1][0] == "application.selected"
    assert (await season.propose()).json()["type"].rpartition("/")[2] == "results-already-published"


async def test_results_are_published_once_whoever_asks_twice(selection: Selection) -> None:
    season, draft, _ = await decided(selection)
    await season.approve(draft)
    path, body = f"/decisions/{draft['id']}/publish", {"version": draft["version"]}

    first = await selection.staff.post(path, body)
    second = await selection.staff.post(path, body)

    assert (first.status_code, second.status_code) == (200, 409)
    told = [kind for kind, _ in await selection.events(UUID(draft["id"]))]
    assert told == [
        "decisions.proposed",
        *["reasons.signed"] * 2,
        *["decisions.approved"] * 2,
        "results.published",
    ]


async def test_a_file_withdrawn_since_the_proposal_stops_the_publication(selection: Selection) -> None:
    season, draft, (first, second) = await decided(selection)
    await selection.hear(first.withdrawn())

    outdated = await selection.staff.post(f"/decisions/{draft['id']}/publish", {"version": draft["version"]})
    fresh = (await season.propose()).json()
    published = await season.publish(fresh)

    assert (outdated.status_code, outdated.json()["withdrawn"]) == (409, [str(first.application_id)])
    assert published.json()["selected"] == 1
    superseded = await selection.staff.post(f"/decisions/{draft['id']}/publish", {"version": draft["version"]})
    assert superseded.json()["state"] == "superseded"
    (mine,) = await selection.as_("applicant", person=second.lead_id).items("/results/mine")
    assert mine["outcome"] == "selected"
    assert await selection.as_("applicant", person=first.lead_id).items("/results/mine") == []


async def test_a_file_admitted_after_the_ranking_is_left_out_only_if_staff_say_so(selection: Selection) -> None:
    season, _, (first, _) = await decided(selection)
    late = await season.application(*first.challenges)

    refused = await season.propose()
    draft = (await season.propose(leave_unranked=True)).json()

    assert (refused.status_code, refused.json()["files"]) == (409, [str(late.application_id)])
    outcomes = {one["application_id"]: one["outcome"] for one in draft["outcomes"]}
    assert outcomes[str(late.application_id)] == "not-selected"


async def test_an_idempotent_repeat_of_an_assignment_answers_the_same_and_does_nothing(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jury = await season.jury(challenge, people(2))
    file = await season.application(challenge)
    staff = selection.as_("staff", person=new_id())

    once = await staff.post(f"/juries/{jury['id']}/assignment", {}, **{"Idempotency-Key": "assign-1"})
    twice = await staff.post(f"/juries/{jury['id']}/assignment", {}, **{"Idempotency-Key": "assign-1"})

    assert once.json() == twice.json()
    assert [kind for kind, _ in await selection.events(file.application_id)] == ["review.assigned"]


async def test_lists_are_read_page_by_page(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    expected = [str((await season.application(challenge)).application_id) for _ in range(5)]

    found: list[str] = []
    cursor = None
    while True:
        params = {"challenge": str(challenge), "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await selection.staff.get("/candidates", **params)).json()
        found += [one["application_id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert found == sorted(expected)


async def _one_review(season: Season):
    challenge = await season.challenge()
    (juror,) = people(1)
    jury = await season.jury(challenge, [juror])
    file = await season.application(challenge)
    await season.assign(jury)
    caller = season.selection.juror(juror)
    (review,) = await caller.items("/reviews")
    return review, caller, file
