"""A call's form over HTTP, on a real database: set by staff, answered by teams, checked when it is handed in."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio

from services.applications.defaults import default_form
from tests.support.applications import (
    NOW,
    OPENS,
    Applications,
    applications,
    asks,
    call_body,
    form_body,
    label,
    wall,
)
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as started:
        yield started


def slug(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


def pointers(answer: Any) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


async def test_staff_set_a_form_before_the_call_opens_and_anyone_reads_it(service: Applications) -> None:
    season = await service.season()
    service.clock.moment = NOW
    path = f"/calls/{season.call_id}/form"

    none_yet = await service.anybody.get(path)
    by_applicant = await service.caller("applicant").put(path, form_body(asks("a")))
    first = await service.staff.put(path, form_body(asks("a")))
    blindly = await service.staff.put(path, form_body(asks("b")))
    stale = await service.staff.put(path, form_body(asks("b")), match='"7"')
    second = await service.staff.put(path, default_form(), match=first.headers["ETag"])
    shown = await service.anybody.get(path)

    assert (none_yet.status_code, slug(none_yet)) == (404, "no-form")
    assert by_applicant.status_code == 403
    assert (first.status_code, first.json()["version"]) == (200, 1)
    assert [blindly.status_code, stale.status_code] == [428, 412]
    assert second.json() == shown.json()
    assert (shown.headers["ETag"], len(shown.json()["digest"])) == ('"2"', 64)
    assert shown.json()["sections"][0]["fields"][2]["only_if"] == {"field": "registered", "is": ["yes"]}
    assert (await service.told(season.call_id))[-2:] == ["call.form-set", "call.form-set"]


async def test_a_call_is_announced_with_its_form_at_once(service: Applications) -> None:
    season = await service.season(form=form_body(asks("a", required=True)))
    service.clock.moment = NOW

    cin = form_body(asks("cin", national_id=True))
    refused = await service.staff.post("/calls", call_body(season.edition_id, season.challenge_ids, form=cin))

    assert (await service.anybody.get(f"/calls/{season.call_id}/form")).json()["version"] == 1
    assert await service.told(season.call_id) == ["call.announced", "call.form-set"]
    assert (refused.status_code, slug(refused)) == (422, "form-not-usable")


async def test_once_the_call_is_open_its_form_asks_nobody_for_more(service: Applications) -> None:
    season = await service.season(form=form_body(asks("a", required=True), asks("b")))
    path, staff = f"/calls/{season.call_id}/form", service.staff

    tighter = await staff.put(path, form_body(asks("a", "number"), asks("c", required=True)), match='"1"')
    looser = await staff.put(path, form_body(asks("b", label=label("Mieux ?")), asks("a"), asks("c")), match='"1"')
    await service.close()
    too_late = await staff.put(path, form_body(asks("a"), asks("b"), asks("c")), match='"2"')

    assert (tighter.status_code, slug(tighter)) == (409, "form-tightened")
    assert pointers(tighter) == ["#/sections/0/fields/0/kind", "#/sections/0/fields/1/required", "#/sections"]
    assert (looser.status_code, looser.json()["version"]) == (200, 2)
    assert slug(too_late) == "form-settled"


async def test_a_call_that_opened_without_a_form_gets_none(service: Applications) -> None:
    season = await service.season()

    answer = await service.staff.put(f"/calls/{season.call_id}/form", form_body(asks("a")))

    assert (answer.status_code, slug(answer)) == (409, "form-too-late")


async def test_a_draft_keeps_whatever_is_written_and_says_what_it_lacks(service: Applications) -> None:
    season = await service.season(
        form=form_body(asks("short", limit={"unit": "words", "most": 2}, required=True), asks("sure", "yes-no"))
    )
    applicant = await service.drafted(season, answers={"short": "far too many words", "sure": "perhaps", "gone": "?"})
    path, lead = applicant.path, applicant.lead

    draft = (await lead.get(path)).json()
    refused = await lead.post(f"{path}/submit")
    await lead.patch(path, {"answers": {"short": "two words"}})
    mended = (await lead.get(path)).json()
    handed_in = await lead.post(f"{path}/submit")

    assert draft["answers"]["short"] == "far too many words"
    assert (draft["completeness"]["done"], draft["completeness"]["of"]) == (3, 4)
    problems = {each["field"]: each for each in draft["completeness"]["problems"]}
    assert {field: each["code"] for field, each in problems.items()} == {
        "short": "too_long",
        "sure": "not_an_option",
        "gone": "not_in_form",
    }
    assert problems["short"]["facts"] == {"unit": "words", "counted": 4, "most": 2, "least": 0}
    assert (refused.status_code, slug(refused)) == (422, "incomplete-application")
    assert set(pointers(refused)) == {"#/answers/short", "#/answers/sure", "#/answers/gone"}
    assert mended["completeness"] | {"not_asked": []} == {
        "complete": True, "done": 4, "of": 4, "missing": [], "problems": [], "not_asked": [],
    }  # fmt: skip
    assert handed_in.status_code == 200


async def test_what_is_not_asked_of_a_team_is_not_handed_in(service: Applications) -> None:
    only_if = {"field": "registered", "is": ["yes"]}
    season = await service.season(form=form_body(asks("registered", "yes-no"), asks("since", "date", only_if=only_if)))

    applicant = await service.submitted(season, answers={"registered": "no", "since": "2020-01-01"})

    shown = (await applicant.lead.get(applicant.path)).json()
    (revision,) = await service.fetch(
        "SELECT r.answers, f.number FROM revision r JOIN call_form f ON f.id = r.form_id WHERE application_id = :id",
        id=applicant.application_id,
    )
    assert shown["answers"] == {"registered": "no", "since": "2020-01-01"}
    assert (shown["unsubmitted_changes"], shown["completeness"]["not_asked"]) == (False, ["since"])
    assert (revision.answers, revision.number) == ({"registered": "no"}, 1)
    assert slug(await applicant.lead.post(f"{applicant.path}/submit")) == "nothing-changed"


async def test_a_frozen_answer_stays_and_the_others_still_change(service: Applications) -> None:
    frozen_after = wall(OPENS + timedelta(days=10))
    season = await service.season(form=form_body(asks("early", frozen_after=frozen_after), asks("late")))
    applicant = await service.drafted(season, answers={"early": "first thought"})
    path, lead = applicant.path, applicant.lead
    service.clock.turn_to(OPENS + timedelta(days=11))

    changed = await lead.patch(path, {"answers": {"early": "second thought"}})
    dropped = await lead.patch(path, {"answers": {"late": "still"}})
    beside = await lead.patch(path, {"answers": {"early": "first thought", "late": "still"}})

    assert (changed.status_code, slug(changed), pointers(changed)) == (409, "field-frozen", ["#/answers/early"])
    assert (dropped.status_code, slug(dropped)) == (409, "field-frozen")
    assert "2026-12-11 08:00 Africa/Casablanca" in changed.json()["detail"]
    assert "2026-12-12 08:00:00 UTC" in changed.json()["detail"]
    assert beside.json()["answers"] == {"early": "first thought", "late": "still"}


async def test_only_its_team_is_shown_what_an_application_lacks(service: Applications) -> None:
    season = await service.season(form=form_body(asks("a")))
    applicant = await service.submitted(season, answers={"a": "b"})
    await service.open_files(season)

    by_staff = (await service.staff.get(applicant.path)).json()

    assert by_staff["answers"] == {"a": "b"}
    assert by_staff["completeness"] is None


async def test_who_hands_in_while_the_form_changes_has_answered_one_version_of_it(service: Applications) -> None:
    season = await service.season(form=form_body(asks("a", limit={"unit": "words", "most": 1})))
    applicant = await service.drafted(season, answers={"a": "two words"})
    path = f"/calls/{season.call_id}/form"
    wider = form_body(asks("a", limit={"unit": "words", "most": 2}))

    answers = await asyncio.gather(
        service.staff.put(path, wider, match='"1"'), *(applicant.lead.post(f"{applicant.path}/submit") for _ in "123")
    )

    assert answers[0].status_code == 200
    rows = await service.fetch(
        "SELECT f.number FROM revision r JOIN call_form f ON f.id = r.form_id WHERE application_id = :id",
        id=applicant.application_id,
    )
    accepted = [each.status_code for each in answers[1:]].count(200)
    assert [row.number for row in rows] == [2] * accepted
    assert {slug(each) for each in answers[1:] if each.status_code != 200} <= {
        "incomplete-application",
        "nothing-changed",
    }
