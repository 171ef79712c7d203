"""Screening on a real database: rules find, people decide, teams are asked for more, and all are told at once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio

from shared.events.selection import ApplicationSelected, ResultsPublished
from shared.receipts import read_receipt
from tests.support.applications import (
    CLOSES,
    NOW,
    RECEIPTS,
    Applicant,
    Applications,
    Season,
    applications,
    asks,
    form_body,
    label,
    pdf,
    record_of,
    wall,
)
from tests.support.stack import Backbone

LATER = CLOSES + timedelta(days=7)
FORM = form_body(
    asks("city", "choice", options=[{"id": "casablanca", "label": label("Ici")}, {"id": "else", "label": label("Là")}]),
    asks("people", "number"),
    asks("problem", "long-text"),
)
RULES = {
    "rules": [
        {"id": "here", "kind": "among", "field": "city", "among": ["casablanca"], "says": label("Être d'ici.")},
        {"id": "small", "kind": "number", "field": "people", "most": 50, "says": label("Cinquante au plus.")},
        {"id": "deck", "kind": "attached", "least": 1, "says": label("Une présentation.")},
    ]
}
GOOD = {"city": "casablanca", "people": "12", "problem": "Leaks are found late."}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as started:
        yield started


def slug(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


async def season_with_rules(service: Applications) -> Season:
    season = await service.season(form=FORM)
    now, service.clock.moment = service.clock.moment, NOW
    answer = await service.staff.put(f"/calls/{season.call_id}/eligibility", RULES)
    assert answer.status_code == 200, answer.text
    service.clock.moment = now
    return season


async def opened(service: Applications, *answers: dict[str, str]) -> tuple[Season, list[Applicant]]:
    season = await season_with_rules(service)
    files = [await service.submitted(season, answers=each) for each in answers]
    await service.open_files(season)
    return season, files


async def ask(service: Applications, file: Applicant, *fields: str) -> dict[str, Any]:
    body = {"fields": list(fields), "until": wall(LATER), "words": "Combien êtes-vous vraiment ?"}
    answer = await service.staff.post(f"{file.path}/requests", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_rules_are_set_before_the_call_opens_and_anyone_reads_them(service: Applications) -> None:
    season = await service.season(form=FORM)
    path = f"/calls/{season.call_id}/eligibility"
    too_late = await service.staff.put(path, RULES)
    service.clock.moment = NOW

    wrong = {"rules": [{"id": "a", "kind": "number", "field": "city", "least": 3, "most": 2, "says": label("?")}]}
    refused = await service.staff.put(path, wrong)
    none_yet = await service.anybody.get(path)
    first = await service.staff.put(path, RULES)
    blindly = await service.staff.put(path, RULES)

    assert slug(too_late) == "eligibility-settled"
    assert [error["pointer"] for error in refused.json()["errors"]] == ["#/rules/0/field", "#/rules/0/least"]
    assert slug(none_yet) == "no-eligibility"
    assert (await service.anybody.get(path)).json() == first.json()
    assert blindly.status_code == 428
    assert (await service.told(season.call_id))[-1] == "call.eligibility-set"


async def test_a_failing_rule_declines_nobody_and_is_set_aside_by_a_person_with_a_reason(service: Applications) -> None:
    _, [file] = await opened(service, {"people": "٢٠٠", "problem": GOOD["problem"]})
    staff = service.staff

    found = (await staff.get(f"{file.path}/screening")).json()
    unseen = await staff.post(f"{file.path}/admit", {"because": "Grandir est permis.", "findings_digest": "0" * 64})
    without = await staff.post(f"{file.path}/admit", {"findings_digest": found["findings_digest"]})
    admitted = await staff.post(
        f"{file.path}/admit", {"because": "Grandir est permis.", "findings_digest": found["findings_digest"]}
    )
    signed = (await staff.get(f"{file.path}/screening")).json()["signed"]

    assert {each["rule"]: each["verdict"] for each in found["findings"]} == {
        "here": "unclear",
        "small": "fails",
        "deck": "fails",
    }
    assert [slug(unseen), slug(without)] == ["findings-changed", "reason-wanted"]
    assert admitted.status_code == 200
    assert (signed["overridden"], signed["because"]) == (["deck", "small"], "Grandir est permis.")
    [told] = await service.fetch(
        "SELECT value FROM event_log WHERE subject = :id AND type LIKE '%.admitted.%'", id=file.application_id
    )
    assert b"Grandir" not in told.value
    assert found["findings_digest"].encode() in told.value
    assert (await file.lead.get(f"{file.path}/screening")).status_code == 403


async def test_only_what_is_asked_for_opens_again_and_its_answer_is_the_revision_that_counts(
    service: Applications,
) -> None:
    _, [file] = await opened(service, GOOD)
    lead, staff = file.lead, service.staff
    shut = await lead.patch(file.path, {"answers": {**GOOD, "people": "13"}})

    asked = await ask(service, file, "answers/people")
    twice = await staff.post(
        f"{file.path}/requests", {"fields": ["title"], "until": wall(LATER), "words": "Et le titre ?"}
    )
    too_much = await lead.patch(file.path, {"title": "Another", "answers": {**GOOD, "people": "13"}})
    a_file = await lead.upload(file.path, pdf())
    early = await lead.post(f"{file.path}/requests/{asked['id']}/answer")
    saved = await lead.patch(file.path, {"answers": {**GOOD, "people": "13"}})
    answered = await lead.post(f"{file.path}/requests/{asked['id']}/answer", match=saved.headers["ETag"])
    again = await lead.patch(file.path, {"answers": {**GOOD, "people": "14"}})

    assert slug(shut) == "deadline-passed"
    assert slug(twice) == "already-asked"
    assert (slug(too_much), too_much.json()["asked"]) == ("not-asked-for", ["answers/people"])
    assert (slug(a_file), slug(early)) == ("not-asked-for", "nothing-supplied")
    assert (answered.status_code, answered.json()["revision"]) == (200, 2)
    receipt = read_receipt(answered.json()["receipt"].encode(), [RECEIPTS.verifier])
    assert (receipt.facts["revision"], receipt.facts["deadline"]["local"]) == (2, LATER.isoformat())
    assert slug(again) == "deadline-passed"
    assert (await staff.get(file.path)).json()["answers"]["people"] == "13"
    assert (await service.told(file.application_id))[-1] == "application.revised"
    assert await service.told(asked["id"]) == ["information.requested", "information.supplied"]
    assert (await lead.get(f"{file.path}/requests")).json()["requests"][0]["state"] == "answered"


async def test_an_unanswered_request_lapses_and_rejects_nobody(service: Applications) -> None:
    _, [file] = await opened(service, GOOD)
    asked = await ask(service, file, "answers/people", "attachments")
    service.clock.turn_to(LATER + timedelta(minutes=1))

    saved = await file.lead.patch(file.path, {"answers": {**GOOD, "people": "13"}})
    shown = (await service.staff.get(f"{file.path}/screening")).json()
    stranger = await service.caller("applicant").get(f"{file.path}/requests")
    anew = await service.staff.post(
        f"{file.path}/requests", {"fields": ["title"], "until": wall(LATER), "words": "Et le titre ?"}
    )

    assert (slug(saved), saved.json()["state"]) == ("request-not-open", "lapsed")
    assert (shown["requests"][0]["state"], shown["outcome"], shown["status"]) == ("lapsed", None, "submitted")
    assert stranger.status_code == 404
    assert slug(anew) == "request-too-short"
    assert (await service.staff.post(f"{file.path}/requests/{asked['id']}/end")).json()["state"] == "ended"


async def test_no_team_learns_what_was_found_before_all_do(service: Applications) -> None:
    season, [good, bad, gone] = await opened(service, GOOD, GOOD, GOOD)
    staff = service.staff
    early = await staff.post(f"/calls/{season.call_id}/screening/publish")
    before = [(await each.lead.get(each.path)).json() for each in (good, bad)]
    because = {"because": "La présentation suit."}
    await staff.post(f"{good.path}/admit", because)
    for each in (bad, gone):
        await staff.post(f"{each.path}/decline", {"reasons": ["off-topic"], "words": "Une autre fois."})

    shown = [(await each.lead.get(each.path)).json() for each in (good, bad)]
    listed = (await bad.lead.get("/applications", status="declined")).json()["items"]
    withdrawn = await gone.lead.post(f"{gone.path}/withdraw")
    published = await staff.post(f"/calls/{season.call_id}/screening/publish")
    twice = await staff.post(f"/calls/{season.call_id}/screening/publish")

    def told(each: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in each.items() if name != "version"}

    assert slug(early) == "not-all-screened"
    assert [told(each) for each in shown] == [told(each) for each in before]
    assert listed == []
    assert (withdrawn.json()["status"], withdrawn.json()["screening"]) == ("withdrawn", None)
    assert (published.status_code, slug(twice)) == (200, "screening-already-published")
    statuses = [(await each.lead.get(each.path)).json()["status"] for each in (good, bad, gone)]
    assert statuses == ["admitted", "declined", "withdrawn"]
    assert (await service.told(bad.application_id))[-2:] == ["application.declined", "application.screening-told"]
    assert "application.screening-told" not in await service.told(gone.application_id)


async def test_published_results_tell_what_screening_found_at_the_latest(service: Applications) -> None:
    season, [good, bad] = await opened(service, GOOD, GOOD)
    await service.staff.post(f"{good.path}/admit", {"because": "La présentation suit."})
    await service.staff.post(f"{bad.path}/decline", {"reasons": ["not-eligible"], "words": "Pas cette fois."})

    await service.hear(record_of(selected(good, season)), record_of(published(season)))

    statuses = [(await each.lead.get(each.path)).json()["status"] for each in (good, bad)]
    assert statuses == ["selected", "declined"]


def selected(file: Applicant, season: Season) -> ApplicationSelected:
    return ApplicationSelected.model_validate(
        {
            "decision_id": season.call_id,
            "application_id": file.application_id,
            "edition_id": season.edition_id,
            "challenge_id": season.challenge_ids[0],
            "partner": "inwi",
            "lead_id": file.lead.person_id,
            "member_ids": [file.lead.person_id],
        }
    )


def published(season: Season) -> ResultsPublished:
    return ResultsPublished.model_validate(
        {
            "results_id": season.call_id,
            "edition_id": season.edition_id,
            "matches": [],
            "selected": 1,
            "reserved": 0,
            "not_selected": 0,
            "published_at": NOW,
        }
    )
