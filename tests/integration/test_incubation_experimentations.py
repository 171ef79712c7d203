"""Experimentations over HTTP: locked before they start, authorised, measured, reported, and public."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.support.incubation import Cohort, Incubation, incubation, protocol_body, tomorrow
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Incubation]:
    async with incubation(backbone) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def demonstration(backbone: Backbone, service: Incubation) -> AsyncIterator[Incubation]:
    async with incubation(backbone, compressed=True, turned=service.clock) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def cohort(service: Incubation) -> Cohort:
    return await service.cohort()


async def registered(service: Incubation, cohort: Cohort, **changes: Any) -> dict[str, Any]:
    answer = await cohort.lead.post(
        f"/projects/{cohort.project_id}/experimentations", protocol_body(service, **changes)
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def running(service: Incubation, cohort: Cohort, **changes: Any) -> str:
    path = f"/experimentations/{(await registered(service, cohort, **changes))['id']}"
    assert (await service.city.post(f"{path}/authorise", {"conditions": "By night only."})).status_code == 200
    assert (await cohort.lead.post(f"{path}/start")).status_code == 200
    return path


def measured(value: float, **changes: Any) -> dict[str, Any]:
    return {"indicator": "days to find", "value": value} | changes


def slug(answer: Any) -> str:
    return str(answer.json()["type"].rpartition("/")[2])


async def test_an_experimentation_goes_from_protocol_to_report(demonstration: Incubation) -> None:
    service = demonstration
    cohort = await service.cohort()
    path = await running(service, cohort)
    for value in (2.0, 4.0):
        service.clock.forward(seconds=1)
        assert (await cohort.lead.post(f"{path}/measurements", measured(value))).status_code == 201

    report = {"outcome": "confirmed", "words": "Three days instead of nine and a half."}
    reported = (await cohort.lead.post(f"{path}/report", report)).json()

    (finding,) = reported["results"]
    assert (finding["measurements"], finding["mean"], finding["change"]) == (2, 3.0, -6.5)
    assert finding["change_interval"] == pytest.approx([-6.5 - 12.7062, -6.5 + 12.7062], abs=1e-3)
    assert (reported["state"], reported["outcome"], reported["conditions"]) == (
        "reported",
        "confirmed",
        "By night only.",
    )
    assert await service.told(subject=reported["id"]) == [
        "experimentation.registered",
        "experimentation.authorised",
        "experimentation.started",
        "experimentation.measured",
        "experimentation.measured",
        "experimentation.reported",
    ]
    public = (await service.anybody.get(f"/public{path}")).json()
    assert public == {name: value for name, value in reported.items() if name not in {"project_id", "version"}}
    assert len((await service.anybody.get(f"/public{path}/measurements")).json()["items"]) == 2


async def test_the_protocol_that_was_digested_is_the_one_that_is_shown(service: Incubation, cohort: Cohort) -> None:
    view = await registered(service, cohort)

    assert hashlib.sha256(view["protocol"].encode()).hexdigest() == view["protocol_digest"]
    canonical = json.dumps(json.loads(view["protocol"]), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical == view["protocol"]
    ((value,),) = await service.fetch("SELECT value FROM event_log WHERE subject = :id", id=view["id"])
    assert json.loads(value)["protocol_digest"] == view["protocol_digest"]


async def test_the_database_itself_keeps_the_protocol_locked(service: Incubation, cohort: Cohort) -> None:
    view = await registered(service, cohort)

    change = text("UPDATE experimentation SET ends_on = ends_on + 1 WHERE id = :id")
    async with service.app.state.works.engine.connect() as connection:
        with pytest.raises(DBAPIError, match="locked"):
            await connection.execute(change, {"id": view["id"]})


async def test_residents_read_what_the_city_allowed_and_nothing_before(service: Incubation, cohort: Cohort) -> None:
    view = await registered(service, cohort)
    path = f"/public/experimentations/{view['id']}"
    assert (await service.anybody.get(path)).status_code == 404
    assert (await service.anybody.get(f"{path}/measurements")).status_code == 404

    await service.city.post(f"/experimentations/{view['id']}/authorise", {})

    assert (await service.anybody.get(path)).json()["state"] == "authorised"
    listed = (await service.anybody.get("/public/experimentations", limit=200)).json()["items"]
    assert view["id"] in [each["id"] for each in listed]
    assert not any("by" in name.split("_") or "member" in name for each in listed for name in each)


async def test_the_city_decides_once(service: Incubation, cohort: Cohort) -> None:
    path = f"/experimentations/{(await registered(service, cohort))['id']}"

    answers = await asyncio.gather(
        service.city.post(f"{path}/authorise", {}),
        service.city.post(f"{path}/refuse", {"words": "Not on market days."}),
        service.city.post(f"{path}/authorise", {}),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert len(await service.told(subject=path.rpartition("/")[2])) == 2


async def test_what_was_refused_never_starts(service: Incubation, cohort: Cohort) -> None:
    path = f"/experimentations/{(await registered(service, cohort))['id']}"
    assert slug(await cohort.lead.post(f"{path}/start")) == "experimentation-state"

    refused = await service.city.post(f"{path}/refuse", {"words": "Not on market days."})

    assert (refused.json()["state"], refused.json()["conditions"]) == ("refused", "Not on market days.")
    assert slug(await cohort.lead.post(f"{path}/start")) == "experimentation-state"
    assert slug(await cohort.lead.post(f"{path}/measurements", measured(1.0))) == "experimentation-state"


async def test_it_starts_on_its_day_by_the_citys_clock(service: Incubation, cohort: Cohort) -> None:
    view = await registered(service, cohort, starts_on=tomorrow(service))
    path = f"/experimentations/{view['id']}"
    await service.city.post(f"{path}/authorise", {})
    before = service.clock.moment
    try:
        early = await cohort.lead.post(f"{path}/start")
        service.clock.forward(days=2)
        late = await cohort.lead.post(f"{path}/start")
        service.clock.forward(days=-1)
        in_time = await cohort.lead.post(f"{path}/start")
    finally:
        service.clock.moment = before

    assert (slug(early), early.json()["starts_on"]) == ("not-yet", tomorrow(service))
    assert slug(late) == "too-late"
    assert in_time.json()["state"] == "running"


async def test_a_demonstration_may_start_before_its_day(demonstration: Incubation) -> None:
    cohort = await demonstration.cohort()

    path = await running(demonstration, cohort, starts_on=tomorrow(demonstration))

    assert (await cohort.lead.get(path)).json()["state"] == "running"


async def test_measurements_belong_to_the_trial(service: Incubation, cohort: Cohort) -> None:
    path = await running(service, cohort)
    started = service.clock.moment
    service.clock.forward(minutes=1)
    now = service.clock.moment

    first = await cohort.lead.post(f"{path}/measurements", measured(3, measured_at=started.isoformat()))
    refusals = [
        await cohort.lead.post(f"{path}/measurements", body)
        for body in (
            measured(3, measured_at=started.isoformat()),
            measured(3, measured_at=(started - timedelta(seconds=1)).isoformat()),
            measured(3, measured_at=(now + timedelta(seconds=1)).isoformat()),
            measured(3, indicator="joy"),
            measured(1e300),
            {"indicator": "days to find", "value": "3"},
        )
    ]

    assert first.status_code == 201
    assert [answer.status_code for answer in refusals] == [409, 409, 409, 422, 422, 422]
    for nonsense in (b'{"indicator": "days to find", "value": NaN}', b'{"indicator": "days to find", "value": 1e999}'):
        answer = await service.client.post(
            f"/api/incubation/v1{path}/measurements",
            content=nonsense,
            headers=cohort.lead.headers | {"Content-Type": "application/json"},
        )
        assert answer.status_code in {400, 422}


async def test_the_same_instant_is_measured_once_even_if_sent_at_once(service: Incubation, cohort: Cohort) -> None:
    path = await running(service, cohort)

    answers = await asyncio.gather(*(cohort.lead.post(f"{path}/measurements", measured(3.0)) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_report_needs_measurements_and_its_day_unless_it_was_stopped(
    service: Incubation, cohort: Cohort
) -> None:
    path = await running(service, cohort)
    refuted = {"outcome": "refuted", "words": "It found nothing earlier."}
    before = service.clock.moment
    try:
        early = await cohort.lead.post(f"{path}/report", refuted)
        service.clock.forward(days=1)
        unmeasured = await cohort.lead.post(f"{path}/report", refuted)
        await cohort.lead.post(f"{path}/measurements", measured(12.0))
        negative = await cohort.lead.post(f"{path}/report", refuted)
        again = await cohort.lead.post(f"{path}/report", refuted)
        after = await cohort.lead.post(f"{path}/measurements", measured(1.0))
    finally:
        service.clock.moment = before

    assert slug(early) == "still-running"
    assert (slug(unmeasured), unmeasured.json()["indicators"]) == ("not-measured", ["days to find"])
    assert negative.json()["results"][0]["change"] == 2.5
    assert slug(again) == slug(after) == "experimentation-state"
    stopped = await running(service, cohort)
    answer = await cohort.lead.post(f"{stopped}/report", {"outcome": "stopped", "words": "A complaint came."})
    assert answer.json()["outcome"] == "stopped"


async def test_a_protocol_that_contradicts_itself_is_refused_with_all_that_is_wrong(
    service: Incubation, cohort: Cohort
) -> None:
    path = f"/projects/{cohort.project_id}/experimentations"
    twice = [{"name": "noise", "unit": "dB", "direction": "decrease"}] * 2

    wrong = protocol_body(service, indicators=twice, baseline={"joy": 1}, ends_on="2026-11-01")
    answer = await cohort.lead.post(path, wrong)

    assert [each["pointer"] for each in answer.json()["errors"]] == [
        "#/indicators/1/name",
        "#/baseline",
        "#/baseline",
        "#/ends_on",
    ]
    past = await cohort.lead.post(path, protocol_body(service, starts_on="2026-11-24"))
    assert (past.status_code, slug(past)) == (409, "starts-in-the-past")


async def test_each_does_only_their_part(service: Incubation, cohort: Cohort) -> None:
    path = await running(service, cohort)
    other = await service.cohort(partner="inwi")

    refusals = [
        await other.lead.get(path),
        await other.coach.get(path),
        await other.owner.get(path),
        await other.lead.post(f"{path}/measurements", measured(1.0)),
        await cohort.coach.post(f"{path}/measurements", measured(1.0)),
        await service.city.post(f"{path}/report", {"outcome": "stopped", "words": "Stop."}),
        await cohort.lead.post(f"{path}/authorise", {}),
        await service.staff.post(f"{path}/authorise", {}),
        await other.coach.post(f"/projects/{cohort.project_id}/experimentations", protocol_body(service)),
    ]

    assert {answer.status_code for answer in refusals} == {403}
    for caller in (cohort.lead, cohort.coach, cohort.owner, service.staff, service.city):
        listed = (await caller.get("/experimentations", project_id=str(cohort.project_id), state="running")).json()
        assert [f"/experimentations/{each['id']}" for each in listed["items"]] == [path]
    assert (await other.lead.get("/experimentations", project_id=str(cohort.project_id))).json()["items"] == []
