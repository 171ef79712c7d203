"""What nobody must see: a file in conflict, others' scores too early, who reviewed, what is not published."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from shared.database import new_id
from shared.events import applications
from tests.support.selection import PARIS, Applied, Caller, Season, Selection, people, selection_on, submission
from tests.support.stack import Backbone


def secrets() -> tuple[str, str, str, str]:
    """Words of a file that are found nowhere else: startup, title, summary, an answer."""
    mark = new_id().hex[-10:]
    return f"Zellige {mark}", f"Mosaics {mark}", f"Cameras {mark}", f"Thermal {mark}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


class Case:
    """A file that one juror must not read, and which another reviews."""

    def __init__(
        self, season: Season, jury: dict[str, Any], file: Applied, jurors: list[UUID], words: tuple[str, ...]
    ) -> None:
        self.season = season
        self.secrets = words
        self.jury = jury
        self.file = file
        self.jurors = jurors


async def assigned(selection: Selection, *, jurors: int = 2, k: int = 2) -> Case:
    season = Season(selection)
    challenge = await season.challenge()
    sitting = people(jurors)
    jury = await season.jury(challenge, sitting, k=k)
    words = secrets()
    file = await season.application(challenge, startup=words[0], title=words[1], summary=words[2])
    await selection.hear(file.dossier(1, answers={"method": words[3]}))
    await season.assign(jury)
    return Case(season, jury, file, sitting, words)


async def declare(caller: Caller, file: Applied, **changes: Any) -> Any:
    return await caller.post("/conflicts", {"application_id": str(file.application_id), "kind": "employer", **changes})


async def everything(caller: Caller, case: Case, review_id: str | None = None) -> Iterator[str]:
    """Every answer that this caller can get out of any route about the file, refusals and headers included."""
    application = str(case.file.application_id)
    reads: list[tuple[str, dict[str, Any]]] = [
        ("/candidates", {}),
        ("/candidates", {"challenge": case.jury["challenge_id"]}),
        *(("/candidates", {"search": secret}) for secret in case.secrets),
        ("/reviews", {}),
        ("/reviews", {"application": application}),
        ("/reviews", {"jury": case.jury["id"], "state": "recused"}),
        ("/juries", {"challenge": case.jury["challenge_id"]}),
        (f"/juries/{case.jury['id']}", {}),
        ("/rankings", {"challenge": case.jury["challenge_id"]}),
        ("/decisions", {"edition": str(case.season.edition_id)}),
        ("/results", {"edition": str(case.season.edition_id)}),
        ("/results/mine", {}),
        ("/conflicts", {}),
        ("/conflicts", {"application": application}),
        ("/conflicts", {"jury": case.jury["id"]}),
        ("/jurors/me/interests", {}),
        (f"/candidates/{application}/ties", {}),
        ("/ties", {"application": application}),
        ("/waivers", {"challenge": case.jury["challenge_id"]}),
        (f"/juries/{case.jury['id']}/bids", {}),
    ]
    if review_id is not None:
        reads += [(f"/reviews/{review_id}", {}), (f"/reviews/{review_id}/others", {})]
    answers = [await caller.get(path, **params) for path, params in reads]
    if review_id is not None:
        answers += [
            await caller.patch(f"/reviews/{review_id}", {"scores": {"team": 1}}, version=1),
            await caller.post(f"/reviews/{review_id}/submit", submission()),
            await caller.post(f"/reviews/{review_id}/recuse", {}),
        ]
    answers += [await declare(caller, case.file), await caller.post(f"/juries/{case.jury['id']}/assignment", {})]
    assert all(answer.status_code < 500 for answer in answers)
    return iter([f"{answer.headers} {answer.text}" for answer in answers])


async def review_of(caller: Caller, case: Case) -> dict[str, Any]:
    (review,) = await caller.items("/reviews", jury=case.jury["id"])
    return review


@pytest.mark.parametrize("roles", [("juror",), ("juror", "staff"), ("juror", "staff", "applicant", "partner")])
async def test_a_juror_in_conflict_reads_the_file_by_no_route_in_no_role(
    selection: Selection, roles: tuple[str, ...]
) -> None:
    case = await assigned(selection)
    review = await review_of(selection.juror(case.jurors[0]), case)
    caller = selection.as_(*roles, person=case.jurors[0])
    before = " ".join(await everything(selection.juror(case.jurors[1]), case))
    assert case.secrets[0] in before  # the colleague sees it, so the probe would notice

    assert (await declare(caller, case.file)).status_code == 201

    for answer in await everything(caller, case, review["id"]):
        assert not any(secret in answer for secret in case.secrets), answer
    assert (await caller.get(f"/reviews/{review['id']}")).status_code == 404
    assert await caller.items("/reviews", application=str(case.file.application_id)) == []


@pytest.mark.parametrize("roles", [("juror",), ("juror", "staff"), ("juror", "staff", "applicant", "partner")])
async def test_a_juror_whom_ties_bind_reads_the_file_by_no_route_in_no_role(
    selection: Selection, roles: tuple[str, ...]
) -> None:
    case = await assigned(selection)
    review = await review_of(selection.juror(case.jurors[0]), case)
    caller = selection.as_(*roles, person=case.jurors[0])
    bound = {"ties": [{"kind": "mentor", "organisation": case.secrets[0]}]}
    stated = await selection.juror(case.jurors[0]).put("/jurors/me/interests", bound, version=0)
    assert stated.status_code == 200

    for answer in await everything(caller, case, review["id"]):
        # What it stated itself it reads again; of the file nothing is shown.
        assert not any(secret in answer for secret in case.secrets[1:]), answer
    assert (await caller.get(f"/reviews/{review['id']}")).status_code == 404
    assert await caller.items("/candidates", challenge=case.jury["challenge_id"]) == []


async def test_a_conflict_declared_before_assignment_hides_the_candidate_and_bars_the_pair(
    selection: Selection,
) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    bound, free = people(2)
    jury = await season.jury(challenge, [bound, free])
    file = await season.application(challenge, startup="Tile", title="Count")
    seen = await selection.juror(bound).items("/candidates", challenge=str(challenge))

    await declare(selection.juror(bound), file)

    assert seen == [
        {
            "application_id": str(file.application_id),
            "startup": "Tile",
            "title": "Count",
            "challenge_ids": None,
            "revision": None,
        }
    ]
    assert await selection.juror(bound).items("/candidates") == []
    assert [one["juror_id"] for one in (await season.assign(jury))["reviews"]] == [str(free)]


async def test_a_late_conflict_sets_the_submitted_review_aside_without_touching_its_scores(
    selection: Selection,
) -> None:
    case = await assigned(selection)
    mine, theirs = selection.juror(case.jurors[0]), selection.juror(case.jurors[1])
    review, other = await review_of(mine, case), await review_of(theirs, case)
    await mine.post(f"/reviews/{review['id']}/submit", submission(score=0, comment="Mine."))
    await theirs.post(f"/reviews/{other['id']}/submit", submission(score=8))

    await declare(mine, case.file)

    ranking = await case.season.rank(case.jury)
    assert [(line["score"], line["reviews"]) for line in ranking["files"]] == [(80.0, 1)]
    (row,) = await selection.sql("SELECT state, scores FROM review WHERE id = :id", id=UUID(review["id"]))
    assert (row.state, row.scores) == ("recused", dict.fromkeys(PARIS, 0))


async def test_a_repeated_request_never_brings_the_file_back(selection: Selection) -> None:
    """The stored answer of an Idempotency-Key outlives the conflict: so it must not hold the file."""
    case = await assigned(selection)
    juror = selection.juror(case.jurors[0])
    review = await review_of(juror, case)
    path = f"/reviews/{review['id']}/submit"
    await juror.post(path, submission(), **{"Idempotency-Key": "once"})
    await declare(juror, case.file)

    repeated = await juror.post(path, submission(), **{"Idempotency-Key": "once"})

    assert repeated.headers["Idempotency-Replayed"] == "true"
    assert not any(secret in repeated.text for secret in (*case.secrets, "A clear plan."))


async def test_a_member_of_the_team_never_judges_its_file_nor_does_who_joins_later(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    member, joining, free = people(3)
    jury = await season.jury(challenge, [member, joining, free], k=2)
    file = await season.application(challenge, member_ids=(member,))
    reviews = (await season.assign(jury))["reviews"]
    assert {UUID(one["juror_id"]) for one in reviews} == {joining, free}

    await selection.hear(applications.TeamMemberAdded(team_id=file.team_id, person_id=joining))

    assert await selection.juror(member).items("/candidates") == []
    assert await selection.juror(joining).items("/reviews") == []
    assert "review.recused" in [kind for kind, _ in await selection.events(file.application_id)]


async def test_a_recused_juror_loses_the_file_but_keeps_the_record(selection: Selection) -> None:
    case = await assigned(selection)
    juror = selection.juror(case.jurors[0])
    review = await review_of(juror, case)
    assert (await juror.get(f"/reviews/{review['id']}")).json()["file"]["summary"] == case.secrets[2]

    await juror.post(f"/reviews/{review['id']}/recuse", {"reason": "No time."})

    shown = (await juror.get(f"/reviews/{review['id']}")).json()
    assert (shown["state"], shown["file"]) == ("recused", None)
    assert await juror.items("/candidates") == []


async def test_a_withdrawn_file_is_read_no_more_not_even_by_who_reviewed_it(selection: Selection) -> None:
    case = await assigned(selection, jurors=1, k=1)
    juror = selection.juror(case.jurors[0])
    review = await review_of(juror, case)
    await juror.post(f"/reviews/{review['id']}/submit", submission())

    await selection.hear(case.file.withdrawn())

    assert (await juror.get(f"/reviews/{review['id']}")).json()["file"] is None
    for answer in await everything(juror, case, review["id"]):
        assert not any(secret in answer for secret in case.secrets)


async def test_after_assignment_a_juror_sees_its_own_files_only(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jurors = people(2)
    jury = await season.jury(challenge, jurors)
    for _ in range(2):
        await season.application(challenge)
    assert len(await selection.juror(jurors[0]).items("/candidates")) == 2

    await season.assign(jury)

    for juror in jurors:
        mine = await selection.juror(juror).items("/reviews")
        seen = await selection.juror(juror).items("/candidates")
        assert [one["application_id"] for one in seen] == [one["application_id"] for one in mine]
        assert len(seen) == 1


async def test_nobody_sees_others_scores_before_submitting_their_own(selection: Selection) -> None:
    case = await assigned(selection)
    first, second = (selection.juror(one) for one in case.jurors)
    mine, theirs = await review_of(first, case), await review_of(second, case)
    both = selection.as_("juror", "staff", person=case.jurors[0])
    await second.post(f"/reviews/{theirs['id']}/submit", submission(score=3, comment="Too costly."))

    early = await first.get(f"/reviews/{mine['id']}/others")
    foreign = await first.get(f"/reviews/{theirs['id']}")
    as_staff = (await both.get(f"/reviews/{theirs['id']}")).json()
    listed = [one for one in await both.items("/reviews", jury=case.jury["id"]) if one["id"] == theirs["id"]]
    await first.post(f"/reviews/{mine['id']}/submit", submission())
    later = await first.items(f"/reviews/{mine['id']}/others")

    assert (early.status_code, early.json()["type"].rpartition("/")[2]) == (403, "state-not-permitted")
    assert foreign.status_code == 404
    assert (as_staff["scores"], as_staff["comment"]) == (None, None)
    assert [one["scores"] for one in listed] == [None]
    assert later == [
        {
            "voice": later[0]["voice"],
            "scores": dict.fromkeys(PARIS, 3),
            "abstained": [],
            "remarks": {},
            "comment": "Too costly.",
            "note": None,
        }
    ]


async def test_a_ranking_is_hidden_from_staff_who_still_judge_one_of_its_files_elsewhere(selection: Selection) -> None:
    season = Season(selection)
    ranked, pending = await season.challenge(), await season.challenge()
    (judge,) = people(1)
    juries = [await season.jury(ranked, people(1)), await season.jury(pending, [judge])]
    file = await season.application(ranked, pending)
    for jury in juries:
        await season.assign(jury)
    await season.review_all(juries[0], {file.application_id: 9})
    ranking = await season.rank(juries[0])
    both = selection.as_("juror", "staff", person=judge)

    hidden = await both.get(f"/rankings/{ranking['id']}"), await both.items("/rankings", challenge=str(ranked))
    await season.review_all(juries[1], {file.application_id: 2})
    shown = await both.get(f"/rankings/{ranking['id']}")

    assert (hidden[0].status_code, hidden[1]) == (404, [])
    assert shown.status_code == 200


async def test_freezing_a_ranking_shows_no_scores_to_staff_who_still_judge_one_of_its_files(
    selection: Selection,
) -> None:
    season = Season(selection)
    ranked, pending = await season.challenge(), await season.challenge()
    (judge,) = people(1)
    juries = [await season.jury(ranked, people(1)), await season.jury(pending, [judge])]
    file = await season.application(ranked, pending)
    for jury in juries:
        await season.assign(jury)
    await season.review_all(juries[0], {file.application_id: 9})
    both = selection.as_("juror", "staff", person=judge)

    early = await both.post(f"/juries/{juries[0]['id']}/ranking")
    await season.review_all(juries[1], {file.application_id: 2})
    later = await both.post(f"/juries/{juries[0]['id']}/ranking")

    assert (early.status_code, early.json()["type"].rpartition("/")[2]) == (403, "still-judging")
    assert later.status_code == 201


async def test_others_scores_stay_hidden_until_a_juror_has_judged_the_file_for_each_challenge(
    selection: Selection,
) -> None:
    season = Season(selection)
    done, pending = await season.challenge(), await season.challenge()
    judge, other = people(2)
    juries = [
        await season.jury(done, [judge, other], k=2),
        await season.jury(pending, [judge], k=1),
    ]
    file = await season.application(done, pending)
    for jury in juries:
        await season.assign(jury)
    await season.review_all(juries[0], {file.application_id: 9})
    juror = selection.juror(judge)
    (own,) = await juror.items("/reviews", jury=juries[0]["id"])

    early = await juror.get(f"/reviews/{own['id']}/others")
    await season.review_all(juries[1], {file.application_id: 2})
    later = await juror.items(f"/reviews/{own['id']}/others")

    assert (early.status_code, early.json()["type"].rpartition("/")[2]) == (403, "still-judging")
    assert [one["scores"] for one in later] == [dict.fromkeys(PARIS, 9)]


async def test_nobody_reads_the_rank_or_the_pending_outcome_of_a_file_in_conflict(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jury = await season.jury(challenge, people(1))
    first, second = await season.application(challenge), await season.application(challenge)
    await season.assign(jury)
    await season.review_all(jury, {first.application_id: 2, second.application_id: 9})
    lead = selection.as_("applicant", "staff", person=first.lead_id)

    refused = await lead.post(f"/juries/{jury['id']}/ranking")
    ranking = await season.rank(jury)
    hidden = await lead.get(f"/rankings/{ranking['id']}"), await lead.items("/rankings", challenge=str(challenge))
    proposed = (await lead.post(f"/editions/{season.edition_id}/decisions", {})).json()
    read = (await lead.get(f"/decisions/{proposed['id']}")).json()
    whole = (await selection.staff.get(f"/decisions/{proposed['id']}")).json()

    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (403, "in-conflict")
    assert (hidden[0].status_code, hidden[1]) == (404, [])
    for decisions in (proposed, read):
        assert [one["application_id"] for one in decisions["outcomes"]] == [str(second.application_id)]
    assert len(whole["outcomes"]) == 2


async def test_nobody_decides_on_the_file_of_their_own_team(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jury = await season.jury(challenge, people(1))
    first, second = await season.application(challenge), await season.application(challenge)
    await season.assign(jury)
    await season.review_all(jury, {first.application_id: 9, second.application_id: 2})
    await season.rank(jury)
    draft = (await season.propose()).json()
    lead = selection.as_("applicant", "staff", person=second.lead_id)
    change = {"application_id": str(second.application_id), "outcome": "reserve", "reason": "It is ours."}

    refused = await lead.patch(f"/decisions/{draft['id']}", change, version=draft["version"])
    by_others = await selection.staff.patch(f"/decisions/{draft['id']}", change, version=draft["version"])

    assert (refused.status_code, by_others.status_code) == (404, 200)


async def test_staff_see_scores_and_words_only_once_a_review_is_submitted(selection: Selection) -> None:
    case = await assigned(selection, jurors=1, k=1)
    juror = selection.juror(case.jurors[0])
    review = await review_of(juror, case)
    await juror.patch(
        f"/reviews/{review['id']}", {"scores": {"team": 2}, "comment": "Draft words."}, version=review["version"]
    )

    (before,) = await selection.staff.items("/reviews", jury=case.jury["id"])
    await juror.post(f"/reviews/{review['id']}/submit", submission(note="For staff."))
    after = (await selection.staff.get(f"/reviews/{review['id']}")).json()

    assert (before["scores"], before["comment"]) == (None, None)
    assert (after["comment"], after["note"], after["file"]) == ("A clear plan.", "For staff.", None)


async def test_staff_see_no_file_that_was_not_admitted(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    sealed = await season.application(challenge, admitted=False, startup="Sealed")
    declined = await season.application(challenge, startup="Tile", title="Count")
    await selection.hear(declined.declined())

    assert await selection.staff.items("/candidates", challenge=str(challenge)) == []
    assert await selection.staff.items("/candidates", search="Sealed", challenge=str(sealed.challenges[0])) == []


async def test_a_juror_of_another_jury_sees_nothing_of_this_one(selection: Selection) -> None:
    case = await assigned(selection)
    other = await Season(selection).challenge()
    (stranger,) = people(1)
    await case.season.jury(other, [stranger])
    caller = selection.juror(stranger)
    review = await review_of(selection.juror(case.jurors[0]), case)

    for answer in await everything(caller, case, review["id"]):
        assert not any(secret in answer for secret in case.secrets)
    assert (await caller.get(f"/juries/{case.jury['id']}")).status_code == 404
    assert (await declare(caller, case.file)).status_code == 404
    mine = (await selection.juror(case.jurors[0]).get(f"/juries/{case.jury['id']}")).json()
    assert mine["juror_ids"] is None


async def test_a_search_reads_its_words_as_words(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    await season.application(challenge, startup="100% Atlas", title="Under_ground")

    async def found(search: str) -> int:
        return len(await selection.staff.items("/candidates", challenge=str(challenge), search=search))

    assert [await found(words) for words in ("0% a", "UNDER_G", "%", "r_g", "__", "%%")] == [1, 1, 1, 1, 0, 0]


async def test_reasons_tell_nobody_who_wrote_them_and_come_in_no_telling_order(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jurors = people(5)
    jury = await season.jury(challenge, jurors, k=5)
    file = await season.application(challenge)
    await season.assign(jury)
    for number, juror in enumerate(jurors):
        caller = selection.juror(juror)
        (review,) = await caller.items("/reviews")
        await caller.post(
            f"/reviews/{review['id']}/submit", submission(comment=f"Reason {number}.", note=f"Secret {number}.")
        )
    await season.rank(jury)
    draft = (await season.propose(capacity=0, reserves=0)).json()
    await season.publish(draft)

    answer = await selection.as_("applicant", person=file.lead_id).get("/results/mine")

    (mine,) = answer.json()["items"]
    assert mine["outcome"] == "not-selected"
    assert sorted(mine["comments"]) == [f"Reason {number}." for number in range(5)]
    told = {"application_id", "edition_id", "outcome", "challenge_id", "published_at", "reasons", "comments"}
    assert set(mine) == told
    assert "Secret" not in answer.text
    again = await selection.as_("applicant", person=file.lead_id).items("/results/mine")
    assert again[0]["comments"] == mine["comments"]


async def test_no_event_holds_words_of_a_person(selection: Selection) -> None:
    case = await assigned(selection, jurors=1, k=1)
    juror = selection.juror(case.jurors[0])
    review = await review_of(juror, case)
    await juror.post(f"/reviews/{review['id']}/submit", submission(comment="CANARY-comment", note="CANARY-note"))
    await declare(juror, case.file, note="CANARY-conflict")

    told = str(await selection.events())

    assert not any(secret in told for secret in (*case.secrets, "CANARY"))
