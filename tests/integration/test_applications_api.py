"""Applications over HTTP, on a real database: from a declared challenge to a screened file."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from services.applications.domain.applications import MOST_ATTEMPTS
from services.applications.domain.teams import MOST_LED
from shared.events.forgettable import Attachment, Dossier
from shared.receipts import read_receipt
from shared.tlog.keys import VerifierKey
from tests.support.applications import (
    CLOSES,
    NOW,
    OPENS,
    Applications,
    applications,
    call_body,
    challenge_body,
    contact_body,
    edition_body,
    wall,
)
from tests.support.stack import Backbone

LONG_AGO = OPENS - timedelta(days=90)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as started:
        yield started


def slug(answer: object) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]  # type: ignore[attr-defined]  # any response with a body


async def test_a_declared_challenge_is_its_partners_until_staff_publish_it(service: Applications) -> None:
    edition_id = (await service.staff.post("/editions", edition_body())).json()["id"]
    owner, rival = (service.caller("partner", organisation=name) for name in ("lydec", "inwi"))

    declared = (await owner.post("/challenges", challenge_body(edition_id))).json()
    path = f"/challenges/{declared['id']}"
    seen_before = [(await who.get(path)).status_code for who in (owner, service.staff, rival, service.anybody)]
    reworded = await owner.patch(path, {"title": {"en": "Leaks found early"}})
    by_rival = await rival.patch(path, {"title": {"en": "Mine"}}, match='"2"')
    published = await service.staff.post(f"{path}/publish")
    too_late = await owner.patch(path, {"title": {"en": "Another"}})

    assert (declared["partner"], declared["status"]) == ("lydec", "declared")
    assert seen_before == [200, 200, 404, 404]
    assert reworded.json()["title"] == {"en": "Leaks found early"}
    assert by_rival.status_code == 404
    assert published.json()["status"] == "published"
    assert (await service.anybody.get(path)).json()["title"] == {"en": "Leaks found early"}
    listed = (await service.anybody.get("/challenges", edition_id=edition_id)).json()["items"]
    assert [each["id"] for each in listed] == [declared["id"]]
    assert (too_late.status_code, slug(too_late)) == (409, "challenge-published")
    assert slug(await service.staff.post(f"{path}/publish")) == "challenge-published"
    assert await service.told(declared["id"]) == ["challenge.declared", "challenge.published"]


async def test_a_partner_whose_sign_in_names_no_organisation_declares_nothing(service: Applications) -> None:
    edition_id = (await service.staff.post("/editions", edition_body())).json()["id"]

    answer = await service.caller("partner").post("/challenges", challenge_body(edition_id))

    assert (answer.status_code, slug(answer)) == (403, "no-organisation")


async def test_a_call_says_every_rule_of_its_time(service: Applications) -> None:
    season = await service.season(own_deadlines={1: CLOSES - timedelta(days=3)})

    call = (await service.anybody.get(f"/calls/{season.call_id}")).json()
    log = (await service.anybody.get(f"/calls/{season.call_id}/rules")).json()

    assert call["status"] == "open"
    assert call["closes"] | {"tzdata_version": "", "in_words": ""} == {
        "local": "2027-02-28T23:59:00",
        "zone": "Africa/Casablanca",
        "instant": "2027-02-28T23:59:00Z",
        "tzdata_version": "",
        "in_words": "",
    }
    assert call["closes"]["tzdata_version"]
    assert [(rule["rule"], rule["challenge_id"]) for rule in log["rules"]] == [
        ("opens", None),
        ("deadline", None),
        ("challenge-deadline", season.challenge_ids[1]),
    ]
    assert "in time" in " ".join(log["policy"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"closes_at": wall(OPENS + timedelta(hours=23))}, "call-too-short"),
        (
            {"opens_at": wall(OPENS - timedelta(days=60)), "closes_at": wall(OPENS - timedelta(days=30))},
            "deadline-in-the-past",
        ),
        ({"closes_at": wall(CLOSES, "Africa/Atlantis")}, "unknown-time-zone"),
        ({"closes_at": wall(CLOSES, "../../etc/passwd")}, "request-invalid"),
        ({"closes_at": {"local": "2027-02-28T23:59:00+01:00", "zone": "Africa/Casablanca"}}, "request-invalid"),
        ({"closes_at": {"local": 1803859140, "zone": "Africa/Casablanca"}}, "request-invalid"),
        ({"closes_at": {"local": "9999-12-31T23:59:00", "zone": "Africa/Casablanca"}}, "request-invalid"),
        ({"challenge_deadlines": {str(uuid4()): wall(CLOSES)}}, "request-invalid"),
        ({"challenge_ids": [str(uuid4())]}, "challenge-not-published"),
    ],
)
async def test_a_call_with_impossible_times_is_refused(
    service: Applications, changes: dict[str, object], expected: str
) -> None:
    season = await service.season()
    service.clock.moment = NOW

    answer = await service.staff.post("/calls", call_body(season.edition_id, season.challenge_ids) | changes)

    assert (answer.status_code, slug(answer)) == (422, expected)


async def test_compressed_schedules_allow_a_short_call(backbone: Backbone) -> None:
    async with applications(backbone, compressed=True) as service:
        season = await service.season()
        now = service.clock.moment.replace(tzinfo=None)
        short = {"opens_at": wall(now), "closes_at": wall(now + timedelta(seconds=20))}

        answer = await service.staff.post("/calls", call_body(season.edition_id, season.challenge_ids) | short)

        assert answer.status_code == 201
        assert answer.json()["status"] == "open"


async def test_people_say_how_to_reach_them_and_correct_it(service: Applications) -> None:
    person = service.caller("juror")

    first = await person.put("/people/me", contact_body(language="ar"))
    blind = await person.put("/people/me", contact_body())
    stale = await person.put("/people/me", contact_body(), match='"7"')
    second = await person.put("/people/me", contact_body(name="Autre Nom"), match=first.headers["ETag"])

    assert (await service.caller("juror").get("/people/me")).status_code == 404
    assert [answer.status_code for answer in (first, blind, stale, second)] == [200, 428, 412, 200]
    assert (await person.get("/people/me")).json()["name"] == "Autre Nom"
    assert await service.told(person.person_id) == ["person.registered"]
    sent = await service.fetch(
        "SELECT 1 FROM outbox_pending WHERE topic = 'people.v1' AND key = :key", key=str(person.person_id)
    )
    assert len(sent) == 2


async def test_no_event_names_a_person(service: Applications) -> None:
    person = await service.registered()

    values = await service.fetch("SELECT value FROM event_log WHERE subject = :id", id=str(person.person_id))

    assert all(b"Invent" not in row.value and b"@" not in row.value for row in values)


async def test_only_registered_people_form_and_join_teams(service: Applications) -> None:
    stranger, lead, friend = service.caller("applicant"), await service.registered(), await service.registered()

    refused = await stranger.post("/teams", {"name": "Nobody"})
    team = (await lead.post("/teams", {"name": "Invented Sensors"})).json()
    path = f"/teams/{team['id']}/members"
    unknown = await lead.post(path, {"person_ids": [str(friend.person_id), str(uuid4())]})
    joined = await lead.post(path, {"person_ids": [str(friend.person_id)]})
    by_member = await friend.post(path, {"person_ids": [str(uuid4())]})

    assert (refused.status_code, slug(refused)) == (409, "not-registered")
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "#/person_ids/1")
    assert [member["person_id"] for member in joined.json()["members"]] == [str(lead.person_id), str(friend.person_id)]
    assert by_member.status_code == 403
    assert (await stranger.get(f"/teams/{team['id']}")).status_code == 404
    assert (await friend.get(f"/teams/{team['id']}")).status_code == 200
    assert [each["id"] for each in (await friend.get("/teams")).json()["items"]] == [team["id"]]
    assert await service.told(team["id"]) == ["team.formed", "team.member-added"]


async def test_a_team_that_handed_in_is_settled(service: Applications) -> None:
    season = await service.season()
    applicant, friend = await service.submitted(season), await service.registered()

    answer = await applicant.lead.post(f"/teams/{applicant.team_id}/members", {"person_ids": [str(friend.person_id)]})

    assert (answer.status_code, slug(answer)) == (409, "team-settled")


async def test_a_draft_is_saved_bit_by_bit_and_never_over_another_change(service: Applications) -> None:
    season = await service.season()
    applicant = await service.drafted(season)
    read = await applicant.lead.get(applicant.path)

    saved = await applicant.lead.patch(applicant.path, {"summary": "Shorter."}, match=read.headers["ETag"])
    stale = await applicant.lead.patch(applicant.path, {"summary": "Lost?"}, match=read.headers["ETag"])
    blind = await applicant.lead.patch(applicant.path, {"summary": "Lost?"}, match="")
    emptied = await applicant.lead.patch(applicant.path, {"answers": None, "title": None})

    assert saved.json()["title"] == read.json()["title"]
    assert (stale.status_code, blind.status_code) == (412, 428)
    assert (emptied.json()["answers"], emptied.json()["title"]) == ({}, None)
    assert emptied.json()["summary"] == "Shorter."


async def test_concurrent_saves_of_one_version_change_it_once(service: Applications) -> None:
    season = await service.season()
    applicant = await service.drafted(season)
    match = (await applicant.lead.get(applicant.path)).headers["ETag"]

    answers = await asyncio.gather(
        *(applicant.lead.patch(applicant.path, {"summary": f"Number {n}"}, match=match) for n in range(6))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]


async def test_bad_content_is_refused_and_nothing_of_it_is_kept(service: Applications) -> None:
    bad: list[object] = [
        {"title": "bidi \u202eoverride"},
        {"title": "two\nlines"},
        {"summary": "bell \u0007"},
        {"summary": "nul \u0000"},
        {"answers": {"problem": "isolate \u2066x\u2069"}},
        {"answers": {"Not An Id": "x"}},
        {"answers": {f"field-{n}": "x" for n in range(41)}},
        {"answers": {f"field-{n}": "x" * 19_000 for n in range(6)}},
        {"challenge_ids": [str(uuid4())]},
        {"challenge_ids": ["not-an-id"]},
        {"status": "selected"},
        {"title": 12},
        {"title": "x" * 201},
        {"title": "   "},
        [],
    ]
    season = await service.season()
    applicant = await service.drafted(season)
    before = await applicant.lead.get(applicant.path)

    answers = [await applicant.lead.patch(applicant.path, each, match=before.headers["ETag"]) for each in bad]

    assert [answer.status_code for answer in answers] == [422] * len(bad)
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert all(answer.json()["detail"] for answer in answers)
    assert (await applicant.lead.get(applicant.path)).json() == before.json()


async def test_what_is_handed_in_is_frozen_told_and_sent(service: Applications) -> None:
    season = await service.season()
    applicant = await service.drafted(season)

    receipt = (await applicant.lead.post(f"{applicant.path}/submit")).json()

    assert (receipt["revision"], receipt["status"]) == (1, "submitted")
    assert receipt["deadline"]["instant"] == "2027-02-28T23:59:00Z"
    assert await service.told(applicant.application_id) == ["application.drafted", "application.submitted"]
    [row] = await service.fetch(
        "SELECT * FROM revision WHERE application_id = CAST(:id AS uuid)", id=applicant.application_id
    )
    dossier = Dossier(
        application_id=row.application_id,
        revision=row.number,
        startup=row.startup,
        title=row.title,
        summary=row.summary,
        answers=row.answers,
        attachments=tuple(Attachment.model_validate(each) for each in row.attachments),
        salt=row.salt,
    )
    assert dossier.digest() == receipt["dossier_digest"]
    [sent] = await service.fetch(
        "SELECT value FROM outbox_pending WHERE topic = 'dossiers.v1' AND key = :key",
        key=f"{applicant.application_id}/1",
    )
    assert Dossier.from_bytes(sent.value) == dossier


async def test_who_hands_in_gets_a_receipt_that_says_what_the_log_says(service: Applications) -> None:
    season = await service.season()
    applicant = await service.drafted(season)

    answers = [await applicant.lead.post(f"{applicant.path}/submit", key="the-same-click") for _ in range(2)]
    vkey = (await applicant.lead.get("/receipt-key")).text

    assert answers[0].json()["receipt"] == answers[1].json()["receipt"]
    receipt = read_receipt(answers[0].json()["receipt"].encode(), [VerifierKey.parse(vkey.strip())])
    [event] = await service.fetch(
        "SELECT * FROM event_log WHERE type = 'io.datacity.application.submitted.v1' AND subject = :subject",
        subject=applicant.application_id,
    )
    assert (receipt.event, receipt.value, receipt.subject) == (str(event.event_id), event.value, event.subject)
    assert receipt.facts["deadline"]["instant"] == "2027-02-28T23:59:00Z"
    assert receipt.facts["dossier_digest"] == answers[0].json()["dossier_digest"]


async def test_an_incomplete_draft_says_what_is_missing(service: Applications) -> None:
    season = await service.season()
    applicant = await service.drafted(season, title=None, challenge_ids=[])

    answer = await applicant.lead.post(f"{applicant.path}/submit")

    assert (answer.status_code, slug(answer)) == (422, "incomplete-application")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/title", "#/challenge_ids"]


async def test_a_change_is_handed_in_by_submitting_again(service: Applications) -> None:
    season = await service.season()
    applicant = await service.submitted(season)

    again = await applicant.lead.post(f"{applicant.path}/submit")
    await applicant.lead.patch(applicant.path, {"title": "Better ears"})
    between = (await applicant.lead.get(f"{applicant.path}/versions")).json()
    stale = await applicant.lead.post(f"{applicant.path}/submit", match='"1"')
    revised = await applicant.lead.post(f"{applicant.path}/submit", key="the-same-click")
    repeated = await applicant.lead.post(f"{applicant.path}/submit", key="the-same-click")

    assert slug(again) == "nothing-changed"
    assert between["unsubmitted_changes"] is True
    assert stale.status_code == 412
    assert (revised.json()["revision"], repeated.json()) == (2, revised.json())
    versions = (await applicant.lead.get(f"{applicant.path}/versions")).json()
    assert [(each["number"], each["title"]) for each in versions["revisions"]] == [
        (1, "Ears on the pipes"),
        (2, "Better ears"),
    ]
    assert versions["unsubmitted_changes"] is False
    assert await service.told(applicant.application_id) == [
        "application.drafted",
        "application.submitted",
        "application.revised",
    ]


async def test_the_servers_clock_decides_and_the_refusal_states_both_times(service: Applications) -> None:
    season = await service.season(own_deadlines={1: CLOSES - timedelta(days=3)})
    early = await service.drafted(season, challenge_ids=season.challenge_ids[:2])
    other = await service.drafted(season)

    service.clock.turn_to(CLOSES - timedelta(days=3))
    at_the_minute = await early.lead.post(f"{early.path}/submit")
    await early.lead.patch(early.path, {"title": "Another title"})
    service.clock.forward(microseconds=1)
    too_late = await early.lead.post(f"{early.path}/submit")
    service.clock.turn_to(CLOSES)
    in_time = await other.lead.post(f"{other.path}/submit")
    service.clock.forward(seconds=1)
    changed = await other.lead.patch(other.path, {"title": "Too late"})

    assert at_the_minute.status_code == 200
    assert (too_late.status_code, slug(too_late)) == (409, "deadline-passed")
    problem = too_late.json()
    assert problem["deadline"]["zone"] == "Africa/Casablanca"
    assert problem["deadline"]["instant"] == "2027-02-25T23:59:00+00:00"
    assert problem["now"] == "2027-02-25T23:59:00.000001+00:00"
    assert "2027-02-25 23:59 Africa/Casablanca (UTC+00:00)" in problem["detail"]
    assert in_time.status_code == 200
    assert slug(changed) == "deadline-passed"


async def test_before_the_opening_one_may_write_and_not_hand_in(service: Applications) -> None:
    season = await service.season()
    service.clock.moment = NOW
    applicant = await service.drafted(season)

    answer = await applicant.lead.post(f"{applicant.path}/submit")

    assert (answer.status_code, slug(answer)) == (409, "call-not-open")
    assert answer.json()["opens"]["local"] == "2026-12-01T08:00:00"


async def test_a_team_has_one_live_application_for_a_call(service: Applications) -> None:
    season = await service.season()
    applicant = await service.drafted(season)
    body = {"call_id": season.call_id, "team_id": applicant.team_id}

    answers = await asyncio.gather(*(applicant.lead.post("/applications", body) for _ in range(3)))
    withdrawn = await applicant.lead.post(f"{applicant.path}/withdraw")
    anew = await asyncio.gather(*(applicant.lead.post("/applications", body) for _ in range(3)))

    assert {(answer.status_code, slug(answer)) for answer in answers} == {(409, "already-applied")}
    assert withdrawn.json()["status"] == "withdrawn"
    assert sorted(answer.status_code for answer in anew) == [201, 409, 409]


async def test_what_one_account_can_fill_is_bounded(service: Applications) -> None:
    season = await service.season()
    applicant = await service.drafted(season)
    body = {"call_id": season.call_id, "team_id": applicant.team_id}
    path = applicant.path

    formed = [await applicant.lead.post("/teams", {"name": f"Team {n}"}) for n in range(MOST_LED)]
    begun = []
    for _ in range(MOST_ATTEMPTS):
        await applicant.lead.post(f"{path}/withdraw")
        begun.append(await applicant.lead.post("/applications", body))
        path = f"/applications/{begun[-1].json().get('id')}"

    assert [answer.status_code for answer in formed] == [201] * (MOST_LED - 1) + [409]
    assert slug(formed[-1]) == "too-many-teams"
    assert [answer.status_code for answer in begun] == [201] * (MOST_ATTEMPTS - 1) + [409]
    assert slug(begun[-1]) == "too-many-attempts"


async def test_a_withdrawn_application_is_over(service: Applications) -> None:
    season = await service.season()
    applicant = await service.submitted(season)
    await applicant.lead.post(f"{applicant.path}/withdraw")

    refusals = {
        "submit": await applicant.lead.post(f"{applicant.path}/submit"),
        "withdraw": await applicant.lead.post(f"{applicant.path}/withdraw"),
        "change": await applicant.lead.patch(applicant.path, {"title": "Again"}),
    }

    assert {name: slug(answer) for name, answer in refusals.items()} == {
        "submit": "wrong-status",
        "withdraw": "wrong-status",
        "change": "not-writable",
    }
    assert (await service.told(applicant.application_id))[-1] == "application.withdrawn"


async def test_screening_waits_for_the_opening_and_is_done_once(service: Applications) -> None:
    season = await service.season()
    good, bad, withdrawn = [await service.submitted(season) for _ in range(3)]
    await withdrawn.lead.post(f"{withdrawn.path}/withdraw")
    sealed = await service.staff.post(f"{good.path}/admit")
    await service.open_files(season)

    admitted = await service.staff.post(f"{good.path}/admit")
    twice = await service.staff.post(f"{good.path}/admit")
    unreasoned = await service.staff.post(f"{bad.path}/decline", {"reasons": [], "words": "No."})
    declined = await service.staff.post(
        f"{bad.path}/decline", {"reasons": ["off-topic"], "words": "Merci.\nUne autre fois."}
    )

    assert (sealed.status_code, slug(sealed)) == (403, "sealed")
    assert (await service.staff.post(f"{withdrawn.path}/admit")).status_code == 404
    assert (admitted.json()["status"], admitted.json()["screening"]["admitted"]) == ("submitted", True)
    assert slug(twice) == "already-screened"
    assert unreasoned.status_code == 422
    assert (declined.json()["status"], declined.json()["screening"]["admitted"]) == ("submitted", False)
    untold = (await bad.lead.get(bad.path)).json()
    assert (untold["status"], untold["screening"]) == ("submitted", None)

    assert (await service.staff.post(f"/calls/{season.call_id}/screening/publish")).status_code == 200

    assert (await good.lead.get(good.path)).json()["status"] == "admitted"
    seen = (await bad.lead.get(bad.path)).json()["screening"]
    assert (seen["admitted"], seen["reasons"], seen["words"]) == (False, ["off-topic"], "Merci.\nUne autre fois.")
    [told] = await service.fetch(
        "SELECT value FROM event_log WHERE subject = :id AND type LIKE '%declined%'", id=bad.application_id
    )
    assert b"Merci" not in told.value


async def test_a_call_is_closed_once_whoever_does_it(service: Applications) -> None:
    season = await service.season()
    await service.submitted(season)
    withdrawn = await service.submitted(season)
    await withdrawn.lead.post(f"{withdrawn.path}/withdraw")
    early = await service.staff.post(f"/calls/{season.call_id}/open-files")
    service.clock.turn_to(CLOSES + timedelta(seconds=1))
    await asyncio.gather(*(service.close() for _ in range(4)))

    opened = await service.staff.post(f"/calls/{season.call_id}/open-files")

    assert (early.status_code, slug(early)) == (409, "call-not-closed")
    assert int(early.headers["Retry-After"]) > 0
    assert opened.json()["status"] == "files-opened"
    assert slug(await service.staff.post(f"/calls/{season.call_id}/open-files")) == "files-already-open"
    assert await service.told(season.call_id) == ["call.announced", "call.closed", "call.files-opened"]
    [closed] = await service.fetch(
        "SELECT convert_from(value, 'UTF8')::jsonb AS value FROM event_log"
        " WHERE subject = :id AND type LIKE '%closed%'",
        id=season.call_id,
    )
    assert closed.value["submitted"] == 1


async def test_lists_go_on_where_the_page_before_ended(service: Applications) -> None:
    for _ in range(3):
        await service.staff.post("/editions", edition_body())

    seen, cursor = [], None
    while True:
        page = (await service.anybody.get("/editions", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        seen += [edition["id"] for edition in page["items"]]
        cursor = page["next"]
        if not cursor:
            break

    assert len(seen) == len(set(seen))
    assert len(seen) == (await service.fetch("SELECT count(*) AS n FROM edition"))[0].n


def test_the_tests_call_closes_at_its_wall_time() -> None:
    assert CLOSES.replace(tzinfo=UTC).isoformat() == "2027-02-28T23:59:00+00:00"
