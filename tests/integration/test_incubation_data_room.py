"""The data room over HTTP: nothing is read that is not granted, accepted, in time, and receipted."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest_asyncio

from services.incubation.jobs import expire_batch, expire_due_access
from tests.support.backbone import running, until
from tests.support.incubation import (
    Cohort,
    Incubation,
    dataset_body,
    dossier,
    incubation,
    published,
    record_of,
    selected_for,
)
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Incubation]:
    async with incubation(backbone) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def cohort(service: Incubation) -> Cohort:
    return await service.cohort()


async def test_a_dataset_is_asked_granted_accepted_and_read_with_a_receipt(service: Incubation, cohort: Cohort) -> None:
    body = dataset_body(cohort)
    grant = await asked(cohort, await offered(cohort))
    assert (await cohort.lead.get(f"/grants/{grant['id']}/content")).json()["state"] == "requested"
    granted = await open_for(service, cohort, grant, hours=1)
    assert slug(await cohort.lead.get(f"/grants/{grant['id']}/content")) == "licence-not-accepted"

    accepted = (await cohort.lead.post(f"/grants/{grant['id']}/accept")).json()
    again = (await cohort.lead.post(f"/grants/{grant['id']}/accept")).json()
    read = await cohort.lead.get(f"/grants/{grant['id']}/content")

    assert granted["state"] == "granted"
    assert accepted == again
    assert accepted["accepted_by"] == [str(cohort.lead.person_id)]
    assert read.json()["text"] == body["content"]["text"]
    assert read.json()["sha256"] == hashlib.sha256(body["content"]["text"].encode()).hexdigest()
    assert read.headers["Cache-Control"] == "no-store"
    assert slug(await cohort.member.get(f"/grants/{grant['id']}/content")) == "licence-not-accepted"
    receipts = (await cohort.owner.get(f"/datasets/{grant['dataset_id']}/receipts")).json()["items"]
    assert [each["person_id"] for each in receipts] == [str(cohort.lead.person_id)]
    assert await service.told(subject=grant["id"]) == [
        "data-access.requested",
        "data-access.granted",
        "data-access.read",
    ]


async def test_reading_stops_at_the_instant_whether_or_not_anybody_noted_it(
    service: Incubation, cohort: Cohort
) -> None:
    grant = await asked(cohort, await offered(cohort))
    await open_for(service, cohort, grant, minutes=1)
    await cohort.lead.post(f"/grants/{grant['id']}/accept")

    service.clock.forward(seconds=59)
    assert (await cohort.lead.get(f"/grants/{grant['id']}/content")).status_code == 200
    service.clock.forward(seconds=1)
    refused = await cohort.lead.get(f"/grants/{grant['id']}/content")

    assert (refused.status_code, slug(refused)) == (403, "access-expired")
    assert {"expires_at", "now"} <= set(refused.json())
    assert (await cohort.lead.get(f"/grants/{grant['id']}")).json()["state"] == "expired"
    revoked = await cohort.owner.post(f"/grants/{grant['id']}/revoke", {"words": "Too late."})
    assert revoked.json()["state"] == "expired"


async def test_the_end_of_access_is_told_once_however_many_workers_look(service: Incubation, cohort: Cohort) -> None:
    await expire(service)
    grants = []
    for _ in range(5):
        grant = await asked(cohort, await offered(cohort))
        await open_for(service, cohort, grant, minutes=1)
        grants.append(grant["id"])
    assert await expire(service) == 0
    service.clock.forward(minutes=2)

    counts = await asyncio.gather(*(expire(service) for _ in range(4)))

    assert sum(counts) == 5
    assert await expire(service) == 0
    for grant_id in grants:
        assert (await service.told(subject=grant_id)).count("data-access.expired") == 1


async def test_the_worker_tells_of_the_end_by_itself(service: Incubation, cohort: Cohort) -> None:
    grant = await asked(cohort, await offered(cohort))
    await open_for(service, cohort, grant, minutes=1)
    service.clock.forward(minutes=2)

    async def told() -> bool:
        return "data-access.expired" in await service.told(subject=grant["id"])

    works, settings = service.app.state.works, service.app.state.settings
    async with running(expire_due_access(works, settings), expire_due_access(works, settings)):
        await until(told, what="the end of access")

    assert (await service.told(subject=grant["id"])).count("data-access.expired") == 1


async def test_access_can_be_asked_again_after_its_end_even_before_it_was_noted(
    service: Incubation, cohort: Cohort
) -> None:
    dataset = await offered(cohort)
    first = await asked(cohort, dataset)
    await open_for(service, cohort, first, minutes=1)
    service.clock.forward(minutes=2)

    second = await cohort.member.post(f"/datasets/{dataset['id']}/grants", request_for(cohort))

    assert second.status_code == 201
    assert (await service.told(subject=first["id"]))[-1] == "data-access.expired"
    await expire(service)
    assert (await service.told(subject=first["id"])).count("data-access.expired") == 1


async def test_two_members_who_ask_at_once_ask_once(service: Incubation, cohort: Cohort) -> None:
    dataset = await offered(cohort)
    path = f"/datasets/{dataset['id']}/grants"

    answers = await asyncio.gather(
        *(caller.post(path, request_for(cohort)) for caller in (cohort.lead, cohort.member, cohort.lead))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    grant_id = next(answer.json()["id"] for answer in answers if answer.status_code == 201)
    refusals = [answer.json() for answer in answers if answer.status_code == 409]
    assert all(refusal["grant_id"] == grant_id for refusal in refusals)


async def test_grant_refuse_and_revoke_at_once_leave_one_story(service: Incubation, cohort: Cohort) -> None:
    grant = await asked(cohort, await offered(cohort))
    path = f"/grants/{grant['id']}"
    until = (service.clock.moment + timedelta(hours=1)).isoformat()

    answers = await asyncio.gather(
        cohort.owner.post(f"{path}/grant", {"expires_at": until}),
        cohort.owner.post(f"{path}/refuse", {"words": "No."}),
        cohort.owner.post(f"{path}/grant", {"expires_at": until}),
        cohort.owner.post(f"{path}/refuse", {"words": "No."}),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert len(await service.told(subject=grant["id"])) == 2


async def test_what_was_revoked_is_closed_at_once(service: Incubation, cohort: Cohort) -> None:
    grant = await asked(cohort, await offered(cohort))
    await open_for(service, cohort, grant, hours=1)
    await cohort.lead.post(f"/grants/{grant['id']}/accept")

    revoked = (await cohort.owner.post(f"/grants/{grant['id']}/revoke", {"words": "The sensors move."})).json()

    assert (revoked["state"], revoked["words"]) == ("revoked", "The sensors move.")
    assert slug(await cohort.lead.get(f"/grants/{grant['id']}/content")) == "access-not-open"
    assert slug(await cohort.member.post(f"/grants/{grant['id']}/accept")) == "access-not-open"


async def test_each_reading_left_a_receipt_also_while_it_was_being_revoked(service: Incubation, cohort: Cohort) -> None:
    grant = await asked(cohort, await offered(cohort))
    await open_for(service, cohort, grant, hours=1)
    await cohort.lead.post(f"/grants/{grant['id']}/accept")
    read, revoke = f"/grants/{grant['id']}/content", f"/grants/{grant['id']}/revoke"

    answers = await asyncio.gather(
        *(cohort.lead.get(read) for _ in range(4)),
        cohort.owner.post(revoke, {"words": "Now."}),
        *(cohort.lead.get(read) for _ in range(4)),
    )

    readings = [answer.status_code for place, answer in enumerate(answers) if place != 4]
    assert set(readings) <= {200, 403}
    receipts = (await cohort.owner.get(f"/datasets/{grant['dataset_id']}/receipts")).json()["items"]
    assert len(receipts) == readings.count(200)
    told = await service.told(subject=grant["id"])
    assert told.count("data-access.read") == readings.count(200)
    assert told[-1] == "data-access.revoked"


async def test_nobody_else_sees_or_touches_it(service: Incubation, cohort: Cohort) -> None:
    dataset = await offered(cohort)
    grant = await asked(cohort, dataset)
    await open_for(service, cohort, grant, hours=1)
    other = await service.cohort(partner="inwi")
    until = (service.clock.moment + timedelta(hours=1)).isoformat()

    for stranger in (other.lead, other.owner, cohort.coach, service.city, service.caller("juror")):
        refusals = [
            await stranger.get(f"/datasets/{dataset['id']}"),
            await stranger.get(f"/datasets/{dataset['id']}/receipts"),
            await stranger.get(f"/grants/{grant['id']}"),
            await stranger.get(f"/grants/{grant['id']}/content"),
            await stranger.post(f"/grants/{grant['id']}/accept"),
            await stranger.post(f"/grants/{grant['id']}/grant", {"expires_at": until}),
            await stranger.post(f"/grants/{grant['id']}/revoke", {"words": "Mine."}),
        ]
        assert {answer.status_code for answer in refusals} == {403}
    assert (await other.owner.get("/datasets")).json()["items"] == []
    assert (await other.lead.get("/grants")).json()["items"] == []
    assert (await cohort.owner.get(f"/grants/{grant['id']}/content")).status_code == 403
    assert (await service.staff.get(f"/grants/{grant['id']}/content")).status_code == 403
    for caller in (cohort.owner, cohort.member, service.staff):
        ids = [each["id"] for each in (await caller.get("/grants", dataset_id=dataset["id"])).json()["items"]]
        assert ids == [grant["id"]]


async def test_data_is_asked_for_by_a_project_of_its_challenge(service: Incubation, cohort: Cohort) -> None:
    """Also when the other challenge is the same partner's."""
    challenge = published(partner=cohort.partner, edition_id=cohort.edition_id)
    selected = selected_for(challenge, lead_id=cohort.lead.person_id)
    await service.hear(record_of(challenge), record_of(dossier(selected.application_id)), record_of(selected))
    dataset = await offered(cohort, challenge_id=str(challenge.challenge_id))

    answer = await cohort.lead.post(f"/datasets/{dataset['id']}/grants", request_for(cohort))

    assert (answer.status_code, slug(answer)) == (409, "another-challenge")


