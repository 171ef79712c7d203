"""Focus groups and workshops over HTTP: who belongs, who gets a seat, and what a stranger can't find out."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest_asyncio

from shared.events.forgettable import Person
from tests.support.incubation import Cohort, Incubation, guest_body, incubation, tombstone, workshop_body
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Incubation]:
    async with incubation(backbone) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def cohort(service: Incubation) -> Cohort:
    return await service.cohort()


async def scheduled(service: Incubation, cohort: Cohort, **changes: Any) -> dict[str, Any]:
    answer = await service.staff.post("/workshops", workshop_body(cohort, **changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def representatives(*organisations: str) -> list[dict[str, str]]:
    return [{"person_id": str(uuid4()), "organisation": organisation} for organisation in organisations]


# Focus groups.


async def test_a_focus_group_brings_numa_and_the_partner_together(service: Incubation, cohort: Cohort) -> None:
    of = representatives("numa", "lydec", "lydec")
    body = {"challenge_id": str(cohort.challenge_id), "representatives": of}

    formed = await service.staff.post("/focus-groups", body)

    assert formed.status_code == 201
    view = formed.json()
    assert view["numa_representative_id"] == of[0]["person_id"]
    assert view["partner_representative_ids"] == [of[1]["person_id"], of[2]["person_id"]]
    assert view["project_ids"] == [str(cohort.project_id)]
    for caller in (cohort.owner, cohort.lead, cohort.coach, service.staff):
        assert (await caller.get(f"/focus-groups/{view['id']}")).json() == view
        assert view in (await caller.get("/focus-groups", limit=200)).json()["items"]
    for stranger in (service.caller("applicant"), service.caller("partner", organisation="inwi")):
        assert (await stranger.get(f"/focus-groups/{view['id']}")).status_code == 403
        assert (await stranger.get("/focus-groups")).json()["items"] == []


async def test_a_focus_group_of_another_make_is_refused(service: Incubation, cohort: Cohort) -> None:
    twice = representatives("numa", "lydec")
    twice[1]["person_id"] = twice[0]["person_id"]
    wrong = [
        representatives("lydec"),
        representatives("numa"),
        representatives("numa", "numa", "lydec"),
        representatives("numa", "inwi"),
        representatives("numa", "lydec", "inwi"),
        twice,
    ]
    for people in wrong:
        body = {"challenge_id": str(cohort.challenge_id), "representatives": people}
        answer = await service.staff.post("/focus-groups", body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/representatives")
    assert await service.fetch("SELECT 1 FROM focus_group WHERE challenge_id = :id", id=cohort.challenge_id) == []


async def test_a_challenge_has_one_focus_group_even_if_two_are_formed_at_once(
    service: Incubation, cohort: Cohort
) -> None:
    body = {"challenge_id": str(cohort.challenge_id), "representatives": representatives("numa", "lydec")}

    answers = await asyncio.gather(*(service.staff.post("/focus-groups", body) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409).json()
    assert refused["type"].endswith("/focus-group-exists")
    assert "focus_group_id" in refused


# Workshops.


async def test_a_workshop_is_at_its_wall_time(service: Incubation, cohort: Cohort) -> None:
    """Casablanca is at UTC for good since September 2026, whatever this machine's own zone data say."""
    workshop = await scheduled(service, cohort)

    assert workshop["starts_at"] == "2026-12-02T18:00:00Z"
    assert (workshop["starts_local"], workshop["zone"]) == ("2026-12-02T18:00:00", "Africa/Casablanca")
    assert (await service.anybody.get(f"/workshops/{workshop['id']}")).json() == workshop


async def test_a_weekly_series_keeps_its_wall_time_when_clocks_change(service: Incubation, cohort: Cohort) -> None:
    body = workshop_body(cohort, starts_local="2027-03-24T18:00", zone="Europe/Paris", weeks=3)

    series = (await service.staff.post("/workshops/series", body)).json()["items"]

    assert [each["starts_local"] for each in series] == [
        "2027-03-24T18:00:00",
        "2027-03-31T18:00:00",
        "2027-04-07T18:00:00",
    ]
    assert [each["starts_at"] for each in series] == [
        "2027-03-24T17:00:00Z",
        "2027-03-31T16:00:00Z",
        "2027-04-07T16:00:00Z",
    ]
    for each in series:
        assert await service.told(subject=each["id"]) == ["workshop.scheduled"]


