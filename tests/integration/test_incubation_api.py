"""Incubation over HTTP: projects, coaches and milestones, on a real database."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest_asyncio

from tests.support.incubation import Cohort, Incubation, incubation, milestone_body
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Incubation]:
    async with incubation(backbone) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def cohort(service: Incubation) -> Cohort:
    return await service.cohort()


async def test_each_sees_the_projects_that_concern_them(service: Incubation, cohort: Cohort) -> None:
    path = f"/projects/{cohort.project_id}"
    strangers = [
        service.caller("applicant"),
        service.caller("coach"),
        service.caller("partner", organisation="inwi"),
        service.caller("partner"),
    ]

    for caller in (cohort.lead, cohort.member, cohort.coach, cohort.owner, service.staff, service.city):
        assert (await caller.get(path)).json()["startup"] == "Invented Drops"
        listed = (await caller.get("/projects", application_id=str(cohort.application_id))).json()["items"]
        assert [each["id"] for each in listed] == [str(cohort.project_id)]
    for stranger in strangers:
        assert (await stranger.get(path)).status_code == 403
        assert (await stranger.get("/projects", application_id=str(cohort.application_id))).json()["items"] == []
    assert (await service.caller("juror").get(path)).status_code == 403
    assert (await service.anybody.get(path)).status_code == 401


async def test_a_role_without_its_relation_opens_nothing(service: Incubation, cohort: Cohort) -> None:
    """A coach who happens to be a juror, or a member who signs in as a partner, is not let in by the wrong door."""
    wrong_role = service.caller("partner", person_id=cohort.lead.person_id, organisation="inwi")

    assert (await wrong_role.get(f"/projects/{cohort.project_id}")).status_code == 403
    assert (await wrong_role.get("/projects")).json()["items"] == []


async def test_the_public_list_tells_of_no_person(service: Incubation, cohort: Cohort) -> None:
    listed = (await service.anybody.get("/public/projects", limit=200)).json()["items"]

    assert listed
    assert all(set(each) == {"startup", "challenge_title", "partner", "opened_at"} for each in listed)


async def test_naming_the_same_coach_again_tells_nothing_new(service: Incubation, cohort: Cohort) -> None:
    again = await service.staff.post(f"/projects/{cohort.project_id}/coach", {"coach_id": str(cohort.coach.person_id)})

    assert again.status_code == 200
    assert await service.told(subject=cohort.project_id) == ["project.opened", "project.coach-assigned"]


async def test_a_member_can_not_be_the_coach(service: Incubation, cohort: Cohort) -> None:
    answer = await service.staff.post(
        f"/projects/{cohort.project_id}/coach", {"coach_id": str(cohort.member.person_id)}
    )

    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "coach-is-member")


async def test_a_milestone_goes_from_promise_to_approval(service: Incubation, cohort: Cohort) -> None:
    planned = (await cohort.coach.post(f"/projects/{cohort.project_id}/milestones", milestone_body(service))).json()
    path = f"/milestones/{planned['id']}"
    evidence = {"text": "It listens.", "links": ["https://films.example/ears"]}

    shown = (await cohort.member.post(f"{path}/evidence", evidence)).json()
    returned = (await cohort.coach.post(f"{path}/return", {"words": "Show it in the street."})).json()
    await cohort.lead.post(f"{path}/evidence", evidence)
    approved = (await cohort.coach.post(f"{path}/approve")).json()

    assert [each["state"] for each in (planned, shown, returned, approved)] == [
        "planned",
        "evidence-submitted",
        "returned",
        "approved",
    ]
    assert [each["verdict"] for each in approved["evidence"]] == ["returned", "approved"]
    assert approved["evidence"][0]["words"] == "Show it in the street."
    assert (await cohort.owner.get(path)).json() == approved
    assert await service.told(subject=planned["id"]) == [
        "milestone.planned",
        "milestone.evidence-submitted",
        "milestone.returned",
        "milestone.evidence-submitted",
        "milestone.approved",
    ]


async def test_two_approvals_at_once_are_one(service: Incubation, cohort: Cohort) -> None:
    planned = (await service.staff.post(f"/projects/{cohort.project_id}/milestones", milestone_body(service))).json()
    path = f"/milestones/{planned['id']}"
    await cohort.lead.post(f"{path}/evidence", {"text": "It listens."})

    answers = await asyncio.gather(*(cohort.coach.post(f"{path}/approve") for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409).json()
    assert (refused["state"], refused["needs"]) == ("approved", ["evidence-submitted"])
    assert (await service.told(subject=planned["id"])).count("milestone.approved") == 1


async def test_a_repeated_request_is_answered_once_and_the_same(service: Incubation, cohort: Cohort) -> None:
    path, key = f"/projects/{cohort.project_id}/milestones", str(uuid4())
    staff = service.staff

    first = await staff.post(path, milestone_body(service), key=key)
    second = await staff.post(path, milestone_body(service), key=key)

    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert len((await staff.get(path)).json()["items"]) == 1


async def test_only_its_coach_judges_and_only_its_members_show(service: Incubation, cohort: Cohort) -> None:
    planned = (await service.staff.post(f"/projects/{cohort.project_id}/milestones", milestone_body(service))).json()
    path = f"/milestones/{planned['id']}"
    other_coach, other_team = service.caller("coach"), service.caller("applicant")

    refusals = [
        await other_team.post(f"{path}/evidence", {"text": "Mine."}),
        await cohort.coach.post(f"{path}/evidence", {"text": "Mine."}),
        await other_coach.post(f"{path}/approve"),
        await cohort.lead.post(f"{path}/approve"),
        await service.staff.post(f"{path}/approve"),
        await other_coach.post(f"/projects/{cohort.project_id}/milestones", milestone_body(service)),
    ]

    assert {answer.status_code for answer in refusals} == {403}


async def test_late_is_computed_by_the_day_where_the_edition_is(service: Incubation, cohort: Cohort) -> None:
    planned = (await service.staff.post(f"/projects/{cohort.project_id}/milestones", milestone_body(service))).json()
    assert planned["late"] is False
    before = service.clock.moment
    try:
        service.clock.moment = before.replace(hour=23, minute=59)
        service.clock.forward(days=1)
        assert (await cohort.lead.get(f"/milestones/{planned['id']}")).json()["late"] is False
        service.clock.forward(minutes=1)
        assert (await cohort.lead.get(f"/milestones/{planned['id']}")).json()["late"] is True
    finally:
        service.clock.moment = before


async def test_what_can_not_be_is_refused_with_its_reason(service: Incubation, cohort: Cohort) -> None:
    path = f"/projects/{cohort.project_id}/milestones"
    planned = (await service.staff.post(path, milestone_body(service))).json()
    evidence = f"/milestones/{planned['id']}/evidence"

    assert (await service.staff.post(path, milestone_body(service, due_on="2026-11-24"))).status_code == 409
    for body in ({}, {"kind": "party"}, {"due_on": 0}, {"title": "a\u202eb"}, {"more": 1}):
        wrong = milestone_body(service) | body if body else {}
        assert (await service.staff.post(path, wrong)).status_code == 422, body
    for link in (
        "http://plain.example",
        "https://user:secret@host.example",
        "javascript:alert(1)",
        "https://",
        "https://a b",
    ):
        assert (await cohort.lead.post(evidence, {"text": "Here.", "links": [link]})).status_code == 422, link
    assert (await cohort.coach.post(f"/milestones/{planned['id']}/return", {})).status_code == 422
    assert (await cohort.coach.post(f"/milestones/{planned['id']}/approve")).status_code == 409
    assert (await service.staff.get(f"/projects/{uuid4()}")).status_code == 404
    assert (await service.staff.get("/projects/not-an-id")).status_code == 422
