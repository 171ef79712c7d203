"""What a startup that withdraws leaves of its project, whichever topic tells first, and told twice."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio

from shared.events.applications import ApplicationWithdrawn
from tests.support.incubation import (
    NOW,
    Cohort,
    Incubation,
    dataset_body,
    incubation,
    milestone_body,
    protocol_body,
    published,
    record_of,
    selected_for,
)
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Incubation]:
    async with incubation(backbone) as started:
        yield started


def withdrawn(application_id: UUID) -> ApplicationWithdrawn:
    return ApplicationWithdrawn(
        application_id=application_id, call_id=uuid4(), edition_id=uuid4(), lead_id=uuid4(), withdrawn_at=NOW
    )


async def access(service: Incubation, cohort: Cohort, *, granted: bool) -> str:
    """To a dataset of the cohort's partner, asked for, or granted, accepted and read."""
    dataset = (await cohort.owner.post("/datasets", dataset_body(cohort))).json()["id"]
    wanted = {"project_id": str(cohort.project_id), "purpose": "Finding leaks"}
    asked = await cohort.lead.post(f"/datasets/{dataset}/grants", wanted)
    assert asked.status_code == 201, asked.text
    path = f"/grants/{asked.json()['id']}"
    if granted:
        until = (service.clock.moment + timedelta(days=1)).isoformat()
        assert (await cohort.owner.post(f"{path}/grant", {"expires_at": until})).status_code == 200
        assert (await cohort.lead.post(f"{path}/accept")).status_code == 200
        assert (await cohort.lead.get(f"{path}/content")).status_code == 200
    return path


async def experimentation(service: Incubation, cohort: Cohort, *, runs: bool) -> str:
    made = await cohort.lead.post(f"/projects/{cohort.project_id}/experimentations", protocol_body(service))
    path = f"/experimentations/{made.json()['id']}"
    assert (await service.city.post(f"{path}/authorise", {"conditions": "By night only."})).status_code == 200
    if runs:
        assert (await cohort.lead.post(f"{path}/start")).status_code == 200
        measured = await cohort.lead.post(f"{path}/measurements", {"indicator": "days to find", "value": 4.0})
        assert measured.status_code == 201, measured.text
    return path


async def test_a_startup_that_withdraws_ends_its_project_with_all_that_was_open_to_it(service: Incubation) -> None:
    cohort = await service.cohort()
    granted, asked = await access(service, cohort, granted=True), await access(service, cohort, granted=False)
    runs, waits = await experimentation(service, cohort, runs=True), await experimentation(service, cohort, runs=False)
    before = len(await service.told(key=cohort.application_id))

    await service.hear(record_of(withdrawn(cohort.application_id)))
    await service.hear(record_of(withdrawn(cohort.application_id)))  # told anew, by another event

    told = (await service.told(key=cohort.application_id))[before:]
    assert sorted(told) == ["data-access.revoked", "experimentation.reported", "project.ended"]
    project = (await service.staff.get(f"/projects/{cohort.project_id}")).json()
    assert (project["ended_because"], project["ended_at"]) == ("withdrawn", NOW.isoformat().replace("+00:00", "Z"))
    assert (await cohort.lead.get(f"{granted}/content")).json()["state"] == "revoked"
    assert (await cohort.owner.post(f"{asked}/grant", {"expires_at": tomorrow(service)})).json()["state"] == "refused"
    report = (await service.anybody.get(f"/public{runs}")).json()
    assert (report["state"], report["outcome"]) == ("reported", "stopped")
    for refused in (
        await cohort.lead.post(f"{waits}/start"),
        await service.staff.post(f"/projects/{cohort.project_id}/milestones", milestone_body(service)),
        await service.staff.post(f"/projects/{cohort.project_id}/coach", {"coach_id": str(uuid4())}),
        await cohort.lead.post(f"/projects/{cohort.project_id}/experimentations", protocol_body(service)),
    ):
        assert refused.json()["type"].endswith("project-ended"), refused.text
    shown = (await service.anybody.get("/public/projects", limit=200)).json()["items"]
    assert shown == []


async def test_nothing_opens_for_a_startup_whose_withdrawal_is_heard_first(service: Incubation) -> None:
    selected = selected_for(published())

    await service.hear(record_of(withdrawn(selected.application_id)), record_of(selected))

    (project,) = await projects_of(service, selected.application_id)
    coach = await service.staff.post(f"/projects/{project['id']}/coach", {"coach_id": str(uuid4())})
    assert (project["ended_because"], coach.status_code) == ("withdrawn", 409)
    assert await service.told(key=selected.application_id) == []


async def test_both_heard_at_once_leave_no_project_that_goes_on(service: Incubation) -> None:
    for _ in range(8):
        selected = selected_for(published())
        records = [record_of(selected), record_of(withdrawn(selected.application_id))]

        await asyncio.gather(*(service.handling.handle(record) for record in records))

        (project,) = await projects_of(service, selected.application_id)
        assert project["ended_at"]


async def projects_of(service: Incubation, application_id: Any) -> list[Any]:
    return list((await service.staff.get("/projects", application_id=str(application_id))).json()["items"])


def tomorrow(service: Incubation) -> str:
    return (service.clock.moment + timedelta(days=1)).isoformat()
