"""Applications forgets a person: rows, files and stored answers, and says what stays; on a real database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from services.applications.domain.erasure import FILES_KEPT
from services.applications.handlers import erasure
from services.applications.jobs import finish_next
from shared.events.selection import ReviewAssigned
from tests.support.applications import Applicant, Applications, Caller, Season, applications, pdf, record_of
from tests.support.canaries import seen_in_database
from tests.support.stack import Backbone

CANARY = "canari-zq7"
WORDS = {"title": f"{CANARY} title", "summary": f"{CANARY} summary", "answers": {"problem": f"{CANARY} answer"}}


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as made:
        yield made


@pytest.fixture
async def season(service: Applications) -> Season:
    return await service.season()


async def ask(asking: Caller, person: Any, *, dry_run: bool = False) -> httpx.Response:
    return await asking.post(f"/people/{person}/erasure", {"dry_run": dry_run})


async def forgotten(asking: Caller, person: Any, *, dry_run: bool = False) -> dict[str, Any]:
    answer = await ask(asking, person, dry_run=dry_run)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def canaries(service: Applications) -> list[str]:
    url = service.app.state.works.engine.url.render_as_string(hide_password=False)
    return sorted({sighting.where for sighting in await seen_in_database(url, [CANARY])})


async def alone(service: Applications, season: Season) -> Applicant:
    """A person with the word in every field that there is, whose file nobody else wrote."""
    lead = service.caller("applicant")
    contact = {"name": f"{CANARY} Personne", "email": f"{CANARY}@people.example", "language": "ar"}
    await lead.put("/people/me", contact)
    team = (await lead.post("/teams", {"name": f"{CANARY} team"}, key="once")).json()["id"]
    application = (await lead.post("/applications", {"call_id": season.call_id, "team_id": team})).json()["id"]
    applicant = Applicant(lead=lead, team_id=team, path=f"/applications/{application}")
    await lead.patch(applicant.path, {**WORDS, "challenge_ids": season.challenge_ids[:1]})
    deck = pdf() + f"% {CANARY}\n".encode()
    assert (await lead.upload(applicant.path, deck, name=f"{CANARY}.pdf")).status_code == 201
    assert (await lead.post(f"{applicant.path}/submit", key="submit")).status_code == 200
    await lead.patch(applicant.path, {"summary": f"{CANARY} revised"})
    assert (await lead.post(f"{applicant.path}/submit")).status_code == 200
    return applicant


async def together(service: Applications, season: Season) -> tuple[Applicant, Caller]:
    """A file that its lead wrote with another."""
    applicant = await service.drafted(season)
    other = await service.registered()
    added = await applicant.lead.post(f"/teams/{applicant.team_id}/members", {"person_ids": [str(other.person_id)]})
    assert added.status_code == 201, added.text
    assert (await applicant.lead.post(f"{applicant.path}/submit")).status_code == 200
    return applicant, other


async def tombstones(service: Applications) -> list[tuple[str, str]]:
    rows = await service.fetch("SELECT topic, key FROM outbox_pending WHERE logged_at IS NULL AND value IS NULL")
    return sorted((row.topic, row.key) for row in rows)


async def test_nothing_that_the_person_wrote_is_left_and_the_log_is_as_it_was(
    service: Applications, season: Season
) -> None:
    applicant = await alone(service, season)
    log = await service.fetch("SELECT position, event_id, value FROM event_log ORDER BY position")
    assert {"person.name", "revision.summary", "attachment_content.content", "idempotency_keys.body"} <= set(
        await canaries(service)
    )

    done = await forgotten(service.staff, applicant.lead.person_id)

    assert await canaries(service) == []
    assert done["state"] == "forgotten"
    assert done["erased"] == {
        "application": 1, "attachment": 1, "attachment_content": 1, "draft_version": 2, "idempotency_keys": 2,
        "outbox_pending": 1,
        "person": 1, "revision": 2, "team": 1, "team_member": 1,
    }  # fmt: skip
    after = await service.fetch("SELECT position, event_id, value FROM event_log ORDER BY position")
    assert after[: len(log)] == log


async def test_a_tombstone_goes_out_for_the_person_and_for_each_revision(service: Applications, season: Season) -> None:
    applicant = await alone(service, season)

    await forgotten(service.staff, applicant.lead.person_id)

    id_ = applicant.application_id
    person = ("people.v1", str(applicant.lead.person_id))
    assert await tombstones(service) == [("dossiers.v1", f"{id_}/1"), ("dossiers.v1", f"{id_}/2"), person]
    assert await service.told(applicant.lead.person_id) == ["person.registered", "person.forgotten", "person.erased"]
    assert (await service.told(id_))[-1] == "application.withdrawn"


async def test_a_rehearsal_tells_the_same_and_changes_nothing(service: Applications, season: Season) -> None:
    applicant = await alone(service, season)
    before = await canaries(service)
    count = "SELECT count(*) FROM event_log"
    events = await service.fetch(count)

    rehearsed = await forgotten(service.staff, applicant.lead.person_id, dry_run=True)
    assert await canaries(service) == before
    assert await service.fetch(count) == events
    done = await forgotten(service.staff, applicant.lead.person_id)

    assert rehearsed["dry_run"] is True
    assert (rehearsed["erased"], rehearsed["files"]) == (done["erased"], done["files"])


async def test_asked_again_nothing_more_happens(service: Applications, season: Season) -> None:
    applicant = await alone(service, season)
    first = await forgotten(service.staff, applicant.lead.person_id)
    sent = await tombstones(service)

    again = await forgotten(service.staff, applicant.lead.person_id)

    assert (again["already"], again["erased"], again["forgotten_at"]) == (True, {}, first["forgotten_at"])
    assert await tombstones(service) == sent


async def test_a_shared_file_goes_on_with_the_others_and_one_of_them_leads(
    service: Applications, season: Season
) -> None:
    applicant, other = await together(service, season)
    before = (await other.get(applicant.path)).json()

    done = await forgotten(service.staff, applicant.lead.person_id)

    assert [(each["fate"], each["led_by"]) for each in done["files"]] == [("kept", str(other.person_id))]
    assert {each["because"] for each in done["kept"]} == {"shared-file", "opaque-id", "proof"}
    after = (await other.get(applicant.path)).json()
    assert (after["title"], after["summary"], after["answers"]) == (
        before["title"],
        before["summary"],
        before["answers"],
    )
    assert (await other.post(f"{applicant.path}/withdraw")).status_code == 200
    assert (await applicant.lead.get(applicant.path)).status_code == 404
    assert "application.lead-passed" in await service.told(applicant.application_id)


async def test_the_last_one_of_a_team_takes_the_file_along(service: Applications, season: Season) -> None:
    applicant, other = await together(service, season)

    await forgotten(service.staff, applicant.lead.person_id)
    done = await forgotten(service.staff, other.person_id)

    assert [each["fate"] for each in done["files"]] == ["forgotten"]
    assert ("dossiers.v1", f"{applicant.application_id}/1") in await tombstones(service)


async def test_a_team_that_never_applied_loses_its_name_with_its_last_member(service: Applications) -> None:
    lead, other = await service.registered(), await service.registered()
    alone = (await lead.post("/teams", {"name": f"{CANARY} alone"})).json()["id"]
    shared = (await lead.post("/teams", {"name": "Shared"})).json()["id"]
    await lead.post(f"/teams/{shared}/members", {"person_ids": [str(other.person_id)]})

    await forgotten(service.staff, lead.person_id)

    names = {str(row.id): row.name for row in await service.fetch("SELECT id, name FROM team")}
    assert names == {alone: "", shared: "Shared"}
    assert (await other.get(f"/teams/{shared}")).json()["lead_id"] == str(other.person_id)


async def test_two_of_a_team_who_leave_at_once_leave_no_file_behind(service: Applications, season: Season) -> None:
    applicant, other = await together(service, season)

    answers = await asyncio.gather(ask(service.staff, applicant.lead.person_id), ask(service.staff, other.person_id))

    assert {answer.status_code for answer in answers} == {200}
    assert (await service.fetch("SELECT title, summary FROM application"))[0] == (None, None)


async def test_a_person_may_ask_for_itself_and_for_nobody_else(service: Applications, season: Season) -> None:
    applicant = await alone(service, season)
    stranger = await service.registered()

    refused = await ask(stranger, applicant.lead.person_id)
    done = await forgotten(applicant.lead, applicant.lead.person_id)

    assert refused.status_code == 403
    assert done["state"] == "forgotten"


async def test_whom_nobody_knows_is_not_found(service: Applications) -> None:
    answer = await ask(service.staff, uuid4())

    assert answer.status_code == 404
    assert "guest" in answer.json()["detail"]


async def test_a_forgotten_person_stays_forgotten(service: Applications, season: Season) -> None:
    applicant = await alone(service, season)
    await forgotten(service.staff, applicant.lead.person_id)
    again = {"name": "Anew", "email": "anew@people.example", "language": "fr"}

    put = await applicant.lead.put("/people/me", again)
    team = await applicant.lead.post("/teams", {"name": "Anew"})

    assert (put.status_code, put.json()["type"].rpartition("/")[2]) == (409, "person-was-forgotten")
    assert team.status_code == 409
    assert (await applicant.lead.get("/people/me")).status_code == 404


async def test_a_juror_is_told_what_becomes_of_its_reviews(service: Applications, season: Season) -> None:
    juror = await service.registered("juror")
    assert juror.person_id
    assigned = ReviewAssigned(review_id=uuid4(), application_id=uuid4(), challenge_id=uuid4(), juror_id=juror.person_id)
    await service.hear(record_of(assigned))

    done = await forgotten(service.staff, juror.person_id, dry_run=True)

    assert "given back" in done["duties"][0]


async def hold(service: Applications, person: Any, ground: str, **changes: Any) -> httpx.Response:
    until = (service.clock.moment + timedelta(days=400)).isoformat()
    return await service.staff.post(
        f"/people/{person}/holds", {"ground": ground, "reference": "case 7", "until": until, **changes}
    )


async def test_a_dispute_keeps_everything_until_it_ends_and_then_it_goes(service: Applications, season: Season) -> None:
    applicant = await alone(service, season)
    placed = (await hold(service, applicant.lead.person_id, "dispute")).json()
    before = await canaries(service)

    done = await forgotten(service.staff, applicant.lead.person_id)
    assert await finish_next(service.app.state.works) is False
    assert (done["state"], await canaries(service)) == ("deferred", before)
    assert {each["because"] for each in done["kept"]} == {"dispute"}
    lifted = await service.staff.post(f"/people/{applicant.lead.person_id}/holds/{placed['id']}/lift")

    assert lifted.status_code == 200
    assert await finish_next(service.app.state.works) is True
    assert await finish_next(service.app.state.works) is False
    assert await canaries(service) == []


async def test_accounts_keep_the_contact_alone_and_for_as_long_as_they_must(
    service: Applications, season: Season
) -> None:
    applicant = await alone(service, season)
    await hold(service, applicant.lead.person_id, "accounting")

    await forgotten(service.staff, applicant.lead.person_id)
    assert {where.partition(".")[0] for where in await canaries(service)} == {"person", "outbox_pending"}
    service.clock.forward(days=401)

    assert await finish_next(service.app.state.works) is True
    assert await canaries(service) == []


async def test_a_hold_that_can_not_be_is_refused(service: Applications, season: Season) -> None:
    applicant = await alone(service, season)
    person = applicant.lead.person_id
    too_long = (service.clock.moment + timedelta(days=5000)).isoformat()

    assert (await hold(service, person, "dispute", until=too_long)).status_code == 422
    assert (await hold(service, uuid4(), "dispute")).status_code == 404
    assert (await hold(service, person, "curiosity")).status_code == 422
    await forgotten(service.staff, person)
    assert (await hold(service, person, "dispute")).status_code == 409


async def test_two_workers_finish_one_wish_once(service: Applications, season: Season) -> None:
    applicant = await alone(service, season)
    await hold(service, applicant.lead.person_id, "dispute")
    await forgotten(service.staff, applicant.lead.person_id)
    service.clock.forward(days=401)

    done = await asyncio.gather(*(finish_next(service.app.state.works) for _ in range(2)))

    assert sorted(done) == [False, True]
    assert (await service.told(applicant.lead.person_id)).count("person.forgotten") == 1


async def test_a_file_whose_time_is_over_is_forgotten_and_its_people_are_not(
    service: Applications, season: Season
) -> None:
    applicant = await alone(service, season)
    works = service.app.state.works
    service.clock.moment += FILES_KEPT + timedelta(days=1)

    async with works.begin(now=service.clock.moment) as work:
        done = await erasure.forget_old_files(work, limit=10)
    async with works.begin(now=service.clock.moment) as work:
        again = await erasure.forget_old_files(work, limit=10)

    assert (done, again) == (1, 0)
    left = {where.partition(".")[0] for where in await canaries(service)}
    assert left == {"person", "outbox_pending"}
    assert ("dossiers.v1", f"{applicant.application_id}/2") in await tombstones(service)


async def test_an_old_file_leaves_its_team_the_name_under_which_it_applies_anew(
    service: Applications, season: Season
) -> None:
    applicant = await alone(service, season)
    assert (await applicant.lead.post(f"{applicant.path}/withdraw")).status_code == 200
    begun = {"call_id": season.call_id, "team_id": applicant.team_id}
    again = (await applicant.lead.post("/applications", begun)).json()["id"]
    await applicant.lead.patch(f"/applications/{again}", {"title": "Anew"})
    works = service.app.state.works

    async with works.begin(now=service.clock.moment) as work:
        old = text("UPDATE application SET created_at = created_at - interval '6 years' WHERE id = :id")
        await (await work.session.connection()).execute(old, {"id": applicant.application_id})
    async with works.begin(now=service.clock.moment) as work:
        done = await erasure.forget_old_files(work, limit=10)

    assert done == 1
    assert "team.name" in await canaries(service)
