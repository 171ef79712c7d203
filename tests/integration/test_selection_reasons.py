"""Applicants are told why in words that a person signed, once results are published, and nobody who wrote them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest_asyncio

from shared.database import new_id
from shared.events import Forgotten, Person
from tests.support.selection import Applied, Season, Selection, people, selection_on, submission
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


async def test_who_is_not_selected_gets_signed_reasons_and_nothing_is_published_without_them(
    selection: Selection,
) -> None:
    season, file, draft = await judged(selection, "Le plan est clair.", "The data is missing, say more about it.")
    path, lead = f"/decisions/{draft['id']}", selection.as_("applicant", person=file.lead_id)
    approve = {"digest": draft["approval"]["digest"]}

    approved = await selection.staff.post(f"{path}/approvals", approve)
    published = await selection.staff.post(f"{path}/publish", {"version": draft["version"]})
    (reasons,) = await selection.staff.items(f"{path}/reasons", unsigned=True)
    await season.publish(draft)
    (mine,) = await lead.items("/results/mine")

    for refused in (approved, published):
        assert (refused.status_code, slug(refused)) == (409, "reasons-unsigned")
        assert refused.json()["files"] == [str(file.application_id)]
    assert {one["text"]: one["language"] for one in reasons["passages"]} == {
        "Le plan est clair.": "fr",
        "The data is missing, say more about it.": "en",
    }
    assert (reasons["outcome"], reasons["signed_at"], reasons["edited"]) == ("not-selected", None, False)
    assert mine["reasons"] == [{k: one[k] for k in ("text", "language", "criterion")} for one in reasons["passages"]]
    assert (await selection.staff.items(f"{path}/reasons", unsigned=True)) == []


async def test_a_name_of_the_jury_is_found_though_nobody_here_holds_it(selection: Selection) -> None:
    juror, stranger = people(2)
    for person, name in ((juror, "Amina Bérrada"), (stranger, "Plan Mesuré")):
        await selection.hear(Person(person_id=person, name=name, email=f"{person}@example.org"))
    said = "Le plan mesuré convainc. Signé : Berrada."
    season, file, draft = await judged(selection, said, jurors=[juror])
    path = f"/decisions/{draft['id']}/reasons/{file.application_id}"

    seen = (await selection.staff.get(path)).json()
    refused = await selection.staff.post(f"{path}/sign", {"digest": seen["digest"]})
    changed = await selection.staff.put(
        path, {"passages": [{"text": "Le plan mesuré convainc.", "language": "fr"}]}, version=seen["version"]
    )
    stale = await selection.staff.post(f"{path}/sign", {"digest": seen["digest"], "despite_hints": True})
    signed = await selection.staff.post(f"{path}/sign", {"digest": changed.json()["digest"]})
    again = await selection.staff.post(f"{path}/sign", {"digest": changed.json()["digest"]})

    (hint,) = seen["passages"][0]["hints"]
    assert (said[hint["start"] : hint["end"]], hint["hint"]) == ("Berrada", "name")
    assert (refused.status_code, slug(refused), refused.json()["hints"]) == (409, "leaks-suspected", ["name"])
    assert (changed.json()["edited"], changed.json()["passages"][0]["hints"]) == (True, [])
    assert (stale.status_code, signed.status_code, slug(again)) == (412, 200, "already-signed")
    held = await selection.sql("SELECT words FROM name_print WHERE id = :id", id=juror)
    assert "berrada" not in str(held).casefold()
    # What the juror wrote stays as it was written.
    (review,) = await selection.juror(juror).items("/reviews")
    assert (await selection.juror(juror).get(f"/reviews/{review['id']}")).json()["comment"] == said
    await season.publish(draft)
    (mine,) = await selection.as_("applicant", person=file.lead_id).items("/results/mine")
    assert mine["comments"] == ["Le plan mesuré convainc."]
    await selection.hear(Forgotten("people.v1", str(juror)))
    assert await selection.sql("SELECT words FROM name_print WHERE id = :id", id=juror) == []


async def test_changed_reasons_wait_for_a_signature_again_and_void_approvals(selection: Selection) -> None:
    season, file, draft = await judged(selection, "Trop tôt.")
    await season.approve(draft)
    path = f"/decisions/{draft['id']}/reasons/{file.application_id}"
    seen = (await selection.staff.get(path)).json()

    changed = await selection.staff.put(
        path, {"passages": [{"text": "Bien trop tôt.", "language": "fr"}]}, version=seen["version"]
    )
    after = (await selection.staff.get(f"/decisions/{draft['id']}")).json()

    assert (changed.json()["signed_at"], after["approval"]["missing"]) == (None, 2)
    assert {one["voided_because"] for one in after["approval"]["given"]} == {"reasons-changed"}
    told = [kind for kind, _ in await selection.events(UUID(draft["id"]))]
    assert told[-2:] == ["decisions.changed", "decisions.approvals-voided"]
    assert "trop" not in str(await selection.events(UUID(draft["id"])))


async def test_proposing_anew_keeps_what_was_signed_of_the_same_words(selection: Selection) -> None:
    season, _, draft = await judged(selection, "Trop tôt.")
    await season.sign(draft)

    fresh = (await season.propose(capacity=0, reserves=0)).json()
    (kept,) = await selection.staff.items(f"/decisions/{fresh['id']}/reasons")

    assert kept["signed_at"] is not None
    assert await selection.staff.items(f"/decisions/{draft['id']}/reasons") == []  # one copy of anybody's words


async def test_where_no_juror_left_words_somebody_must_write_some(selection: Selection) -> None:
    _, file, draft = await judged(selection, None)
    path = f"/decisions/{draft['id']}/reasons/{file.application_id}"
    seen = (await selection.staff.get(path)).json()

    empty = await selection.staff.post(f"{path}/sign", {"digest": seen["digest"]})

    assert (seen["passages"], empty.status_code, slug(empty)) == ([], 409, "reasons-empty")


async def test_the_note_never_is_a_reason_and_remarks_are(selection: Selection) -> None:
    _, _, draft = await judged(selection, "Trop tôt.", note="Secret.", remarks={"fit": "Loin du défi."})

    (reasons,) = await selection.staff.items(f"/decisions/{draft['id']}/reasons")

    assert [(one["text"], one["criterion"]) for one in reasons["passages"]] == [
        ("Trop tôt.", None),
        ("Loin du défi.", "fit"),
    ]


async def test_reasons_of_a_file_in_conflict_do_not_exist(selection: Selection) -> None:
    _, file, draft = await judged(selection, "Trop tôt.")
    lead = selection.as_("applicant", "staff", person=file.lead_id)
    path = f"/decisions/{draft['id']}/reasons"

    listed = await lead.items(path)
    read = await lead.get(f"{path}/{file.application_id}")
    signed = await lead.post(f"{path}/{file.application_id}/sign", {"digest": "0" * 64})

    assert (listed, read.status_code, signed.status_code) == ([], 404, 404)


async def test_with_a_files_last_words_go_its_reasons_and_what_was_approved_stays_told(selection: Selection) -> None:
    season, file, draft = await judged(selection, "Trop tôt.")
    await season.publish(draft)
    before = (await selection.staff.get(f"/decisions/{draft['id']}")).json()["approval"]["digest"]

    await selection.hear(file.forgotten())

    ((passages, salt, digest),) = await selection.sql(
        "SELECT passages, salt, digest FROM reasons WHERE application_id = :file", file=file.application_id
    )
    assert (passages, salt) == ([], "")
    assert digest
    after = (await selection.staff.get(f"/decisions/{draft['id']}")).json()["approval"]["digest"]
    assert after == before


async def test_nobody_learns_what_is_decided_by_asking_for_the_data_that_is_held(selection: Selection) -> None:
    season, file, draft = await judged(selection, "Trop tôt.")
    path = f"/operations/people/{file.lead_id}/export"

    before = await selection.staff.post(path)
    await season.publish(draft)
    after = await selection.staff.post(path)

    assert (before.status_code, "Trop" in before.text) == (200, False)
    assert "Trop" in after.text


async def judged(
    selection: Selection, *comments: str | None, jurors: list[UUID] | None = None, **said: Any
) -> tuple[Season, Applied, dict[str, Any]]:
    """A file that is not selected, and what each of its jurors wrote for it."""
    season = Season(selection)
    challenge = await season.challenge()
    seated = jurors or people(len(comments))
    jury = await season.jury(challenge, seated, k=len(comments))
    file = await season.application(challenge, lead_id=new_id())
    await season.assign(jury)
    for juror, comment in zip(seated, comments, strict=True):
        caller = selection.juror(juror)
        (review,) = await caller.items("/reviews")
        answer = await caller.post(f"/reviews/{review['id']}/submit", submission(comment=comment, **said))
        assert answer.status_code == 200, answer.text
    await season.rank(jury)
    return season, file, (await season.propose(capacity=0, reserves=0)).json()


def slug(answer: Any) -> str:
    return str(answer.json()["type"].rpartition("/")[2])
