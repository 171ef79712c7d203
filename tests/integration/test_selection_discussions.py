"""The discussion of a file: after one's own review, under a letter, and with all that was said kept."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared.events import Forgotten
from tests.support.selection import PARIS, Applied, Caller, Season, Selection, people, selection_on, submission
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


class Table:
    """A file whose jurors reviewed it, and sit together about it."""

    def __init__(self, season: Season, jury: dict[str, Any], file: Applied, jurors: list[UUID]) -> None:
        self.season = season
        self.selection = season.selection
        self.jury = jury
        self.file = file
        self.jurors = jurors
        self.path = f"/juries/{jury['id']}/files/{file.application_id}/discussion"

    def juror(self, number: int) -> Caller:
        return self.selection.juror(self.jurors[number])

    async def review(self, number: int) -> dict[str, Any]:
        (review,) = await self.juror(number).items("/reviews", application=str(self.file.application_id))
        return review

    async def submit(self, number: int, score: int) -> None:
        answer = await self.juror(number).post(
            f"/reviews/{(await self.review(number))['id']}/submit", submission(score=score)
        )
        assert answer.status_code == 200, answer.text

    async def say(self, number: int, words: str) -> Any:
        return await self.juror(number).post(f"{self.path}/messages", {"words": words})

    async def revisit(self, number: int, **changes: Any) -> Any:
        body = {"revision": 1, "scores": {"team": 2}, "reason": "You convinced me.", **changes}
        return await self.juror(number).post(f"/reviews/{(await self.review(number))['id']}/revisit", body)

    async def voice(self, number: int) -> str:
        voice: str = (await self.juror(number).get(self.path)).json()["voice"]
        return voice


async def seated(selection: Selection, *, jurors: int = 3, phase: str = "discussing", **changes: Any) -> Table:
    season = Season(selection)
    challenge = await season.challenge()
    sitting = people(jurors)
    jury = await season.jury(challenge, sitting, k=jurors, **changes)
    table = Table(season, jury, await season.application(challenge), sitting)
    await season.assign(jury)
    for number in range(jurors):
        await table.submit(number, score=5 + number)
    await season.open(jury, phase)
    return table


def slug(answer: Any) -> str:
    found: str = answer.json()["type"].rpartition("/")[2]
    return found


async def test_those_who_reviewed_a_file_talk_about_it_under_letters(selection: Selection) -> None:
    table = await seated(selection, blind="both")
    said = await table.say(0, "Who pays for the sensors?")
    await table.say(1, "The partner does.")
    await selection.staff.post(f"{table.path}/messages", {"words": "We asked them."})

    messages = await table.juror(0).items(f"{table.path}/messages")
    discussion = (await table.juror(0).get(table.path)).json()

    assert said.status_code == 201
    assert "sensors" not in said.text
    assert [one["words"] for one in messages] == ["Who pays for the sensors?", "The partner does.", "We asked them."]
    assert [one["voice"] for one in messages] == [await table.voice(0), await table.voice(1), "staff"]
    assert [one["mine"] for one in messages] == [True, False, False]
    assert [one["voice"] for one in discussion["reviews"]] == ["A", "B", "C"]
    assert discussion["posts"] is True


async def test_in_a_blind_round_no_answer_tells_who_is_behind_a_letter(selection: Selection) -> None:
    table = await seated(selection, jurors=2, blind="both")
    await table.say(1, "Not me.")
    own = f"/reviews/{(await table.review(0))['id']}"

    answers = [
        (await table.juror(0).get(path)).text
        for path in (table.path, f"{table.path}/messages", "/reviews", own, f"{own}/others")
    ]

    assert sorted([await table.voice(0), await table.voice(1)]) == ["A", "B"]
    for answer in answers:
        assert str(table.jurors[1]) not in answer


async def test_no_juror_is_told_who_another_is_and_staff_always_are(selection: Selection) -> None:
    openly, blindly = await seated(selection), await seated(selection, blind="both")

    async def named(caller: Caller, table: Table) -> set[str | None]:
        return {one["person_id"] for one in (await caller.get(table.path)).json()["reviews"]}

    assert await named(openly.juror(0), openly) == {None}
    assert await named(blindly.juror(0), blindly) == {None}
    assert await named(selection.staff, blindly) == {str(juror) for juror in blindly.jurors}


async def test_nobody_enters_before_their_own_review_or_outside_of_the_phase(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    table = Table(season, *(await _not_yet_reviewed(season, challenge)))
    await table.submit(0, 7)

    unopened = await table.say(0, "Is anybody there?")
    await season.open(table.jury, "discussing")
    entered = await table.juror(0).get(table.path)
    too_early = await table.juror(1).get(table.path)
    as_staff = await selection.as_("staff", "juror", person=table.jurors[1]).get(table.path)
    stranger = await selection.juror(people(1)[0]).get(table.path)
    await season.open(table.jury, "deliberating")
    late, read = await table.say(0, "One more thing."), await table.juror(0).get(f"{table.path}/messages")

    assert (unopened.status_code, slug(unopened)) == (409, "phase-not-open")
    assert entered.status_code == 200
    assert (too_early.status_code, slug(too_early)) == (403, "state-not-permitted")
    assert (as_staff.status_code, slug(as_staff)) == (403, "still-judging")
    assert stranger.status_code == 404
    assert (late.status_code, slug(late), read.status_code) == (409, "phase-not-open", 200)


async def _not_yet_reviewed(season: Season, challenge: UUID) -> tuple[dict[str, Any], Applied, list[UUID]]:
    sitting = people(2)
    jury = await season.jury(challenge, sitting, k=2)
    file = await season.application(challenge)
    await season.assign(jury)
    return jury, file, sitting


async def test_a_conflict_ends_the_discussion_for_its_juror_as_if_there_were_none(selection: Selection) -> None:
    table = await seated(selection)
    await table.say(0, "Before.")
    conflict = {"application_id": str(table.file.application_id), "kind": "family"}
    await table.juror(1).post("/conflicts", conflict)
    elsewhere = f"/juries/{table.jury['id']}/files/{UUID(int=7)}/discussion"

    barred = [await table.juror(1).get(path) for path in (table.path, f"{table.path}/messages")]
    nothing = await table.juror(1).get(elsewhere)

    assert [answer.status_code for answer in barred] == [404, 404]
    assert barred[0].json()["detail"] == nothing.json()["detail"]
    assert (await table.say(1, "After.")).status_code == 404
    assert len((await table.juror(0).get(table.path)).json()["reviews"]) == 2


async def test_an_opinion_is_given_on_anothers_review_and_the_last_one_counts(selection: Selection) -> None:
    table = await seated(selection)
    about, own = await table.voice(1), await table.voice(0)
    path = f"{table.path}/opinions"

    first = await table.juror(0).post(path, {"about": about, "stance": "unclear", "reason": "What of the cost?"})
    await table.juror(0).post(path, {"about": about, "stance": "disagree", "reason": "It costs too much."})
    of_own = await table.juror(0).post(path, {"about": own, "stance": "agree"})
    of_nobody = await table.juror(0).post(path, {"about": "ZZ", "stance": "agree"})
    seen = {one["voice"]: one for one in (await table.juror(2).get(table.path)).json()["reviews"]}

    assert first.status_code == 201
    assert "cost" not in first.text
    assert [(one["voice"], one["stance"], one["reason"]) for one in seen[about]["opinions"]] == [
        (own, "disagree", "It costs too much.")
    ]
    assert [(answer.status_code, slug(answer)) for answer in (of_own, of_nobody)] == [(422, "no-such-voice")] * 2
    told = [value for kind, value in await selection.events(table.file.application_id) if kind == "opinion.given"]
    assert [value["stance"] for value in told] == ["unclear", "disagree"]


async def test_a_juror_thinks_again_and_both_scores_are_kept(selection: Selection) -> None:
    table = await seated(selection, jurors=2)

    revisited = await table.revisit(0)
    same = await table.revisit(0, scores={"team": 2})
    wordless = await table.juror(0).post(
        f"/reviews/{(await table.review(0))['id']}/revisit", {"revision": 1, "scores": {"team": 3}}
    )
    seen = {one["voice"]: one for one in (await table.juror(1).get(table.path)).json()["reviews"]}
    mine = seen[await table.voice(0)]

    assert (revisited.status_code, slug(same), wordless.status_code) == (200, "nothing-revisited", 422)
    assert mine["scores"] == {**dict.fromkeys(PARIS, 5), "team": 2}
    ((kept),) = mine["revisits"]
    assert (kept["scores_before"]["team"], kept["scores"]["team"], kept["reason"]) == (5, 2, "You convinced me.")
    ((_, told),) = [one for one in await selection.events(table.file.application_id) if one[0] == "review.revisited"]
    assert (told["scores_before"]["team"], told["scores"]["team"]) == (5, 2)
    await table.season.open(table.jury, "deliberating")
    (line,) = (await table.season.rank(table.jury))["files"]
    assert line["score"] == pytest.approx((44 + 60) / 2)


async def test_scores_are_thought_over_while_it_is_discussed_only(selection: Selection) -> None:
    reviewing = await seated(selection, jurors=1, phase="reviewing")
    deliberating = await seated(selection, jurors=1, phase="deliberating")

    refused = [await table.revisit(0) for table in (reviewing, deliberating)]

    assert [slug(answer) for answer in refused] == ["phase-not-open"] * 2


async def test_what_was_said_is_not_changed_by_the_service_itself_and_can_be_forgotten(selection: Selection) -> None:
    table = await seated(selection, jurors=2)
    await table.say(0, "CANARY of one.")
    await table.say(1, "CANARY of the other.")
    await table.juror(0).post(
        f"{table.path}/opinions", {"about": await table.voice(1), "stance": "agree", "reason": "CANARY of an opinion."}
    )
    await table.revisit(0, reason="CANARY of a revisit.")
    for statement in (
        "UPDATE discussion_message SET words = 'Never said.'",
        "UPDATE opinion SET stance = 'agree'",
        "UPDATE revisit SET scores_before = '{}'",
        "DELETE FROM discussion_message",
    ):
        with pytest.raises(ProgrammingError, match="append-only"):
            await selection.sql(statement)

    await selection.hear(Forgotten("people.v1", str(table.jurors[0])))
    left = await table.juror(1).items(f"{table.path}/messages")
    reviews = (await table.juror(1).get(table.path)).text

    assert [one["words"] for one in left] == [None, "CANARY of the other."]
    assert "CANARY" not in reviews
    await selection.hear(table.file.forgotten())
    for name in ("discussion_message", "opinion", "revisit"):
        rows = await selection.sql(f"SELECT words FROM {name} WHERE application_id = :id", id=table.file.application_id)
        assert {row.words for row in rows} == {None}
    assert "CANARY" not in str(await selection.events(table.file.application_id))


async def test_forgetting_counts_on_under_the_trigger(selection: Selection) -> None:
    table = await seated(selection, jurors=1)
    await table.say(0, "Gone soon.")

    async with selection.app.state.works.engine.begin() as connection:
        await connection.execute(text("UPDATE discussion_message SET words = NULL, version = version + 1"))

    ((one),) = await table.juror(0).items(f"{table.path}/messages")
    assert one["words"] is None
