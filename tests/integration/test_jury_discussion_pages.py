"""The discussion of a file, by forms alone: after one's own review, under letters, and with the first scores kept."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.desk import ALIA, BADR, CHAMA, STAFF, WATER, Desk, jury_desk
from tests.support.selection import Season, submission
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with jury_desk(backbone, tmp_path_factory.mktemp("issuer")) as opened:
        yield opened


async def test_reviewers_talk_under_letters_judge_each_other_s_reviews_and_think_again(desk: Desk) -> None:
    season = Season(desk.selection)
    challenge = await season.challenge(title=WATER)
    jury = await season.jury(challenge, [ALIA, BADR], k=2, blind="both")
    await season.application(challenge)
    await season.assign(jury)
    await season.open(jury, "reviewing")
    (mine,), (theirs,) = [await desk.selection.juror(juror).items("/reviews") for juror in (ALIA, BADR)]
    for juror, review, score in ((ALIA, mine, 7), (BADR, theirs, 4)):
        await desk.selection.juror(juror).post(f"/reviews/{review['id']}/submit", submission(score=score))
    place = f"reviews/{mine['id']}/discussion"
    path = f"/juries/{jury['id']}/files/{mine['application_id']}/discussion"

    async with desk.signed_in("juror", person=ALIA) as client:
        early = await client.get(desk.address(place))
        await season.open(jury, "discussing")
        before = await client.get(desk.address(f"reviews/{mine['id']}"))
        letters = {one["mine"]: one["voice"] for one in (await desk.selection.juror(ALIA).get(path)).json()["reviews"]}
        said = await client.post(desk.address(place), data={"words": "Who pays for <b>sensors</b>?"})
        silent = await client.post(desk.address(place), data={"words": " "})
        opinion = {"about": letters[False], "stance": "disagree", "reason": "It is cheaper than that."}
        opined = await client.post(desk.address(f"{place}/opinions"), data=opinion)
        of_oneself = await client.post(desk.address(f"{place}/opinions"), data={**opinion, "about": letters[True]})
        same = {"revision": "1", "score.team": "7", "score.fit": "7", "reason": "I think so still."}
        unchanged = await client.post(desk.address(f"reviews/{mine['id']}/revisit"), data=same)
        again = await client.post(
            desk.address(f"reviews/{mine['id']}/revisit"),
            data={**same, "score.team": "5", "score.fit": "abstain", "reason": "You convinced me."},
        )
        otherwise = {**same, "score.team": "3", "score.fit": "abstain", "score.data": "11"}
        wrong = await client.post(desk.address(f"reviews/{mine['id']}/revisit"), data=otherwise)
        page = await client.get(desk.address(place))
        other = await client.get(desk.address(f"reviews/{theirs['id']}/discussion"))
    async with desk.signed_in("juror", person=CHAMA) as client:
        stranger = await client.get(desk.address(place))
    async with desk.signed_in("staff", person=STAFF) as client:
        file = await client.get(desk.address(f"juries/{jury['id']}/files/{mine['application_id']}"))
        as_staff = await client.post(desk.address(place), data={"words": "The partner does."})
        read_by_staff = await client.get(desk.address(place, "ar"))

    assert (early.status_code, other.status_code, stranger.status_code) == (409, 404, 404)
    assert f'href="/jury/en/{place}"' in before.text
    assert (said.status_code, opined.status_code, again.status_code, as_staff.status_code) == (303, 303, 303, 303)
    assert (silent.status_code, of_oneself.status_code, unchanged.status_code) == (422, 422, 409)
    assert wrong.status_code == 422
    chosen = dict(re.findall(r'name="score\.(\w+)" value="(\w+)" checked', wrong.text))
    assert chosen == {"team": "3", "fit": "abstain"}, "what was chosen, and what was not sent stays open"
    assert "I think so still." in wrong.text
    assert "These are the scores you gave already" in unchanged.text
    assert "Who pays for &lt;b&gt;sensors&lt;/b&gt;?" in page.text
    assert "It is cheaper than that." in page.text
    assert "You convinced me." in page.text
    assert str(BADR)[-8:] not in page.text
    kept = (await desk.selection.juror(ALIA).get(f"/reviews/{mine['id']}")).json()
    assert (kept["scores"]["team"], kept["abstained"]) == (5, ["fit"])
    assert "/discussion" in file.text
    assert "The partner does." in read_by_staff.text
    assert str(BADR)[-8:] in read_by_staff.text


async def test_a_juror_sees_word_by_word_what_the_team_changed_since_the_revision_that_was_read(desk: Desk) -> None:
    season = Season(desk.selection)
    challenge = await season.challenge(title=WATER)
    jury = await season.jury(challenge, [CHAMA])
    file = await season.application(challenge, summary="We listen to pipes at night.")
    await season.assign(jury)
    (mine,) = await desk.selection.juror(CHAMA).items("/reviews", application=str(file.application_id))
    place = f"reviews/{mine['id']}"
    async with desk.signed_in("juror", person=CHAMA) as client:
        saved = await client.post(desk.address(place), data={"version": str(mine["version"]), "revision": "1"})
        before = await client.get(desk.address(place))
        await desk.selection.hear(file.revised(), file.dossier(2, summary="We listen to <pipes> by day."))
        after = await client.get(desk.address(place))
        changes = await client.get(desk.address(f"{place}/changes"))
    async with desk.signed_in("juror", person=ALIA) as client:
        stranger = await client.get(desk.address(f"{place}/changes"))

    assert (saved.status_code, stranger.status_code) == (303, 404)
    assert f"{place}/changes" not in before.text
    assert f'href="/jury/en/{place}/changes"' in after.text
    assert "<del>" in changes.text
    assert re.search(r"<ins>[^<]*day", changes.text)
    assert "<pipes>" not in changes.text