async def test_only_the_challenges_partner_offers_data_for_it(service: Incubation, cohort: Cohort) -> None:
    body = dataset_body(cohort)

    assert (await service.caller("partner", organisation="inwi").post("/datasets", body)).status_code == 403
    assert (await service.caller("partner").post("/datasets", body)).status_code == 403
    assert (await service.staff.post("/datasets", body)).status_code == 403
    unheard = await cohort.owner.post("/datasets", body | {"challenge_id": str(uuid4())})
    assert unheard.status_code == 404


async def test_what_is_no_data_is_refused(service: Incubation, cohort: Cohort) -> None:
    def with_text(media_type: str, text: str) -> dict[str, Any]:
        return dataset_body(cohort, content={"media_type": media_type, "text": text})

    wrong = [
        dataset_body(cohort, url="https://data.example/flows.csv"),
        {k: v for k, v in dataset_body(cohort).items() if k != "content"},
        dataset_body(cohort) | {"content": None, "url": "http://data.example/flows.csv"},
        with_text("application/json", "{not json"),
        with_text("application/json", "[" * 100_000),
        with_text("text/csv", "a\x00b"),
        with_text("text/plain", "  \n "),
        with_text("text/html", "<p>"),
        with_text("text/plain", "\u0639" * 2**20),
    ]
    for body in wrong:
        answer = await cohort.owner.post("/datasets", body)
        assert answer.status_code == 422, answer.text[:200]
    assert (await cohort.owner.post("/datasets", with_text("text/plain", "x" * 5 * 2**20))).status_code == 413
    kept = await cohort.owner.post("/datasets", with_text("text/plain", " as it is \n"))
    assert kept.json()["size"] == len(" as it is \n")


