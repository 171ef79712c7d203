"""Ties that bind a juror to a file close it at once, and only a person opens it again."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.selection.views.seen import file_seen, names_seen
from shared.database import new_id
from shared.events import Forgotten
from shared.events.forgettable import PEOPLE_TOPIC
from tests.support.selection import Applied, Caller, Season, Selection, people, selection_on, submission
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


class Case:
    """Two jurors, a file, and whatever they and its team state."""

    def __init__(
        self, season: Season, challenge: UUID, jury: dict[str, Any], file: Applied, jurors: list[UUID]
    ) -> None:
        self.selection = season.selection
        self.season = season
        self.challenge = challenge
        self.jury = jury
        self.file = file
        self.bound, self.free = jurors

    @property
    def juror(self) -> Caller:
        return self.selection.juror(self.bound)

    @property
    def team(self) -> Caller:
        return self.selection.as_("applicant", person=self.file.lead_id)

    @property
    def ties_of_team(self) -> str:
        return f"/candidates/{self.file.application_id}/ties"

    async def bind(self) -> dict[str, Any]:
        """The juror works for whom the team calls its shareholder; what staff see of it."""
        assert (await state(self.juror, tie("employer", "Atlas Capital"))).status_code == 200
        answer = await self.team.put(self.ties_of_team, {"ties": [tie("shareholder", "ATLAS Capital S.A.")]}, version=0)
        assert answer.status_code == 200, answer.text
        return await self.conflict()

    async def conflict(self) -> dict[str, Any]:
        (found,) = await self.selection.staff.items("/conflicts", juror=str(self.bound))
        return found

    async def sees(self) -> bool:
        return bool(await self.juror.items("/candidates", challenge=str(self.challenge)))

    async def told(self) -> list[str]:
        events = await self.selection.events(self.file.application_id)
        return [kind for kind, _ in events if kind.startswith("conflict.")]


async def a_case(selection: Selection, **changes: Any) -> Case:
    season = Season(selection)
    challenge = await season.challenge()
    jurors = people(2)
    jury = await season.jury(challenge, jurors)
    file = await season.application(challenge, **changes)
    return Case(season, challenge, jury, file, jurors)


def tie(kind: str, organisation: str, **changes: Any) -> dict[str, Any]:
    return {"kind": kind, "organisation": organisation, **changes}


async def state(juror: Caller, *ties: dict[str, Any], version: int = 0, **changes: Any) -> Any:
    return await juror.put("/jurors/me/interests", {"ties": list(ties), **changes}, version=version)


async def decide(case: Case, conflict: dict[str, Any], to: str, **changes: Any) -> Any:
    body = {"reason": "They left years ago.", **changes}
    return await case.selection.staff.post(f"/conflicts/{conflict['id']}/{to}", body)


async def test_the_same_organisation_stated_by_juror_and_team_closes_the_file_until_a_person_looks(
    selection: Selection,
) -> None:
    case = await a_case(selection)
    assert await case.sees()

    conflict = await case.bind()

    assert (conflict["state"], conflict["pinned"], conflict["kind"]) == ("proposed", False, "employer")
    assert conflict["evidence"] == [
        [
            {"tie": "employer", "source": "self", "organisation": "Atlas Capital"},
            {"tie": "shareholder", "source": "self", "organisation": "ATLAS Capital S.A."},
        ]
    ]
    assert not await case.sees()
    assigned = await case.season.assign(case.jury)
    assert [review["juror_id"] for review in assigned["reviews"]] == [str(case.free)]

    assert (await decide(case, conflict, "dismiss")).status_code == 200

    assert await case.told() == ["conflict.inferred", "conflict.dismissed"]
    assert (await case.conflict())["reason"] == "They left years ago."
    # A second look finds the same ties, which were found not to matter.
    await selection.staff.patch(f"/juries/{case.jury['id']}", {"reviews_per_file": 2}, version=2)
    assert len((await case.season.assign(case.jury))["reviews"]) == 2


async def test_a_juror_is_shown_its_conflict_and_nothing_of_the_team_s_ties(selection: Selection) -> None:
    case = await a_case(selection)
    await case.bind()

    (mine,) = await case.juror.items("/conflicts")

    assert (mine["state"], mine["evidence"], mine["decided_by"]) == ("proposed", None, None)
    assert await selection.juror(case.free).items("/conflicts") == []


async def test_taking_an_interest_back_clears_nobody(selection: Selection) -> None:
    case = await a_case(selection)
    await case.bind()

    answer = await state(case.juror, version=1)

    assert answer.json()["ties"] == []
    assert (await case.conflict())["state"] == "proposed"
    assert not await case.sees()


async def test_new_ties_are_proposed_again_after_a_dismissal_and_not_after_a_pin(selection: Selection) -> None:
    case = await a_case(selection)
    await decide(case, await case.bind(), "dismiss")
    assert await case.sees()

    both = [tie("employer", "Atlas Capital"), tie("mentor", "Ville Claire")]
    await state(case.juror, *both, version=1)

    assert not await case.sees()
    again = await case.conflict()
    assert (again["state"], len(again["evidence"])) == ("proposed", 2)
    assert (await decide(case, again, "dismiss", pin=True)).json()["pinned"] is True
    await state(case.juror, *both, tie("shareholder", "Ville Claire"), version=2)
    assert await case.sees()
    assert await case.told() == ["conflict.inferred", "conflict.dismissed"] * 2


async def test_a_pinned_conflict_bars_without_any_tie_and_a_pinned_non_conflict_against_all(
    selection: Selection,
) -> None:
    case = await a_case(selection)
    pin = {"juror_id": str(case.bound), "application_id": str(case.file.application_id), "reason": "Told by phone."}

    pinned = await selection.staff.post("/conflicts/pins", {**pin, "in_conflict": True})

    assert (pinned.status_code, pinned.json()["state"], pinned.json()["pinned"]) == (201, "confirmed", True)
    assert not await case.sees()
    assert (await selection.staff.post("/conflicts/pins", {**pin, "in_conflict": True})).status_code == 409
    assert (await selection.staff.post("/conflicts/pins", {**pin, "in_conflict": False})).status_code == 201
    await case.bind()
    assert await case.sees()


async def test_what_the_juror_declares_goes_before_what_anybody_found(selection: Selection) -> None:
    case = await a_case(selection)
    conflict = await case.bind()
    await decide(case, conflict, "dismiss", pin=True)

    declared = await case.juror.post(
        "/conflicts", {"application_id": str(case.file.application_id), "kind": "shareholder"}
    )

    assert (declared.status_code, declared.json()["id"], declared.json()["state"]) == (201, conflict["id"], "declared")
    for to in ("confirm", "dismiss"):
        refused = await decide(case, conflict, to)
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "conflict-settled")
    assert (await case.told())[-1] == "conflict.declared"


async def test_nobody_decides_on_a_conflict_of_its_own_or_of_a_file_in_conflict_with_it(selection: Selection) -> None:
    case = await a_case(selection)
    conflict = await case.bind()
    involved = [
        selection.as_("staff", "juror", person=case.bound),
        selection.as_("staff", person=case.file.lead_id),
    ]

    for caller in involved:
        for to in ("confirm", "dismiss"):
            answer = await caller.post(f"/conflicts/{conflict['id']}/{to}", {"reason": "I know them well."})
            assert answer.status_code == 404
    assert await involved[1].items("/conflicts", juror=str(case.bound)) == []
    assert await involved[1].items("/ties", application=str(case.file.application_id)) == []
    mine = {"challenge_id": str(case.challenge), "juror_id": str(case.bound), "reason": "It is only me."}
    assert (await involved[0].post("/waivers", mine)).status_code == 403


async def test_whoever_works_for_the_partner_is_not_seated_unless_that_is_waived(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge(partner="lydec")
    (juror,) = people(1)
    file = await season.application(challenge)
    await state(selection.juror(juror), tie("employer", "Lydec"))
    body = {"challenge_id": str(challenge), "juror_ids": [str(juror)], "reviews_per_file": 1}

    refused = await selection.staff.post("/juries", body)
    waived = await selection.staff.post(
        "/waivers", {"challenge_id": str(challenge), "juror_id": str(juror), "reason": "One seat is the partner's."}
    )
    appointed = await selection.staff.post("/juries", body)

    assert (refused.status_code, refused.json()["jurors"]) == (409, [str(juror)])
    assert (waived.status_code, appointed.status_code) == (201, 201)
    assert appointed.json()["in_conflict"] == []
    assert len((await season.assign(appointed.json()))["reviews"]) == 1
    assert [kind for kind, _ in await selection.events(file.application_id)] == ["review.assigned"]


async def test_a_waiver_opens_what_that_tie_alone_had_closed(selection: Selection) -> None:
    case = await a_case(selection)
    await state(case.juror, tie("shareholder", "LYDEC"), tie("mentor", "Other Startup"))
    other = await case.season.application(case.challenge, startup="Other Startup")
    jury = (await selection.staff.get(f"/juries/{case.jury['id']}")).json()
    assert jury["in_conflict"] == [{"juror_id": str(case.bound), "files": 2, "of": 2}]

    await selection.staff.post(
        "/waivers", {"challenge_id": str(case.challenge), "juror_id": str(case.bound), "reason": "A single share."}
    )

    states = {one["application_id"]: one["state"] for one in await selection.staff.items("/conflicts", jury=jury["id"])}
    assert states == {str(case.file.application_id): "dismissed", str(other.application_id): "proposed"}


async def test_a_sign_in_that_vouches_for_the_partner_hides_its_files_and_is_noted_at_the_first_word(
    selection: Selection,
) -> None:
    case = await a_case(selection)
    await case.season.assign({**case.jury})
    (review,) = await selection.staff.items("/reviews", jury=case.jury["id"])
    reader = selection.as_("juror", person=UUID(review["juror_id"]), organisation="lydec")

    assert (await reader.get(f"/reviews/{review['id']}")).status_code == 404
    assert (await reader.patch(f"/reviews/{review['id']}", {"scores": {}}, version=1)).status_code == 404
    assert (await state(reader)).json()["ties"][0]["source"] == "claim"

    (conflict,) = await selection.staff.items("/conflicts", juror=review["juror_id"])
    assert [step["tie"] for step in conflict["evidence"][0]] == ["employer", "partner"]
    await decide(case, conflict, "dismiss")
    assert (await reader.get(f"/reviews/{review['id']}")).status_code == 200


async def test_a_mentor_whom_staff_know_of_binds_its_colleagues(selection: Selection) -> None:
    case = await a_case(selection)
    (mentor,) = people(1)
    await state(case.juror, tie("employer", "Holcim"))
    await case.team.put(case.ties_of_team, {"ties": [{"kind": "mentor", "person_id": str(mentor)}]}, version=0)
    assert await case.sees()

    noted = await selection.staff.post(
        "/ties", {"kind": "employer", "organisation": "Holcim Group", "of_person_id": str(mentor)}
    )

    assert noted.status_code == 201
    assert "Holcim" not in noted.text
    assert [step["tie"] for step in (await case.conflict())["evidence"][0]] == ["employer", "employer", "mentor"]
    removed = await selection.staff.delete(f"/ties/{noted.json()['id']}", version=noted.json()["version"])
    assert removed.status_code == 204
    assert not await case.sees()


async def test_what_comes_to_light_after_a_review_waits_for_a_person_before_the_ranking(selection: Selection) -> None:
    case = await a_case(selection)
    await selection.staff.patch(f"/juries/{case.jury['id']}", {"reviews_per_file": 2}, version=1)
    for review in (await case.season.assign(case.jury))["reviews"]:
        await selection.juror(UUID(review["juror_id"])).post(
            f"/reviews/{review['review_id']}/submit", submission(score=9 if review["juror_id"] == str(case.free) else 1)
        )
    conflict = await case.bind()

    refused = await selection.staff.post(f"/juries/{case.jury['id']}/ranking", {"method": "weighted-mean/1"})
    await decide(case, conflict, "confirm")
    ranking = await case.season.rank(case.jury)

    assert (refused.status_code, refused.json()["conflicts"]) == (409, [conflict["id"]])
    # Set aside: it counts neither for nor against.
    assert [(line["score"], line["reviews"]) for line in ranking["files"]] == [(90.0, 1)]
    (aside,) = await selection.sql("SELECT scores FROM review WHERE juror_id = :juror", juror=case.bound)
    assert set(aside.scores.values()) == {1}


async def test_a_proposed_conflict_takes_no_words_from_a_review_that_is_being_written(selection: Selection) -> None:
    case = await a_case(selection)
    await selection.staff.patch(f"/juries/{case.jury['id']}", {"reviews_per_file": 2}, version=1)
    await case.season.assign(case.jury)
    (review,) = await case.juror.items("/reviews")
    await case.juror.patch(f"/reviews/{review['id']}", {"note": "Half a thought"}, version=1)

    conflict = await case.bind()

    assert (await case.juror.get(f"/reviews/{review['id']}")).status_code == 404
    await decide(case, conflict, "dismiss")
    assert (await case.juror.get(f"/reviews/{review['id']}")).json()["note"] == "Half a thought"


async def test_the_database_itself_shows_a_juror_no_file_that_ties_close(selection: Selection) -> None:
    case = await a_case(selection)
    await selection.staff.patch(f"/juries/{case.jury['id']}", {"reviews_per_file": 2}, version=1)
    await case.season.assign(case.jury)
    (review,) = await case.juror.items("/reviews")

    async def seen() -> tuple[int, bool]:
        async with selection.app.state.works.begin(read_only=True) as work:
            names = await names_seen(work.session, [case.file.application_id], person_id=case.bound)
            file = await file_seen(work.session, UUID(review["id"]), 1, person_id=case.bound)
        return len(names), file is not None

    assert await seen() == (1, True)
    conflict = await case.bind()
    assert await seen() == (0, False)
    await decide(case, conflict, "dismiss")
    assert await seen() == (1, True)


async def test_a_file_that_comes_later_meets_the_ties_that_are_there(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    (juror,) = people(1)
    await season.jury(challenge, [juror])
    await state(selection.juror(juror), tie("mentor", "Flux Fictif"))

    file = await season.application(challenge, startup="Flux fictif SARL")

    (conflict,) = await selection.staff.items("/conflicts", juror=str(juror))
    assert conflict["application_id"] == str(file.application_id)
    assert await selection.juror(juror).items("/candidates") == []


async def test_only_a_member_states_the_ties_of_a_team(selection: Selection) -> None:
    case = await a_case(selection)
    body = {"ties": [tie("employer", "Someone")]}

    for caller in (selection.as_("applicant"), selection.juror(case.free)):
        answers = [await caller.put(case.ties_of_team, body, version=0), await caller.get(case.ties_of_team)]
        assert {answer.status_code for answer in answers} <= {403, 404}
    assert (await case.team.put(case.ties_of_team, body, version=0)).status_code == 200
    assert (await case.team.put(case.ties_of_team, body, version=0)).status_code == 412
    assert (await case.team.get(case.ties_of_team)).json()["ties"][0]["organisation"] == "Someone"


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "friend", "organisation": "A"},
        {"kind": "mentor"},
        {"kind": "mentor", "organisation": "A", "person_id": str(UUID(int=1))},
        {"kind": "mentor", "person_id": str(UUID(int=1)), "registration": "12"},
    ],
)
async def test_a_tie_is_of_a_kind_and_to_one(selection: Selection, wrong: dict[str, Any]) -> None:
    assert (await state(selection.juror(new_id()), wrong)).status_code == 422


async def test_ties_tell_kinds_and_never_names(selection: Selection) -> None:
    case = await a_case(selection)

    await case.bind()

    events = await selection.sql("SELECT convert_from(value, 'utf8') AS value FROM event_log")
    assert not any("atlas" in event.value.lower() for event in events)


async def test_forgetting_erases_ties_and_leaves_the_conflict(selection: Selection) -> None:
    case = await a_case(selection)
    await case.bind()
    await state(case.juror, tie("employer", "Atlas Capital"), competences=["water"], version=1)

    await selection.hear(Forgotten(PEOPLE_TOPIC, str(case.bound)))
    await selection.hear(case.file.forgotten())

    left = await selection.sql(
        "SELECT person_id, application_id FROM interest WHERE person_id = :juror OR application_id = :file "
        "UNION ALL SELECT person_id, NULL FROM statement WHERE person_id = :juror",
        juror=case.bound,
        file=case.file.application_id,
    )
    assert left == []
    assert (await case.conflict())["state"] == "proposed"