async def test_a_workshop_needs_a_time_to_come_and_a_known_place_in_time(service: Incubation, cohort: Cohort) -> None:
    for changes, status in (
        ({"starts_local": "2026-11-25T09:30"}, 409),
        ({"starts_local": "2040-01-01T10:00"}, 409),
        ({"starts_local": "2026-12-02T18:00Z"}, 422),
        ({"starts_local": "2026-12-02T18:00+01:00"}, 422),
        ({"starts_local": "9999-12-31T23:59"}, 409),
        ({"starts_local": 5}, 422),
        ({"zone": "Africa/Nowhere"}, 422),
        ({"zone": "../../etc/passwd"}, 422),
        ({"seats": 0}, 422),
        ({"seats": "20"}, 422),
        ({"title": {}}, 422),
        ({"edition_id": str(uuid4())}, 404),
    ):
        answer = await service.staff.post("/workshops", workshop_body(cohort, **changes))
        assert answer.status_code == status, (changes, answer.text)
    body = workshop_body(cohort, starts_local="9999-12-31T23:59", weeks=53)
    assert (await service.staff.post("/workshops/series", body)).status_code == 409


async def test_the_list_begins_with_what_starts_first_and_goes_on_page_by_page(
    service: Incubation, cohort: Cohort
) -> None:
    body = workshop_body(cohort, weeks=5)
    series = (await service.staff.post("/workshops/series", body)).json()["items"]
    seen, cursor = [], None
    for _ in range(3):
        params = {"edition_id": str(cohort.edition_id), "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await service.anybody.get("/workshops", **params)).json()
        seen += [each["id"] for each in page["items"]]
        cursor = page["next"]

    assert seen == [each["id"] for each in series]
    assert cursor is None
    upcoming = (await service.anybody.get("/workshops", edition_id=str(cohort.edition_id), upcoming=True)).json()
    assert len(upcoming["items"]) == 5


async def test_no_more_people_than_seats_however_many_come_at_once(service: Incubation, cohort: Cohort) -> None:
    workshop = await scheduled(service, cohort, seats=3)
    path = f"/workshops/{workshop['id']}/registrations"

    answers = await asyncio.gather(*(service.anybody.post(path, guest_body()) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [202] * 3 + [409] * 7
    assert len((await service.staff.get(path)).json()["items"]) == 3
    assert (await service.anybody.get(f"/workshops/{workshop['id']}")).json()["full"] is True
    assert (await service.told(key=workshop["id"])).count("workshop.registration-taken") == 3


async def test_the_same_guest_at_once_takes_one_seat(service: Incubation, cohort: Cohort) -> None:
    workshop = await scheduled(service, cohort)
    path, guest = f"/workshops/{workshop['id']}/registrations", guest_body()

    answers = await asyncio.gather(*(service.anybody.post(path, guest) for _ in range(5)))

    assert [answer.status_code for answer in answers] == [202] * 5
    assert len((await service.staff.get(path)).json()["items"]) == 1


async def test_an_answer_never_tells_whether_an_address_was_known(service: Incubation, cohort: Cohort) -> None:
    workshop = await scheduled(service, cohort)
    shown = (await service.anybody.get(f"/workshops/{workshop['id']}")).json()
    path, guest = f"/workshops/{workshop['id']}/registrations", guest_body()

    first = await service.anybody.post(path, guest)
    second = await service.anybody.post(path, guest | {"email": guest["email"].upper(), "name": "Somebody Else"})

    assert first.status_code == second.status_code == 202
    assert set(first.json()) == set(second.json())
    assert len(first.json()["cancellation_token"]) == len(second.json()["cancellation_token"])
    assert (await service.anybody.get(f"/workshops/{workshop['id']}")).json() == shown
    for stranger in (service.anybody, service.caller("applicant"), cohort.owner):
        assert (await stranger.get(path)).status_code in {401, 403}


async def test_only_the_first_token_frees_the_seat_and_every_answer_is_the_same(
    service: Incubation, cohort: Cohort
) -> None:
    workshop = await scheduled(service, cohort, seats=1)
    path, guest = f"/workshops/{workshop['id']}", guest_body()
    genuine = (await service.anybody.post(f"{path}/registrations", guest)).json()["cancellation_token"]

    answers = [
        await service.anybody.post(f"{path}/cancellations", {"cancellation_token": "no-such-token"}),
        await service.anybody.post(f"{path}/cancellations", {"cancellation_token": genuine}),
        await service.anybody.post(f"{path}/cancellations", {"cancellation_token": genuine}),
    ]

    assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}
    assert await service.told(key=workshop["id"]) == [
        "workshop.scheduled",
        "workshop.registration-taken",
        "workshop.registration-cancelled",
    ]
    assert (await service.staff.get(f"{path}/registrations")).json()["items"] == []
    assert (await service.anybody.post(f"{path}/registrations", guest)).status_code == 202


async def test_a_full_workshop_says_the_same_to_a_guest_who_has_a_seat(service: Incubation, cohort: Cohort) -> None:
    workshop = await scheduled(service, cohort, seats=1)
    path, guest = f"/workshops/{workshop['id']}/registrations", guest_body()
    await service.anybody.post(path, guest)

    known, unknown = await service.anybody.post(path, guest), await service.anybody.post(path, guest_body())

    assert known.status_code == unknown.status_code == 409
    assert known.json() | {"trace_id": ""} == unknown.json() | {"trace_id": ""}


async def test_who_is_signed_in_registers_as_themselves(service: Incubation, cohort: Cohort) -> None:
    workshop = await scheduled(service, cohort)
    path = f"/workshops/{workshop['id']}/registrations"

    assert (await cohort.lead.post(path, {})).status_code == 202
    assert (await cohort.lead.post(path, {})).status_code == 202
    assert (await cohort.lead.post(path, guest_body())).status_code == 422
    missing = await service.anybody.post(path, {"name": "Invented Guest"})
    nobody = await service.anybody.post(path, {})

    assert [each["pointer"] for each in missing.json()["errors"]] == ["#/email", "#/language"]
    assert nobody.status_code == 422
    registered = (await service.staff.get(path)).json()["items"]
    assert [each["person_id"] for each in registered] == [str(cohort.lead.person_id)]
    assert registered[0]["email"] is None


async def test_nobody_registers_once_it_has_started(service: Incubation, cohort: Cohort) -> None:
    workshop = await scheduled(service, cohort, starts_local="2026-11-25T18:00")
    before = service.clock.moment
    try:
        service.clock.forward(hours=8, minutes=30)
        answer = await service.anybody.post(f"/workshops/{workshop['id']}/registrations", guest_body())
    finally:
        service.clock.moment = before

    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "workshop-started")


async def test_what_is_no_address_is_refused(service: Incubation, cohort: Cohort) -> None:
    workshop = await scheduled(service, cohort)
    path = f"/workshops/{workshop['id']}/registrations"

    for email in (
        "nobody",
        "a@b",
        "a b@c.example",
        "a@b.example\nBcc: all@c.example",
        "<a@b.example>",
        "@.",
        "a" * 250 + "@b.example",
    ):
        assert (await service.anybody.post(path, guest_body(email=email))).status_code == 422, email


async def test_an_address_of_any_script_and_length_is_kept(service: Incubation, cohort: Cohort) -> None:
    """Normalised, each of these signs becomes eighteen letters: too many for an index, if it held the letters."""
    workshop = await scheduled(service, cohort)
    path = f"/workshops/{workshop['id']}/registrations"

    assert (await service.anybody.post(path, guest_body(email="\ufdfa" * 240 + "@b.example"))).status_code == 202


async def test_a_guest_is_known_by_people_v1_and_forgotten_by_its_tombstone(
    service: Incubation, cohort: Cohort
) -> None:
    workshop = await scheduled(service, cohort, seats=1)
    guest = guest_body("Invented Guest To Forget")
    await service.anybody.post(f"/workshops/{workshop['id']}/registrations", guest)
    ((person_id,),) = await service.fetch(
        "SELECT person_id FROM workshop_registration WHERE workshop_id = :id", id=workshop["id"]
    )
    ((value,),) = await service.fetch("SELECT value FROM outbox_pending WHERE key = :key", key=str(person_id))
    assert Person.from_bytes(value).email == guest["email"]

    await service.hear(tombstone(Person, key=str(person_id)))

    ((name, email, email_key, state),) = await service.fetch(
        "SELECT name, email, email_key, state FROM workshop_registration WHERE workshop_id = :id", id=workshop["id"]
    )
    assert (name, email, email_key, state) == (None, None, None, "cancelled")
    assert (await service.anybody.get(f"/workshops/{workshop['id']}")).json()["full"] is False


async def test_a_guest_who_cancels_is_forgotten_everywhere(service: Incubation, cohort: Cohort) -> None:
    path = f"/workshops/{(await scheduled(service, cohort))['id']}"
    token = (await service.anybody.post(f"{path}/registrations", guest_body())).json()["cancellation_token"]
    member = service.caller("applicant")
    kept = (await member.post(f"{path}/registrations", {})).json()["cancellation_token"]
    people = {
        person_id: str(person_id)
        for (person_id,) in await service.fetch(
            "SELECT person_id FROM workshop_registration WHERE workshop_id = :id", id=path.rpartition("/")[2]
        )
    }
    guest = next(key for person_id, key in people.items() if person_id != member.person_id)

    for each in (token, token, kept):
        await service.anybody.post(f"{path}/cancellations", {"cancellation_token": each})

    told = "SELECT value IS NULL FROM outbox_pending WHERE topic = 'people.v1' AND key = :key ORDER BY position"
    # The record was not sent yet: its tombstone took it out of the outbox.
    assert [gone for (gone,) in await service.fetch(told, key=guest)] == [True]
    # With an account one is known by more than a seat.
    assert await service.fetch(told, key=str(member.person_id)) == []


async def test_no_event_holds_who_registered(service: Incubation, cohort: Cohort) -> None:
    workshop = await scheduled(service, cohort)
    guest = guest_body("Canary Of Casablanca")
    await service.anybody.post(f"/workshops/{workshop['id']}/registrations", guest)

    values = [bytes(value) for (value,) in await service.fetch("SELECT value FROM event_log")]

    assert values
    assert not any(guest["email"].encode() in value or b"Canary" in value for value in values)