async def test_an_address_is_shown_only_to_those_who_may_read_it(service: Incubation, cohort: Cohort) -> None:
    dataset = await offered(cohort, content=None, url="https://data.example/flows.csv")
    assert "url" not in dataset
    grant = await asked(cohort, dataset)
    await open_for(service, cohort, grant, hours=1)
    await cohort.lead.post(f"/grants/{grant['id']}/accept")

    read = (await cohort.lead.get(f"/grants/{grant['id']}/content")).json()

    assert (read["url"], read["text"], read["media_type"]) == ("https://data.example/flows.csv", None, None)


async def test_access_ends_between_now_and_a_year_from_now(service: Incubation, cohort: Cohort) -> None:
    grant = await asked(cohort, await offered(cohort))
    now = service.clock.moment

    for moment in (now, now - timedelta(days=1), now + timedelta(days=367)):
        answer = await cohort.owner.post(f"/grants/{grant['id']}/grant", {"expires_at": moment.isoformat()})
        assert slug(answer) == "expiry-not-acceptable"
    for wrong in ("2026-12-01T10:00:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", 1):
        answer = await cohort.owner.post(f"/grants/{grant['id']}/grant", {"expires_at": wrong})
        assert answer.status_code == 422, wrong
    assert (await cohort.owner.get(f"/grants/{grant['id']}")).json()["state"] == "requested"


async def offered(cohort: Cohort, **changes: Any) -> dict[str, Any]:
    answer = await cohort.owner.post("/datasets", dataset_body(cohort, **changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def request_for(cohort: Cohort) -> dict[str, str]:
    return {"project_id": str(cohort.project_id), "purpose": "To find leaks."}


async def asked(cohort: Cohort, dataset: dict[str, Any]) -> dict[str, Any]:
    answer = await cohort.lead.post(f"/datasets/{dataset['id']}/grants", request_for(cohort))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def open_for(service: Incubation, cohort: Cohort, grant: dict[str, Any], **length: float) -> dict[str, Any]:
    until = (service.clock.moment + timedelta(**length)).isoformat()
    answer = await cohort.owner.post(f"/grants/{grant['id']}/grant", {"expires_at": until})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def expire(service: Incubation) -> int:
    async with service.app.state.works.begin() as work:
        return await expire_batch(work)


def slug(answer: Any) -> str:
    return str(answer.json()["type"].rpartition("/")[2])
