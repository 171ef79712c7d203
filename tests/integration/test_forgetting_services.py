"""Selection, incubation and notifications obey tombstones in their own tables, and tell what they erased and keep."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.incubation.domain.workshops import GUESTS_KEPT
from services.incubation.handlers.guests import forget_old_guests
from services.notifications.personal import REGISTER as OF_NOTIFICATIONS
from services.selection.personal import REGISTER as OF_SELECTION
from shared.database import new_id
from shared.events import Dossier, Forgotten, Person
from shared.events import applications as a
from shared.events.erasures import DossierErased, PersonalDataExpired, PersonErased
from shared.events.forgetting import ErasureDeferred, ForgottenDossier, PersonForgotten
from shared.personal.expiring import expire_batch
from tests.support import incubation as i
from tests.support import notifications as n
from tests.support.canaries import seen_in_database
from tests.support.incubation import Incubation, incubation
from tests.support.notifications import LEAD, WHEN, Service, notifications
from tests.support.selection import Season, Selection, people, selection_on, submission
from tests.support.stack import Backbone

CANARY = "canari-zq7"


def words(what: str) -> str:
    return f"{CANARY} {what}"


async def canaries(url: Any) -> list[str]:
    found = await seen_in_database(url.render_as_string(hide_password=False), [CANARY])
    return sorted({sighting.where for sighting in found})


# Selection.


@pytest.fixture
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as made:
        yield made


def person_gone(person_id: UUID) -> Forgotten:
    return Forgotten("people.v1", str(person_id))


async def told(selection: Selection, subject: UUID, what: str) -> list[dict[str, Any]]:
    return [value for type_, value in await selection.events(subject) if type_ == what]


async def test_with_a_files_last_revision_goes_what_jurors_and_staff_wrote_about_it(selection: Selection) -> None:
    season = Season(selection)
    challenge, (juror, other) = await season.challenge(), people(2)
    file = await season.application(challenge, startup=words("startup"), title=words("title"), summary=words("summary"))
    await selection.hear(file.dossier(2, summary=words("revised")))
    jury = await season.jury(challenge, [juror, other], k=1)
    await season.assign(jury)
    (review,) = await selection.staff.items("/reviews", jury=jury["id"])
    writes = submission(revision=2, comment=words("comment"), note=words("note"))
    done = await selection.juror(UUID(review["juror_id"])).post(f"/reviews/{review['id']}/submit", writes)
    assert done.status_code == 200, done.text
    url = selection.app.state.works.engine.url
    assert {"dossier.summary", "review.comment", "review.note"} <= set(await canaries(url))

    await selection.hear(file.forgotten(1))
    assert "review.comment" in await canaries(url)
    await selection.hear(file.forgotten(2))

    assert await canaries(url) == []
    answers = await told(selection, file.application_id, "dossier.erased")
    assert [(each["revision"], each["erased"]) for each in answers] == [
        (1, {"dossier": 1}),
        (2, {"dossier": 1, "review": 2}),
    ]


async def test_a_juror_who_is_forgotten_gives_back_what_is_open_and_what_it_submitted_counts_on(
    selection: Selection,
) -> None:
    season = Season(selection)
    challenge, jurors = await season.challenge(), people(3)
    files = [await season.application(challenge) for _ in range(3)]
    jury = await season.jury(challenge, jurors, k=2)
    await season.assign(jury)
    leaver = jurors[0]
    mine = await selection.juror(leaver).get("/reviews", state="assigned")
    first, *rest = mine.json()["items"]
    writes = submission(comment="Clear, as it should be.", note=words("note"))
    assert (await selection.juror(leaver).post(f"/reviews/{first['id']}/submit", writes)).status_code == 200

    await selection.hear(person_gone(leaver))

    states = {
        row.id: row.state for row in await selection.sql("SELECT id, state FROM review WHERE juror_id = :j", j=leaver)
    }
    assert states[UUID(first["id"])] == "submitted"
    assert {states[UUID(each["id"])] for each in rest} == {"recused"}
    assert [row.comment for row in await selection.sql("SELECT comment FROM review WHERE comment IS NOT NULL")]
    appointed = (await told(selection, UUID(jury["id"]), "jury.appointed"))[-1]
    assert appointed["juror_ids"] == sorted(str(juror) for juror in jurors[1:])
    (answer,) = await told(selection, leaver, "person.erased")
    assert answer["erased"] == {"review": 1, "seat": 1}
    assert {(each["table"], each["because"]) for each in answer["kept"]} == {
        ("review", "opaque-id"),
        ("review", "reason-given"),
    }
    again = await season.assign(jury)
    assert str(leaver) not in {each["juror_id"] for each in again["reviews"] if not each["kept"]}
    assert len(files) == 3


async def test_a_tombstone_that_comes_again_is_answered_once(selection: Selection) -> None:
    stranger = new_id()

    await selection.hear(person_gone(stranger))
    await selection.hear(person_gone(stranger))

    assert await told(selection, stranger, "person.erased") == [{"person_id": str(stranger), "erased": {}, "kept": []}]


async def test_a_new_lead_reads_the_result(selection: Selection) -> None:
    season = Season(selection)
    file, lead = await season.application(await season.challenge()), new_id()

    await selection.hear(
        a.ApplicationLeadPassed(
            application_id=file.application_id, edition_id=season.edition_id, team_id=file.team_id, lead_id=lead
        )
    )

    assert [row.lead_id for row in await selection.sql("SELECT lead_id FROM candidate")] == [lead]


async def test_words_of_a_season_long_past_expire_and_that_is_told(selection: Selection) -> None:
    season = Season(selection)
    challenge, (juror,) = await season.challenge(), people(1)
    file = await season.application(challenge)
    jury = await season.jury(challenge, [juror])
    await season.assign(jury)
    await season.review_all(jury, {file.application_id: 7})
    works = selection.app.state.works

    async with works.begin() as work:
        early = await expire_batch(OF_SELECTION, work)
    async with works.begin(now=WHEN + timedelta(days=40_000)) as work:
        due = await expire_batch(OF_SELECTION, work)
    async with works.begin(now=WHEN + timedelta(days=40_000)) as work:
        left = await expire_batch(OF_SELECTION, work)

    assert (dict(early), dict(due), dict(left)) == ({}, {"review": 1}, {})
    assert [value["expired"] for type_, value in await selection.events() if type_ == "personal-data.expired"] == [
        {"review": 1}
    ]
    assert [row.comment for row in await selection.sql("SELECT comment FROM review")] == [None]


async def test_staff_take_out_what_is_held_on_a_person_and_that_is_on_record(selection: Selection) -> None:
    season = Season(selection)
    file = await season.application(await season.challenge(), summary=words("summary"))

    answer = await selection.staff.post(f"/operations/people/{file.lead_id}/export")
    refused = await selection.juror(new_id()).post(f"/operations/people/{file.lead_id}/export")

    assert (answer.status_code, refused.status_code) == (200, 403)
    pieces = {piece["table"]: piece for piece in answer.json()["pieces"]}
    assert set(pieces) == {"dossier", "candidate", "team_member"}
    assert pieces["dossier"]["says"]["summary"] == words("summary")
    assert pieces["dossier"]["purposes"]["summary"].endswith(".")
    exported = [value for type_, value in await selection.events() if type_ == "personal-data.exported"]
    assert [each["rows"] for each in exported] == [{"candidate": 1, "dossier": 1, "team_member": 1}]


async def test_a_survey_counts_what_would_go_and_what_would_stay(selection: Selection) -> None:
    season = Season(selection)
    file = await season.application(await season.challenge())
    path = f"/operations/people/{file.lead_id}"

    alone = (await selection.staff.get(path, file=str(file.application_id))).json()
    shared = (await selection.staff.get(path)).json()

    assert (alone["erased"], shared["erased"]) == ({"dossier": 1}, {})
    assert {each["because"] for each in alone["kept"]} == {"opaque-id"}
    assert {each["because"] for each in shared["kept"]} == {"opaque-id", "shared-file"}
    assert all(each["why"] for each in shared["kept"])


# Incubation.


@pytest.fixture
async def project(backbone: Backbone) -> AsyncIterator[Incubation]:
    async with incubation(backbone) as made:
        yield made


async def worked(service: Incubation) -> tuple[i.Cohort, UUID]:
    """A cohort whose lead and coach wrote the word into all that they can."""
    cohort = await service.cohort()
    path = f"/projects/{cohort.project_id}/milestones"
    planned = await cohort.coach.post(path, i.milestone_body(service, title=words("milestone")))
    milestone = planned.json()["id"]
    for verb, caller, body in (
        ("evidence", cohort.lead, {"text": words("evidence"), "links": [f"https://example.org/{CANARY}"]}),
        ("return", cohort.coach, {"words": words("advice")}),
    ):
        answer = await caller.post(f"/milestones/{milestone}/{verb}", body)
        assert answer.status_code in {200, 201}, answer.text
    dataset = (await cohort.owner.post("/datasets", i.dataset_body(cohort))).json()["id"]
    asked = {"project_id": str(cohort.project_id), "purpose": words("purpose")}
    grant = (await cohort.lead.post(f"/datasets/{dataset}/grants", asked, key="once")).json()["id"]
    refused = await cohort.owner.post(f"/grants/{grant}/refuse", {"words": words("refusal")})
    assert refused.status_code == 200, refused.text
    return cohort, UUID(milestone)


def url_of(service: Incubation) -> Any:
    return service.app.state.works.engine.url


async def test_what_one_of_a_startup_wrote_goes_with_that_person_and_the_rest_stays(project: Incubation) -> None:
    cohort, _ = await worked(project)

    await project.hear(i.tombstone(Person, key=str(cohort.lead.person_id)))

    assert await canaries(url_of(project)) == ["data_grant.words", "evidence.words", "milestone.title"]
    (erased,) = await project.fetch(
        "SELECT convert_from(value, 'UTF8')::jsonb AS told FROM event_log WHERE type = :type", type=PersonErased.TYPE
    )
    assert erased.told["erased"] == {"data_grant": 1, "evidence": 1, "idempotency_keys": 1}


async def test_with_the_file_goes_all_that_was_written_about_the_startup(project: Incubation) -> None:
    cohort, _ = await worked(project)

    await project.hear(i.tombstone(Dossier, key=f"{cohort.application_id}/1"))

    assert await canaries(url_of(project)) == []
    (erased,) = await project.fetch(
        "SELECT convert_from(value, 'UTF8')::jsonb AS told FROM event_log WHERE type = :type", type=DossierErased.TYPE
    )
    assert erased.told["erased"] == {
        "data_grant": 2, "evidence": 2, "idempotency_keys": 1, "milestone": 1, "startup": 1
    }  # fmt: skip


async def test_a_coach_who_is_forgotten_leaves_a_project_that_needs_another(project: Incubation) -> None:
    cohort, _ = await worked(project)

    await project.hear(i.tombstone(Person, key=str(cohort.coach.person_id)))

    assert "evidence.words" not in await canaries(url_of(project))
    assert [row.coach_id for row in await project.fetch("SELECT coach_id FROM project")] == [None]


async def test_a_new_lead_speaks_for_the_startup(project: Incubation) -> None:
    cohort = await project.cohort()
    assert cohort.member.person_id
    passed = a.ApplicationLeadPassed(
        application_id=cohort.application_id,
        edition_id=cohort.edition_id,
        team_id=uuid4(),
        lead_id=cohort.member.person_id,
    )

    await project.hear(i.record_of(passed))

    assert [row.lead_id for row in await project.fetch("SELECT lead_id FROM project")] == [cohort.member.person_id]


async def guest_of(service: Incubation) -> UUID:
    cohort = await service.cohort()
    workshop = (await service.staff.post("/workshops", i.workshop_body(cohort))).json()["id"]
    body = i.guest_body(name=words("guest"), email=f"{CANARY}@guests.example")
    await service.anybody.post(f"/workshops/{workshop}/registrations", body)
    return UUID(str((await service.fetch("SELECT person_id FROM workshop_registration"))[0].person_id))


async def test_staff_forget_a_guest_and_its_seat_is_free(project: Incubation) -> None:
    guest = await guest_of(project)
    path = f"/guests/{guest}/erasure"

    rehearsed = (await project.staff.post(path, {"dry_run": True})).json()
    done = (await project.staff.post(path, {"dry_run": False})).json()
    await project.hear(i.tombstone(Person, key=str(guest)))
    again = (await project.staff.post(path, {})).json()
    unknown = await project.staff.post(f"/guests/{uuid4()}/erasure", {})

    assert (rehearsed["seats"], done["seats"], done["already"], again["already"]) == (1, 1, False, True)
    assert unknown.status_code == 404
    assert await canaries(url_of(project)) == []
    assert [row.seats_taken for row in await project.fetch("SELECT seats_taken FROM workshop")] == [0]
    keys = await project.fetch("SELECT key FROM outbox_pending WHERE topic = 'people.v1'")
    assert [row.key for row in keys] == [str(guest)]


async def test_a_guest_is_forgotten_some_time_after_the_workshop_once(project: Incubation) -> None:
    guest = await guest_of(project)
    works = project.app.state.works

    async with works.begin(now=project.clock.moment) as work:
        early = await forget_old_guests(work, limit=10)
    project.clock.moment += GUESTS_KEPT + timedelta(days=10)
    async with works.begin(now=project.clock.moment) as work:
        due = await forget_old_guests(work, limit=10)
    async with works.begin(now=project.clock.moment) as work:
        again = await forget_old_guests(work, limit=10)
    await project.hear(i.tombstone(Person, key=str(guest)))

    assert (early, due, again) == (0, 1, 0)
    assert await canaries(url_of(project)) == []


# Notifications.


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    async with notifications(backbone) as made:
        yield made


async def test_a_contact_and_all_words_to_it_go_and_the_log_stays(service: Service) -> None:
    async with n.catcher() as (_, smtp):
        await service.hear_person(n.person(name=words("name"), email=f"{CANARY}@people.example"))
        await service.hear(n.drafted())
        await service.hear(n.submitted())

        async def sent() -> Any:
            return await service.scalar("SELECT count(*) FROM mail WHERE state = 'sent'")

        async with service.sending_mail(smtp_url=smtp):
            await n.until(sent, what="a mail that was sent")
    url = service.works.engine.url
    assert {"contact.name", "mail.address", "mail.text"} <= set(await canaries(url))
    log = await service.rows("SELECT position, event_id, value, data FROM entry ORDER BY position")

    await service.hear_forgotten(LEAD)

    assert await canaries(url) == []
    assert await service.rows("SELECT position, event_id, value, data FROM entry ORDER BY position") == log
    (erased,) = await service.told(PersonErased.TYPE)
    assert erased["erased"] == {"contact": 1, "mail": 1}
    assert {each["because"] for each in erased["kept"]} == {"opaque-id"}


async def test_letters_to_a_new_lead_go_to_that_one(service: Service) -> None:
    await service.hear(n.drafted())
    lead = uuid4()

    await service.hear(
        a.ApplicationLeadPassed(application_id=n.APPLICATION, edition_id=n.EDITION, team_id=uuid4(), lead_id=lead)
    )

    assert await service.scalar("SELECT lead_id FROM file") == lead


async def test_old_letters_lose_their_words(service: Service) -> None:
    await service.hear_person(n.person())
    await service.hear(n.submitted())
    async with service.works.begin() as work:
        await (await work.session.connection()).execute(
            text("UPDATE mail SET text = 'words', address = 'a@b.example', created_at = now() - interval '91 days'")
        )
    async with service.works.begin() as work:
        expired = await expire_batch(OF_NOTIFICATIONS, work)

    assert dict(expired) == {"mail": 1}
    assert await service.rows("SELECT text, address FROM mail") == [(None, None)]


async def test_two_workers_expire_each_letter_once(service: Service) -> None:
    await service.hear_person(n.person())
    for _ in range(4):
        await service.hear(n.submitted(uuid4()))
    async with service.works.begin() as work:
        old = "UPDATE mail SET text = 'words', created_at = now() - interval '91 days'"
        await (await work.session.connection()).execute(text(old))

    async def expire() -> int:
        async with service.works.begin() as work:
            return (await expire_batch(OF_NOTIFICATIONS, work)).total()

    done = await asyncio.gather(expire(), expire())

    told = await service.told(PersonalDataExpired.TYPE)
    assert sum(done) == sum(each["expired"]["mail"] for each in told) == 4
    assert await service.rows("SELECT id FROM mail WHERE text IS NOT NULL") == []


def answer(service: str, event: PersonErased | DossierErased, made_by: Service) -> Any:
    return made_by.envelope(event, source=f"/services/{service}", topic=f"{service}.events.v1")


async def test_the_report_is_complete_once_all_have_answered(service: Service) -> None:
    file = uuid4()
    ordered = PersonForgotten(
        person_id=LEAD, forgotten_at=WHEN, dossiers=[ForgottenDossier(application_id=file, revision=1)]
    )
    path = f"/erasures/{LEAD}"
    unknown = await service.get(path, "staff", status=404)
    await service.hear(service.envelope(ordered, source="/services/applications", topic="applications.events.v1"))

    begun = await service.get(path, "staff")
    for name in ("applications", "selection", "incubation", "notifications"):
        await service.hear(answer(name, PersonErased(person_id=LEAD, erased={"mail": 2}, kept=[]), service))
    for name in ("selection", "incubation"):
        erased = DossierErased(application_id=file, revision=1, erased={"dossier": 1})
        await service.hear(answer(name, erased, service))
    done = await service.get(path, "auditor")

    assert "try again" in unknown["detail"]
    assert (begun["state"], begun["complete"]) == ("forgotten", False)
    assert set(begun["missing"]) == {"applications", "selection", "incubation", "notifications"}
    assert (done["complete"], done["missing"]) == (True, {})
    assert {each["service"]: each["erased"] for each in done["services"]}["selection"] == {"mail": 2, "dossier": 1}


async def test_a_deferral_is_reported_with_what_keeps_it_and_until_when(service: Service) -> None:
    kept = [{"table": "person", "rows": 1, "because": "accounting"}]
    deferred = ErasureDeferred.model_validate({"person_id": LEAD, "kept": kept, "until": WHEN, "dossiers": []})
    await service.hear(service.envelope(deferred, source="/services/applications", topic="applications.events.v1"))

    report = await service.get(f"/erasures/{LEAD}", "applicant", person_id=str(LEAD))
    await service.get(f"/erasures/{LEAD}", "applicant", person_id=str(uuid4()), status=403)

    assert (report["state"], report["complete"]) == ("deferred", False)
    assert report["kept"][0]["why"].startswith("Accounts")
