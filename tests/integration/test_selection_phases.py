"""A jury's phases over HTTP: planned, moved on by date and by hand, and asked by what each may do."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest_asyncio

from services.selection.commands import PlanPhases
from services.selection.domain.phases import Phase
from services.selection.handlers.phases import plan_phases
from services.selection.jobs import open_next
from tests.support.selection import Season, Selection, people, selection_on, submission
from tests.support.stack import Backbone

LONG_AGO = datetime(2026, 11, 2, 9, tzinfo=UTC)
IN_TIME = {
    "zone": "Africa/Casablanca",
    "plan": [
        {"phase": "reviewing", "opens": "2199-03-08T09:00:00"},
        {"phase": "discussing", "opens": "2199-03-22T09:00:00"},
    ],
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


def slug(answer: Any) -> str:
    found: str = answer.json()["type"].rpartition("/")[2]
    return found


async def appointed(selection: Selection, *, jurors: int = 1) -> tuple[Season, dict[str, Any], list[UUID]]:
    season = Season(selection)
    challenge = await season.challenge()
    sitting = people(jurors)
    jury = await season.jury(challenge, sitting, k=jurors)
    await season.application(challenge)
    return season, jury, sitting


async def planned_long_ago(selection: Selection, jury: dict[str, Any], **opens: timedelta) -> None:
    """As staff did then; its dates are behind us by now."""
    async with selection.app.state.works.begin(now=LONG_AGO) as work:
        plan = tuple((Phase(phase), (LONG_AGO + after).replace(tzinfo=None)) for phase, after in opens.items())
        await plan_phases(
            PlanPhases(jury_id=UUID(jury["id"]), version=jury["version"], zone="Africa/Casablanca", plan=plan), work
        )


async def test_staff_plan_the_phases_and_each_reads_what_it_may_do_now(selection: Selection) -> None:
    _, jury, jurors = await appointed(selection)
    path = f"/juries/{jury['id']}/phases"
    before = await selection.staff.get(path)

    planned = await selection.staff.put(path, IN_TIME, version=before.json()["version"])
    read = (await selection.juror(jurors[0]).get(path)).json()

    assert (before.json()["phase"], planned.status_code, read["phase"]) == (None, 200, "declaring")
    assert read["next"]["phase"] == "reviewing"
    assert read["next"]["local"] == "2199-03-08T09:00:00"
    assert (read["may"]["see_the_whole_field"], read["may"]["submit_review"]) == (True, False)
    assert planned.headers["ETag"] == f'"{read["version"]}"'
    told = [kind for kind, _ in await selection.events(UUID(jury["id"]))]
    assert told == ["jury.appointed", "jury.phases-planned", "jury.phase-opened"]


async def test_a_plan_is_refused_over_one_that_somebody_changed_meanwhile(selection: Selection) -> None:
    _, jury, _ = await appointed(selection)
    path = f"/juries/{jury['id']}/phases"
    await selection.staff.put(path, IN_TIME, version=jury["version"])

    stale = await selection.staff.put(path, IN_TIME, version=jury["version"])
    without = await selection.staff.put(path, IN_TIME, version=None)
    past = await selection.staff.put(
        path,
        {"zone": "Africa/Casablanca", "plan": [{"phase": "closed", "opens": "2017-02-28T23:59:00"}]},
        version=(await selection.staff.get(path)).json()["version"],
    )

    assert (stale.status_code, without.status_code) == (412, 428)
    assert (past.status_code, past.json()["errors"][0]["pointer"]) == (422, "#/plan/0/opens")


async def test_a_review_waits_for_its_phase_and_the_refusal_says_when_it_comes(selection: Selection) -> None:
    season, jury, jurors = await appointed(selection)
    await selection.staff.put(f"/juries/{jury['id']}/phases", IN_TIME, version=jury["version"])
    await season.assign(jury)
    juror = selection.juror(jurors[0])
    (review,) = await juror.items("/reviews")

    early = await juror.post(f"/reviews/{review['id']}/submit", submission())
    draft = await juror.patch(f"/reviews/{review['id']}", {"note": "Later."}, version=review["version"])
    unread = (await juror.get(f"/reviews/{review['id']}")).json()
    await season.open(jury, "reviewing")
    later = await juror.post(f"/reviews/{review['id']}/submit", submission())

    assert (early.status_code, slug(early), slug(draft)) == (409, "phase-not-open", "phase-not-open")
    assert "2199-03-08 09:00 Africa/Casablanca" in early.json()["detail"]
    assert early.json()["wanted"] == ["reviewing"]
    assert unread["file"] is None
    assert later.status_code == 200, later.text


async def test_others_reviews_and_the_ranking_wait_for_their_phases(selection: Selection) -> None:
    season, jury, jurors = await appointed(selection, jurors=2)
    await season.assign(jury)
    await season.open(jury, "reviewing")
    juror = selection.juror(jurors[0])
    for juror_id in jurors:
        (review,) = await selection.juror(juror_id).items("/reviews")
        await selection.juror(juror_id).post(f"/reviews/{review['id']}/submit", submission())
    (mine,) = await juror.items("/reviews")

    others = await juror.get(f"/reviews/{mine['id']}/others")
    ranking = await selection.staff.post(f"/juries/{jury['id']}/ranking", {})
    await season.open(jury, "deliberating")

    assert (slug(others), slug(ranking)) == ("phase-not-open", "phase-not-open")
    assert len(await juror.items(f"/reviews/{mine['id']}/others")) == 1
    assert await season.rank(jury)


async def test_a_date_opens_a_phase_for_everyone_before_any_job_has_told_of_it(selection: Selection) -> None:
    season, jury, jurors = await appointed(selection)
    await season.assign(jury)
    jury = (await selection.staff.get(f"/juries/{jury['id']}")).json()
    await planned_long_ago(selection, jury, discussing=timedelta(days=1), deliberating=timedelta(days=3))
    juror = selection.juror(jurors[0])
    (review,) = await juror.items("/reviews")

    late = await juror.post(f"/reviews/{review['id']}/submit", submission())
    read = (await juror.get(f"/juries/{jury['id']}/phases")).json()

    assert (late.status_code, late.json()["phase"]) == (409, "deliberating")
    assert [one["phase"] for one in read["openings"]] == ["reviewing", "discussing", "deliberating"]
    assert "jury.phase-opened" not in [kind for kind, _ in await selection.events(UUID(jury["id"]))][3:]


async def test_a_late_job_tells_each_phase_once_at_the_time_it_opened(selection: Selection) -> None:
    _, jury, _ = await appointed(selection)
    await planned_long_ago(selection, jury, reviewing=timedelta(days=1), deliberating=timedelta(days=3))

    while await open_next(selection.app.state.works):
        pass

    told = [
        (value["phase"], value["opened_at"][:10], value["by_date"])
        for kind, value in await selection.events(UUID(jury["id"]))
        if kind == "jury.phase-opened"
    ]
    assert told == [
        ("declaring", "2026-11-02", False),
        ("reviewing", "2026-11-03", True),
        ("deliberating", "2026-11-05", True),
    ]


async def test_going_back_by_hand_takes_a_reason_that_only_staff_read(selection: Selection) -> None:
    season, jury, jurors = await appointed(selection)
    path = f"/juries/{jury['id']}/phases"
    await season.open(jury, "deliberating")

    opened = await season.open(jury, "reviewing", reason="A juror was ill.")
    again = await selection.staff.post(f"{path}/openings", {"phase": "reviewing", "reason": "Once more."})
    wordless = await selection.staff.post(f"{path}/openings", {"phase": "closed"})

    assert (slug(again), wordless.status_code) == ("phase-already-open", 422)
    assert "ill" not in str(opened)
    assert "ill" in (await selection.staff.get(path)).text
    assert "ill" not in (await selection.juror(jurors[0]).get(path)).text
    assert "ill" not in str(await selection.events(UUID(jury["id"])))


async def test_phases_are_not_for_who_sits_in_another_jury(selection: Selection) -> None:
    _, jury, _ = await appointed(selection)
    _, _, (stranger,) = await appointed(selection)

    assert (await selection.juror(stranger).get(f"/juries/{jury['id']}/phases")).status_code == 404


async def test_decisions_wait_for_the_last_jury_of_the_edition(selection: Selection) -> None:
    season, jury, _ = await appointed(selection)
    await season.open(jury, "reviewing")

    early = await season.propose()

    assert (early.status_code, slug(early)) == (409, "phase-not-open")
