"""Applications taken out, drafts taken in, and files that look alike, over HTTP on a real database."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio

from services.applications.jobs import compare_next
from tests.support.applications import (
    PREFIX,
    Applicant,
    Applications,
    Caller,
    Season,
    applications,
    asks,
    form_body,
    wall,
)
from tests.support.stack import Backbone

WORDS = " ".join(f"We listen to pipe number {n} of the old town at night." for n in range(12))
FORMULA = '=HYPERLINK("https://elsewhere.example")'


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def season(service: Applications) -> Season:
    return await service.season(form=form_body(asks("problem", "long-text"), asks("why", "long-text")))


async def export(who: Caller, season: Season, format_: str) -> httpx.Response:
    url = f"{PREFIX}/calls/{season.call_id}/export"
    return await who.service.client.post(url, headers=who.headers, params={"format": format_})


async def import_(who: Caller, lines: list[dict[str, Any]] | bytes, *, dry_run: bool = False, **more: str) -> Any:
    content = lines if isinstance(lines, bytes) else "\n".join(map(json.dumps, lines)).encode()
    params = {"dry_run": dry_run, "format": more.get("format", "jsonl")}
    headers = who.headers | {"Content-Type": more.get("media_type", "application/jsonl")}
    return await who.service.client.post(f"{PREFIX}/drafts/import", headers=headers, params=params, content=content)


async def test_what_was_handed_in_is_exported_once_opened_and_in_each_format(
    service: Applications, season: Season
) -> None:
    handed_in = await service.submitted(season, summary=FORMULA, answers={"problem": "تسرّب", "why": "Because."})
    withdrawn = await service.submitted(season)
    await withdrawn.lead.post(f"{withdrawn.path}/withdraw")

    sealed = await export(service.staff, season, "csv")
    await service.open_files(season)
    exports = {format_: await export(service.staff, season, format_) for format_ in ("csv", "jsonl", "common-grants")}
    by_partner = await export(service.caller("partner", organisation="inwi"), season, "csv")

    assert (sealed.status_code, by_partner.status_code) == (403, 403)
    assert {answer.headers["Content-Disposition"][:11] for answer in exports.values()} == {"attachment;"}
    [row] = csv.DictReader(io.StringIO(exports["csv"].content.decode("utf-8-sig")))
    assert (row["application_id"], row["summary"], row["answer:problem"], row["answer:why"]) == (
        handed_in.application_id,
        f"'{FORMULA}",
        "تسرّب",
        "Because.",
    )
    line = json.loads(exports["jsonl"].text)
    assert (line["summary"], line["answers"]["problem"], line["revision"]) == (FORMULA, "تسرّب", 1)
    [told] = await service.fetch(
        "SELECT count(*) AS n FROM event_log WHERE type LIKE '%applications.exported%'"
        " AND convert_from(value, 'UTF8')::jsonb @> CAST(:about AS jsonb)",
        about=json.dumps({"call_id": season.call_id, "applications": 1}),
    )
    assert told.n == 3


async def test_common_grants_gets_what_fits_into_it(service: Applications, season: Season) -> None:
    handed_in = await service.submitted(season, answers={"problem": "Leaks."})
    await service.open_files(season)

    told = json.loads((await export(service.staff, season, "common-grants")).text)

    assert told.keys() == {
        "id", "name", "competitionId", "opportunityId", "formResponses", "status", "submittedAt", "validationErrors",
        "customFields", "createdAt", "lastModifiedAt",
    }  # fmt: skip
    assert (told["id"], told["name"]) == (handed_in.application_id, "Ears on the pipes")
    assert (told["competitionId"], told["opportunityId"]) == (season.call_id, season.edition_id)
    response = told["formResponses"]["application"]
    assert UUID(response["id"])
    assert response["response"] == {"title": "Ears on the pipes", "summary": "Invented.", "problem": "Leaks."}
    assert told["status"]["value"] == "submitted"
    assert told["customFields"]["startup"] == {"name": "startup", "fieldType": "string", "value": "Invented Sensors"}


async def test_who_is_in_conflict_with_a_file_finds_it_in_no_export(service: Applications, season: Season) -> None:
    mine, other = await service.submitted(season), await service.submitted(season)
    await service.open_files(season)
    both = service.caller("staff", person_id=mine.lead.person_id)

    lines = (await export(both, season, "jsonl")).text.splitlines()

    assert [json.loads(line)["application_id"] for line in lines] == [other.application_id]


async def test_an_import_is_tried_reported_line_by_line_and_then_done(service: Applications, season: Season) -> None:
    applicant, foreign = await service.drafted(season, answers={}), await service.drafted(season)
    other_call = await service.season()
    lines = [
        {"application_id": applicant.application_id, "title": "New title", "answers": {"problem": "Leaks."}},
        {"team_id": applicant.team_id, "call_id": other_call.call_id, "title": "Another"},
        {"application_id": foreign.application_id, "title": "Not mine"},
        {"application_id": applicant.application_id, "title": "Twice"},
        {"title": "Which?"},
        {"application_id": applicant.application_id[:-1], "title": "Nonsense"},
    ]

    tried = (await import_(applicant.lead, lines, dry_run=True)).json()
    before = (await applicant.lead.get(applicant.path)).json()
    done = (await import_(applicant.lead, lines)).json()
    again = (await import_(applicant.lead, lines[:1])).json()

    assert before["title"] == "Ears on the pipes"
    for report in (tried, done):
        assert [line["outcome"] for line in report["lines"]] == ["saved", "drafted", *["refused"] * 4]
        assert [line["problem"]["type"] for line in report["lines"][2:]] == [
            "not-found",
            "repeated-line",
            "which-application",
            "request-invalid",
        ]
    assert (tried["dry_run"], done["dry_run"], done["refused"]) == (True, False, 4)
    assert again["lines"][0]["outcome"] == "unchanged"
    after = (await applicant.lead.get(applicant.path)).json()
    assert (after["title"], after["answers"]) == ("New title", {"problem": "Leaks."})
    assert done["lines"][1]["lacks"] == ["#/summary", "#/challenge_ids"]


async def test_what_was_exported_can_be_imported_as_it_is(service: Applications, season: Season) -> None:
    applicant = await service.submitted(season, summary=FORMULA, answers={"problem": "'quoted', و; ”"})
    await service.open_files(season)
    exports = {format_: await export(service.staff, season, format_) for format_ in ("csv", "jsonl", "common-grants")}
    next_call = await service.season(form=form_body(asks("problem", "long-text"), asks("why", "long-text")))

    for n, (format_, exported) in enumerate(exports.items()):
        team_id = (await applicant.lead.post("/teams", {"name": f"Team {n}"})).json()["id"]
        content = exported.content.replace(season.call_id.encode(), next_call.call_id.encode())
        if format_ == "common-grants":
            content = json.dumps(json.loads(content) | {"team_id": team_id}).encode()
        else:
            content = content.replace(applicant.application_id.encode(), b"").replace(b'"application_id": "", ', b"")
            content = content.replace(applicant.team_id.encode(), team_id.encode())
        content = content.replace(season.challenge_ids[0].encode(), next_call.challenge_ids[0].encode())
        media_type = "text/csv" if format_ == "csv" else "application/jsonl"
        report = (await import_(applicant.lead, content, format=format_, media_type=media_type)).json()

        assert [line["outcome"] for line in report["lines"]] == ["drafted"], report
        draft = (await applicant.lead.get(f"/applications/{report['lines'][0]['application_id']}")).json()
        assert (draft["summary"], draft["answers"]) == (FORMULA, {"problem": "'quoted', و; ”"})
        assert draft["completeness"]["complete"]


async def test_a_file_that_can_not_be_read_imports_nothing(service: Applications, season: Season) -> None:
    applicant = await service.drafted(season)
    unreadable = [(b'{"title": "x"}\nnonsense', "jsonl"), (b"title,summary\r\nonly one", "csv"), (b"\xff", "csv")]

    answers = [await import_(applicant.lead, content, format=format_) for content, format_ in unreadable]
    many = await import_(applicant.lead, [{"title": "x"}] * 51)

    assert [answer.json()["type"].rpartition("/")[2] for answer in answers] == ["import-unreadable"] * 3
    assert [answer.json()["line"] for answer in answers] == [2, 2, 1]
    assert many.json()["type"].endswith("too-many-lines")


async def test_files_that_share_people_or_words_are_shown_to_staff_with_evidence(
    service: Applications, season: Season
) -> None:
    one = await service.submitted(season, answers={"problem": WORDS, "why": "Because."})
    copy = await service.submitted(season, answers={"problem": "Quite another.", "why": f"In short. {WORDS}"})
    theirs, sharing = await service.drafted(season), await service.submitted(season, answers={"problem": "Third."})
    await let_join(service, theirs, sharing)
    await theirs.lead.post(f"{theirs.path}/submit")
    path = f"/calls/{season.call_id}/likenesses"

    sealed = await service.staff.get(path)
    await service.open_files(season)
    waiting = (await service.staff.get(path)).json()
    while await compare_next(service.app.state.works):
        pass
    found = (await service.staff.get(path)).json()
    by_applicant = await one.lead.get(path)
    evidence = (await service.staff.get(f"/applications/{copy.application_id}/likenesses/{one.application_id}")).json()

    assert (sealed.status_code, by_applicant.status_code) == (403, 403)
    assert (waiting["items"], waiting["searched_at"]) == ([], None)
    pairs = {frozenset((each["first_id"], each["second_id"])): each for each in found["items"]}
    assert pairs.keys() == {
        frozenset((one.application_id, copy.application_id)),
        frozenset((theirs.application_id, sharing.application_id)),
    }
    assert pairs[frozenset((one.application_id, copy.application_id))]["share"] > 0.5
    assert pairs[frozenset((theirs.application_id, sharing.application_id))]["people"] == 1
    assert evidence["passages"][0] == {"field": "answers/why", "other_field": "answers/problem", "text": WORDS}


async def let_join(service: Applications, theirs: Applicant, sharing: Applicant) -> None:
    """The lead of one team is a member of the other."""
    added = await theirs.lead.post(f"/teams/{theirs.team_id}/members", {"person_ids": [str(sharing.lead.person_id)]})
    assert added.status_code == 201, added.text


async def test_who_is_in_conflict_with_one_of_two_files_learns_of_neither(
    service: Applications, season: Season
) -> None:
    one = await service.submitted(season, answers={"problem": WORDS})
    other = await service.submitted(season, answers={"problem": WORDS})
    await service.open_files(season)
    while await compare_next(service.app.state.works):
        pass
    both = service.caller("staff", person_id=one.lead.person_id)

    listed = (await both.get(f"/calls/{season.call_id}/likenesses")).json()
    read = await both.get(f"/applications/{other.application_id}/likenesses/{one.application_id}")

    assert (listed["items"], read.status_code) == ([], 404)


async def test_what_was_handed_in_again_after_the_opening_is_compared_again(
    service: Applications, season: Season
) -> None:
    one = await service.submitted(season, answers={"problem": WORDS})
    copy, other = [await service.submitted(season, answers={"problem": words}) for words in (WORDS, "Quite another.")]
    await service.open_files(season)
    path = f"/calls/{season.call_id}/likenesses"
    before = await compared(service, path)

    await supplied(service, copy, "Not what it was.")
    waiting = (await service.staff.get(path)).json()["searched_at"]
    await supplied(service, other, f"Come late. {WORDS}")
    after = await compared(service, path)

    assert (before, waiting) == ({frozenset((one.application_id, copy.application_id))}, None)
    assert after == {frozenset((one.application_id, other.application_id))}


async def supplied(service: Applications, file: Applicant, words: str) -> None:
    """Staff ask for its answer again, and the team gives another one."""
    until = wall(service.clock.moment.replace(tzinfo=None) + timedelta(days=1))
    asked = await service.staff.post(
        f"{file.path}/requests", {"fields": ["answers/problem"], "until": until, "words": "Plus long, s'il vous plaît."}
    )
    assert asked.status_code == 201, asked.text
    saved = await file.lead.patch(file.path, {"answers": {"problem": words}})
    answer = f"{file.path}/requests/{asked.json()['id']}/answer"
    answered = await file.lead.post(answer, match=saved.headers["ETag"])
    assert answered.status_code == 200, answered.text


async def compared(service: Applications, path: str) -> set[frozenset[str]]:
    while await compare_next(service.app.state.works):
        pass
    found = (await service.staff.get(path)).json()
    assert found["searched_at"] is not None
    return {frozenset((each["first_id"], each["second_id"])) for each in found["items"]}
