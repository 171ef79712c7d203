"""The jury's pages over HTTP: who is let in where, and that nobody reads there what the API would not show."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.desk import ALIA, BADR, CHAMA, STAFF, Desk, jury_desk, review, tell_of_a_jury
from tests.support.notifications import serving
from tests.support.selection import DECK
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with jury_desk(backbone, tmp_path_factory.mktemp("issuer")) as opened:
        await tell_of_a_jury(opened)
        yield opened


HOMES = [
    ("juror", "reviews"),
    ("staff", "juries"),
    ("staff juror", "reviews"),
    ("partner", "shortlists"),
    ("applicant", "result"),
]


@pytest.mark.parametrize(("roles", "home"), HOMES)
async def test_one_arrives_where_ones_work_is(desk: Desk, roles: str, home: str) -> None:
    async with desk.signed_in(roles, person=ALIA if "juror" in roles else STAFF) as client:
        arrived = await client.get(f"{desk.url}/jury/fr", follow_redirects=True)

    assert arrived.status_code == 200
    assert arrived.url.path == f"/jury/fr/{home}"


async def test_who_neither_judges_nor_deliberates_is_told_so(desk: Desk) -> None:
    async with desk.signed_in("coach") as client:
        refused = await client.get(desk.address("desk"))

    assert refused.status_code == 403
    assert "This page is not open to you" in refused.text


async def test_a_juror_finds_its_files_and_no_others(desk: Desk) -> None:
    mine = {each["id"] for each in await desk.selection.juror(ALIA).items("/reviews")}
    every = {each["id"] for each in await desk.selection.staff.items("/reviews", limit=200)}
    async with desk.signed_in("juror", person=ALIA) as client:
        page = await client.get(desk.address("reviews"))

    assert mine
    assert {each for each in every if each in page.text} == mine
    assert "Find water leaks" in page.text


async def test_staff_see_each_jury_with_its_progress(desk: Desk) -> None:
    async with desk.signed_in("staff", person=STAFF) as client:
        page = await client.get(desk.address("juries", "fr"))

    assert "Première édition" in page.text
    assert "jury à nommer" in page.text
    assert "<bdi>0</bdi> sur <bdi>10</bdi>" in page.text


async def test_a_juror_opens_no_review_but_its_own(desk: Desk) -> None:
    theirs = (await desk.selection.juror(BADR).items("/reviews"))[0]["id"]
    places = [f"reviews/{theirs}", f"reviews/{theirs}/submit", f"reviews/{theirs}/step-back"]
    places.append(f"reviews/{theirs}/attachments/{DECK.attachment_id}")
    async with desk.signed_in("juror", person=ALIA) as client:
        read = [(await client.get(desk.address(place))).status_code for place in places]
        written = await client.post(desk.address(f"reviews/{theirs}"), data={"version": "1", "comment": "Mine now."})
        handed_in = await client.post(desk.address(f"reviews/{theirs}/submit"), data={"revision": "1"})
        given_back = await client.post(desk.address(f"reviews/{theirs}/recuse"), data={"reason": "None of yours."})

    assert read == [404] * 4
    assert (written.status_code, handed_in.status_code, given_back.status_code) == (404, 404, 404)
    assert (await desk.selection.juror(BADR).get(f"/reviews/{theirs}")).json()["comment"] is None


async def test_what_is_saved_as_one_writes_takes_the_version_that_was_read(desk: Desk) -> None:
    mine = (await desk.selection.juror(ALIA).items("/reviews"))[0]["id"]
    async with desk.signed_in("juror", person=ALIA) as client:
        client.headers["Accept"] = "application/json"
        address = desk.address(f"reviews/{mine}")
        words = {"version": "1", "score.team": "7", "score.fit": "", "comment": "Copied \u202eout\u202c of a chat."}
        first = await client.post(address, data=words, headers={"If-Match": '"1"'})
        late = await client.post(address, data=words, headers={"If-Match": '"1"'})
        next_ = await client.post(
            address, data={**words, "score.team": ""}, headers={"If-Match": first.headers["ETag"]}
        )

    assert (first.status_code, first.json()["version"]) == (200, 2)
    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (412, "stale-version")
    assert next_.status_code == 200
    saved = (await desk.selection.juror(ALIA).get(f"/reviews/{mine}")).json()
    assert (saved["scores"], saved["comment"]) == ({}, "Copied out of a chat.")


async def test_a_form_that_can_t_be_kept_any_more_is_shown_with_its_words(desk: Desk) -> None:
    mine = (await desk.selection.juror(BADR).items("/reviews", state="assigned"))[0]
    await review(desk, BADR)
    async with desk.signed_in("juror", person=BADR) as client:
        refused = await client.post(
            desk.address(f"reviews/{mine['id']}"),
            data={"version": "9", "comment": "Too late.", "remark.team": "Too few.", "score.team": "4"},
        )

    assert refused.status_code in {409, 412}
    assert "Too late." in refused.text
    assert "Too few." in refused.text
    assert "This review takes no more words" in refused.text


async def test_a_file_in_conflict_is_closed_on_every_page(desk: Desk) -> None:
    mine = (await desk.selection.juror(CHAMA).items("/reviews"))[0]
    async with desk.signed_in("juror", person=CHAMA) as client:
        before = await client.get(desk.address(f"reviews/{mine['id']}"))
        startup = re.search(r"<h1><bdi>(.+?)</bdi></h1>", before.text)[1]  # type: ignore[index]
        form = {"application_id": mine["application_id"], "kind": "mentor", "note": "I advise them."}
        declared = await client.post(desk.address("interests"), data=form)
        after = [await client.get(desk.address(place)) for place in ("reviews", "interests", f"reviews/{mine['id']}")]

    assert declared.status_code == 303
    assert [page.status_code for page in after] == [200, 200, 404]
    assert not [page for page in after if startup in page.text]
    assert "I advise them." in after[1].text


async def test_an_attachment_is_fetched_in_the_juror_s_name_and_given_as_a_download(
    backbone: Backbone, tmp_path: Path
) -> None:
    asked: list[str] = []

    async def attachment(request: Request) -> Response:
        asked.append(request.headers["authorization"])
        return Response(b"%PDF-1.7", media_type="application/pdf", headers={"Content-Disposition": "inline"})

    at = "/api/applications/v1/applications/{application_id}/attachments/{attachment_id}"
    async with (
        serving(Starlette(routes=[Route(at, attachment)])) as applications,
        jury_desk(backbone, tmp_path, service_urls={"applications": applications}) as desk,
    ):
        await tell_of_a_jury(desk)
        mine = (await desk.selection.juror(ALIA).items("/reviews"))[0]["id"]
        async with desk.signed_in("juror", person=ALIA) as client:
            given = await client.get(desk.address(f"reviews/{mine}/attachments/{DECK.attachment_id}"))
            other = await client.get(desk.address(f"reviews/{mine}/attachments/{mine}"))

    assert (given.status_code, given.content, other.status_code) == (200, b"%PDF-1.7", 404)
    assert given.headers["Content-Disposition"] == "attachment"
    assert "sandbox" in given.headers["Content-Security-Policy"]
    assert len(asked) == 1
    assert asked[0].startswith("Bearer ey")


async def test_a_criterion_may_be_left_to_others_and_remarked_upon_and_a_whole_file_too(desk: Desk) -> None:
    mine, other = (await desk.selection.juror(ALIA).items("/reviews", state="assigned"))[:2]
    form = {"version": str(mine["version"]), "score.team": "abstain", "score.fit": "8", "remark.fit": "It fits."}
    async with desk.signed_in("juror", person=ALIA) as client:
        saved = await client.post(desk.address(f"reviews/{mine['id']}"), data=form)
        page = await client.get(desk.address(f"reviews/{mine['id']}"))
        gone = await client.post(desk.address(f"reviews/{other['id']}/abstain"), data={"reason": "Not my trade."})

    assert (saved.status_code, gone.status_code) == (303, 303)
    assert re.search(r'name="score.team" value="abstain" checked', page.text)
    assert "It fits.</textarea>" in page.text
    left = (await desk.selection.juror(ALIA).get(f"/reviews/{mine['id']}")).json()
    assert (left["scores"], left["abstained"], left["remarks"]) == ({"fit": 8}, ["team"], {"fit": "It fits."})
    assert (await desk.selection.juror(ALIA).get(f"/reviews/{other['id']}")).json()["could_not_judge"]


async def test_what_others_said_is_open_after_ones_own_review_only(desk: Desk) -> None:
    (done,) = await review(desk, ALIA)
    left = (await desk.selection.juror(ALIA).items("/reviews", state="assigned"))[0]["id"]
    async with desk.signed_in("juror", person=ALIA) as client:
        early = await client.get(desk.address(f"reviews/{left}/others"))
        open_ = await client.get(desk.address(f"reviews/{done}/others"))

    assert early.status_code == 403
    assert open_.status_code == 200
    others = await desk.selection.juror(ALIA).items(f"/reviews/{done}/others")
    assert open_.text.count('id="o-') == len(others)
