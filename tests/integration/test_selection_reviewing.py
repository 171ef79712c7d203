"""A juror at work on a review: anchors, autosave, abstentions, and the revision that was read."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest_asyncio

from tests.support.selection import PARIS, Applied, Caller, Season, Selection, people, selection_on, submission
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


async def assigned(
    selection: Selection, *, jurors: int = 1, k: int | None = None, **changes: Any
) -> tuple[Season, dict[str, Any], Applied, list[Caller]]:
    """A file, and its jurors; the first so many of them review it."""
    season = Season(selection)
    challenge = await season.challenge()
    sitting = people(jurors)
    jury = await season.jury(challenge, sitting, k=k or jurors, **changes)
    file = await season.application(challenge)
    await season.assign(jury)
    return season, jury, file, [selection.juror(person) for person in sitting]


async def own_review(juror: Caller) -> dict[str, Any]:
    (review,) = await juror.items("/reviews")
    return review


async def test_a_juror_reads_in_three_languages_what_a_score_means(selection: Selection) -> None:
    rubric = {"frugal": {"title": {"fr": "Sobriété"}, "anchors": {"0": {"fr": "Gaspille."}, "10": {"fr": "Épargne."}}}}
    _, jury, _, (juror,) = await assigned(selection, weights={"team": 60, "frugal": 40}, rubric=rubric)

    team, frugal = (await juror.get(f"/juries/{jury['id']}")).json()["criteria"]

    assert team["title"] == {"fr": "Qualité de l'équipe", "ar": "جودة الفريق", "en": "Quality of the team"}
    assert team["anchors"]["10"]["en"].startswith("Has brought a comparable project into the field")
    assert frugal == {"key": "frugal", "weight": 40, "asks": {}, **rubric["frugal"]}


async def test_a_save_from_a_second_window_is_answered_with_what_the_first_one_saved(selection: Selection) -> None:
    _, _, _, (juror,) = await assigned(selection)
    review = await own_review(juror)
    path = f"/reviews/{review['id']}"
    first = {
        "scores": {"team": 8},
        "remarks": {"team": "Knows the trade."},
        "comment": "From one window.",
        "revision": 1,
    }
    saved = await juror.patch(path, first, version=review["version"])

    stale = await juror.patch(path, {"comment": "From another."}, version=review["version"])
    present = stale.json()["present"]
    put_together = await juror.patch(
        path, {"comment": f"{present['comment']} From another."}, version=present["version"]
    )

    assert (saved.status_code, stale.status_code) == (200, 412)
    assert present == {**first, "abstained": [], "note": None, "version": saved.json()["version"]}
    assert put_together.json()["comment"] == "From one window. From another."
    assert (put_together.json()["revision"], put_together.json()["remarks"]) == (1, {"team": "Knows the trade."})


async def test_the_words_of_a_stale_save_are_never_shown_to_somebody_else(selection: Selection) -> None:
    _, _, _, (juror, colleague) = await assigned(selection, jurors=2)
    review = await own_review(juror)
    await juror.patch(f"/reviews/{review['id']}", {"note": "CANARY"}, version=review["version"])

    answer = await colleague.patch(f"/reviews/{review['id']}", {"note": "Mine."}, version=review["version"])

    assert answer.status_code == 404
    assert "CANARY" not in answer.text


async def test_what_a_juror_can_not_judge_has_no_score_and_counts_for_nothing(selection: Selection) -> None:
    season, jury, file, (juror,) = await assigned(selection)
    review = await own_review(juror)
    scores = {"team": 6, "rollout": 6, "mass_production": 6, "fit": 6}
    body = {"revision": 1, "scores": scores, "abstained": {"data": True}}

    submitted = await juror.post(f"/reviews/{review['id']}/submit", body)
    (line,) = (await season.rank(jury, "severity-corrected/1"))["files"]

    assert submitted.status_code == 200, submitted.text
    assert line["score"] == 60.0
    ((_, told),) = [one for one in await selection.events(file.application_id) if one[0] == "review.submitted"]
    assert (told["scores"], told["abstained"]) == (scores, ["data"])


async def test_abstaining_from_all_criteria_is_abstaining_from_the_file(selection: Selection) -> None:
    _, _, _, (juror,) = await assigned(selection)
    review = await own_review(juror)

    refused = await juror.post(
        f"/reviews/{review['id']}/submit", {"revision": 1, "abstained": dict.fromkeys(PARIS, True)}
    )

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["detail"] == "abstain on the whole file instead"


async def test_who_abstains_on_a_file_is_on_record_and_somebody_else_is_asked(selection: Selection) -> None:
    season, jury, file, jurors = await assigned(selection, jurors=2, k=1)
    (held,) = await selection.staff.items("/reviews", jury=jury["id"])
    juror = selection.juror(UUID(held["juror_id"]))

    abstained = await juror.post(f"/reviews/{held['id']}/abstain", {"reason": "Not my field."})
    again = await juror.post(f"/reviews/{held['id']}/abstain", {})
    assigned_anew = [one for one in (await season.assign(jury))["reviews"] if not one["kept"]]

    assert (abstained.status_code, again.status_code) == (200, 409)
    shown = (await selection.staff.get(f"/reviews/{held['id']}")).json()
    assert (shown["state"], shown["could_not_judge"], shown["scores"]) == ("recused", True, None)
    assert [one["juror_id"] for one in assigned_anew] != [held["juror_id"]]
    assert len(assigned_anew) == 1
    ((_, told),) = [one for one in await selection.events(file.application_id) if one[0] == "review.recused"]
    assert told["abstained"] is True
    assert "field" not in str(told)
    assert len(jurors) == 2


async def test_a_draft_says_which_revision_it_was_written_on_and_none_that_there_is_not(selection: Selection) -> None:
    _, _, file, (juror,) = await assigned(selection)
    review = await own_review(juror)
    path = f"/reviews/{review['id']}"

    beyond = await juror.patch(path, {"revision": 2}, version=review["version"])
    await juror.patch(path, {"revision": 1, "note": "On the first."}, version=review["version"])
    await selection.hear(file.revised(2), file.dossier(2))
    later = (await juror.get(path)).json()
    old = await juror.post(f"{path}/submit", submission(revision=1))

    assert (beyond.status_code, beyond.json()["newest"]) == (422, 1)
    assert (later["revision"], later["newest_revision"], later["note"]) == (1, 2, "On the first.")
    assert (old.status_code, old.json()["newest"]) == (409, 2)


async def test_a_juror_reads_word_by_word_what_the_team_changed_since(selection: Selection) -> None:
    _, _, file, (juror,) = await assigned(selection)
    review = await own_review(juror)
    await juror.patch(f"/reviews/{review['id']}", {"revision": 1}, version=review["version"])
    path = f"/reviews/{review['id']}/changes"
    before = (await juror.get(path)).json()
    await selection.hear(
        file.revised(2),
        file.dossier(2, summary="We listen to old pipes.", answers={"cost": "Little."}, attachments=()),
    )

    changed = (await juror.get(path)).json()
    nothing = (await juror.get(path, since=2)).json()
    unknown = await juror.get(path, since=3)

    assert (before["read"], before["newest"], before["fields"]) == (1, 1, [])
    assert (changed["read"], changed["newest"]) == (1, 2)
    fields = {one["field"]: [(piece["kind"], piece["text"]) for piece in one["pieces"]] for one in changed["fields"]}
    assert fields == {
        "summary": [("same", "We listen to "), ("added", "old "), ("same", "pipes.")],
        "answers/impact": [("removed", "Less loss.")],
        "answers/cost": [("added", "Little.")],
    }
    assert (changed["attachments_added"], changed["attachments_removed"]) == ([], ["deck.pdf"])
    assert (nothing["fields"], unknown.status_code) == ([], 404)


async def test_remarks_are_erased_with_the_file_and_notes_with_their_juror(selection: Selection) -> None:
    _, _, file, (juror,) = await assigned(selection)
    review = await own_review(juror)
    await juror.post(f"/reviews/{review['id']}/submit", submission(remarks={"team": "Too young."}, note="Hm."))

    await selection.hear(file.forgotten())

    (row,) = await selection.sql("SELECT remarks, comment, note FROM review WHERE id = :id", id=UUID(review["id"]))
    assert (row.remarks, row.comment, row.note) == ({}, None, None)
