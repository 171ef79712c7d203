"""Drafts over HTTP, on a real database: saved all the time, by several at once, and nothing that was shown is lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio

from services.applications.domain.versions import EXACT_FOR, SITTING
from services.applications.jobs import thin_next
from tests.support.applications import CLOSES, Applicant, Applications, Caller, Season, applications
from tests.support.stack import Backbone

PROBLEM = "Leaks are found late. The network loses water. Nobody listens to pipes."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def season(service: Applications) -> Season:
    return await service.season()


@pytest_asyncio.fixture(loop_scope="session")
async def applicant(service: Applications, season: Season) -> Applicant:
    service.clock.moment = service.clock.moment.replace(day=2)
    return await service.drafted(season, answers={"problem": PROBLEM})


async def joined(service: Applications, applicant: Applicant) -> Caller:
    """Another member of the team."""
    member = await service.registered()
    added = await applicant.lead.post(f"/teams/{applicant.team_id}/members", {"person_ids": [str(member.person_id)]})
    assert added.status_code == 201, added.text
    return member


async def saved(who: Caller, applicant: Applicant, base: int, **changes: Any) -> dict[str, Any]:
    answer = await who.post(f"{applicant.path}/saves", {"base": base, **changes})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def draft(applicant: Applicant) -> dict[str, Any]:
    found: dict[str, Any] = (await applicant.lead.get(applicant.path)).json()
    return found


async def test_a_save_changes_what_it_names_and_nothing_else(service: Applications, applicant: Applicant) -> None:
    before = await draft(applicant)

    done = await saved(applicant.lead, applicant, before["version"], answers={"solution": "Ears."}, title=None)

    after = await draft(applicant)
    assert after["answers"] == {"problem": PROBLEM, "solution": "Ears."}
    assert (after["title"], after["summary"]) == (None, before["summary"])
    assert done["version"] == done["base"] == after["version"] == before["version"] + 1
    assert {each["field"]: each["outcome"] for each in done["fields"]} == {
        "#/title": "saved",
        "#/answers/solution": "saved",
    }


async def test_a_save_that_says_nothing_new_leaves_the_version_as_it_is(applicant: Applicant) -> None:
    before = await draft(applicant)

    done = await saved(applicant.lead, applicant, before["version"], summary=before["summary"])

    assert done["version"] == before["version"] == (await draft(applicant))["version"]


async def test_two_members_who_write_different_fields_do_not_notice_each_other(
    service: Applications, applicant: Applicant
) -> None:
    member = await joined(service, applicant)
    base = (await draft(applicant))["version"]

    await saved(applicant.lead, applicant, base, answers={"problem": "Rewritten."})
    done = await saved(member, applicant, base, answers={"solution": "Ears."})

    assert (await draft(applicant))["answers"] == {"problem": "Rewritten.", "solution": "Ears."}
    assert [(each["field"], each["now"]) for each in done["others"]] == [("#/answers/problem", "Rewritten.")]
    assert done["others"][0]["other"]["person_id"] == str(applicant.lead.person_id)


async def test_two_members_who_write_in_one_text_are_merged(service: Applications, applicant: Applicant) -> None:
    member = await joined(service, applicant)
    base = (await draft(applicant))["version"]

    await saved(applicant.lead, applicant, base, answers={"problem": PROBLEM.replace("late", "after months")})
    done = await saved(member, applicant, base, answers={"problem": f"{PROBLEM} We do."})

    both = f"{PROBLEM} We do.".replace("late", "after months")
    assert (await draft(applicant))["answers"]["problem"] == both
    assert [(each["outcome"], each["now"]) for each in done["fields"]] == [("merged", both)]


async def test_words_that_meet_are_both_kept_and_both_are_told(service: Applications, applicant: Applicant) -> None:
    member = await joined(service, applicant)
    base = (await draft(applicant))["version"]

    first = await saved(applicant.lead, applicant, base, summary="Pipes that tell where they leak.")
    done = await saved(member, applicant, base, summary="Microphones on every pipe.", title="Ears")

    said = await draft(applicant)
    field = {each["field"]: each for each in done["fields"]}["#/summary"]
    assert (said["summary"], said["title"]) == ("Pipes that tell where they leak.", "Ears")
    assert (field["outcome"], field["now"], field["yours"]) == (
        "kept-aside",
        "Pipes that tell where they leak.",
        "Microphones on every pipe.",
    )
    assert field["other"] == {
        "person_id": str(applicant.lead.person_id),
        "saved_at": first["saved_at"],
        "version": first["version"],
    }
    kept = (await member.get(f"{applicant.path}/versions/{done['version']}")).json()
    assert kept["aside"] == {"#/summary": "Microphones on every pipe."}


async def test_who_does_not_heed_that_words_met_still_overwrites_nobody(
    service: Applications, applicant: Applicant
) -> None:
    member = await joined(service, applicant)
    pen = str(uuid4())
    base = (await draft(applicant))["version"]
    await saved(applicant.lead, applicant, base, summary="Pipes that tell where they leak.")

    for written in ("Microphones", "Microphones on", "Microphones on every pipe."):
        base = (await saved(member, applicant, base, pen=pen, summary=written))["base"]
    decided = await saved(
        member, applicant, (await draft(applicant))["version"], pen=pen, summary="Ears on every pipe."
    )

    versions = (await member.get(f"{applicant.path}/versions")).json()["drafts"]
    last = (await member.get(f"{applicant.path}/versions/{versions[1]['number']}")).json()
    assert decided["fields"][0]["outcome"] == "saved"
    assert (await draft(applicant))["summary"] == "Ears on every pipe."
    assert last["aside"] == {"#/summary": "Microphones on every pipe."}


async def test_a_page_that_never_heard_an_answer_goes_on_with_its_own_words(
    service: Applications, applicant: Applicant
) -> None:
    """The save arrived, its answer was lost, and the same page saves again from the version that it knows."""
    member = await joined(service, applicant)
    pen = str(uuid4())
    base = (await draft(applicant))["version"]

    await saved(member, applicant, base, pen=pen, answers={"team": "We are two"})
    again = await saved(member, applicant, base, pen=pen, answers={"team": "We are twenty people who listen."})
    await saved(applicant.lead, applicant, base, answers={"problem": f"Listen. {PROBLEM}"})
    both = await saved(member, applicant, base, pen=pen, answers={"problem": f"{PROBLEM} We"})
    then = await saved(member, applicant, base, pen=pen, answers={"problem": f"{PROBLEM} We do."})

    assert [each["outcome"] for each in again["fields"]] == ["saved"]
    assert [each["outcome"] for each in (*both["fields"], *then["fields"])] == ["merged", "merged"]
    assert (await draft(applicant))["answers"] == {
        "team": "We are twenty people who listen.",
        "problem": f"Listen. {PROBLEM} We do.",
    }


async def test_many_who_save_at_once_lose_nothing(service: Applications, applicant: Applicant) -> None:
    members = [await joined(service, applicant) for _ in range(3)]
    base = (await draft(applicant))["version"]

    async def write(who: Caller, name: str) -> None:
        known, pen = base, str(uuid4())
        for n in range(5):
            known = (await saved(who, applicant, known, pen=pen, answers={name: f"{name} {n}"}))["base"]

    await asyncio.gather(*(write(who, f"of-{n}") for n, who in enumerate(members)))

    answers = (await draft(applicant))["answers"]
    assert answers == {"problem": PROBLEM, "of-0": "of-0 4", "of-1": "of-1 4", "of-2": "of-2 4"}


async def test_what_was_saved_is_listed_by_sitting_and_can_be_read_compared_and_restored(
    service: Applications, applicant: Applicant
) -> None:
    first = (await draft(applicant))["version"]
    service.clock.forward(minutes=20)
    base = first
    for end in ("We", "We do", "We do."):
        base = (await saved(applicant.lead, applicant, base, answers={"problem": f"{PROBLEM} {end}"}))["base"]

    listed = (await applicant.lead.get(f"{applicant.path}/versions")).json()["drafts"]
    then = (await applicant.lead.get(f"{applicant.path}/versions/{first}")).json()
    told = (await applicant.lead.get(f"{applicant.path}/differences", before=f"version-{first}")).json()
    back = await applicant.lead.post(f"{applicant.path}/versions/{first}/restore")

    assert [line["number"] for line in listed] == [base, first]
    assert listed[0]["fields"] == ["#/answers/problem"]
    assert then["answers"] == {"problem": PROBLEM}
    assert told["fields"] == [
        {
            "field": "#/answers/problem",
            "pieces": [{"kind": "same", "text": PROBLEM}, {"kind": "added", "text": " We do."}],
        }
    ]
    assert (back.status_code, (await draft(applicant))["answers"]) == (200, {"problem": PROBLEM})
    newest = (await applicant.lead.get(f"{applicant.path}/versions")).json()["drafts"][0]
    assert newest["restored"] == first


async def test_what_was_handed_in_is_compared_with_the_draft(service: Applications, season: Season) -> None:
    handed_in = await service.submitted(season)
    await saved(handed_in.lead, handed_in, (await draft(handed_in))["version"], title="Ears on all pipes")

    told = await handed_in.lead.get(f"{handed_in.path}/differences", before="revision-1")
    unknown = await handed_in.lead.get(f"{handed_in.path}/differences", before="revision-2")

    assert [(each["field"], [p["text"] for p in each["pieces"]]) for each in told.json()["fields"]] == [
        ("#/title", ["Ears on ", "the", "all", " pipes"])
    ]
    assert unknown.status_code == 404


async def test_old_saves_are_joined_and_who_began_with_one_is_merged_all_the_same(
    service: Applications, applicant: Applicant
) -> None:
    member = await joined(service, applicant)
    base = began_with = (await draft(applicant))["version"]
    for n in range(20):
        service.clock.forward(seconds=1)
        base = (await saved(applicant.lead, applicant, base, answers={"problem": f"{PROBLEM} Pipe {n}."}))["base"]
        began_with = base if n == 10 else began_with
    service.clock.forward(seconds=(EXACT_FOR + SITTING).total_seconds() + 1)

    while await thin_next(service.app.state.works):
        pass

    rows = await service.fetch(
        "SELECT count(*) AS n FROM draft_version WHERE application_id = :id", id=applicant.application_id
    )
    began = PROBLEM.replace("late", "after months")
    await saved(member, applicant, began_with, answers={"problem": f"{began} Pipe 10."})
    assert rows[0].n == 1
    said = await draft(applicant)
    kept = (await member.get(f"{applicant.path}/versions/{said['version']}")).json()
    assert said["answers"]["problem"] == f"{PROBLEM} Pipe 19."
    assert kept["aside"] == {"#/answers/problem": f"{began} Pipe 10."}


async def test_what_is_not_safe_is_left_out_and_what_is_too_long_is_kept_until_handed_in(
    applicant: Applicant,
) -> None:
    base = (await draft(applicant))["version"]
    long = "word " * 5_000

    await saved(applicant.lead, applicant, base, title="Ears\u202e on\x0bpipes", summary=long)
    refused = await applicant.lead.post(f"{applicant.path}/submit")

    said = await draft(applicant)
    assert (said["title"], said["summary"]) == ("Ears on pipes", long.strip())
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/summary")


async def test_nobody_else_saves_reads_or_learns_of_a_draft(service: Applications, applicant: Applicant) -> None:
    version = (await draft(applicant))["version"]
    stranger = await service.registered()

    async def answers(who: Caller) -> list[httpx.Response]:
        return [
            await who.post(f"{applicant.path}/saves", {"base": version, "title": "Mine"}),
            await who.post(f"{applicant.path}/versions/{version}/restore"),
            await who.get(f"{applicant.path}/versions/{version}"),
            await who.get(f"{applicant.path}/differences", before=f"version-{version}"),
        ]

    assert [each.status_code for each in await answers(stranger)] == [404] * 4
    assert [each.status_code for each in await answers(service.staff)] == [403] * 4


async def test_a_version_that_is_not_there_yet_can_not_be_begun_with(applicant: Applicant) -> None:
    base = (await draft(applicant))["version"]

    answer = await applicant.lead.post(f"{applicant.path}/saves", {"base": base + 1, "title": "From the future"})

    assert answer.status_code == 412


async def test_after_the_deadline_a_save_is_refused_like_everything_else(
    service: Applications, applicant: Applicant
) -> None:
    base = (await draft(applicant))["version"]
    service.clock.turn_to(CLOSES)
    in_time = await applicant.lead.post(f"{applicant.path}/saves", {"base": base, "title": "Just in time"})
    service.clock.forward(seconds=1)

    late = await applicant.lead.post(f"{applicant.path}/saves", {"base": base, "title": "Late"})

    assert in_time.status_code == 200
    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (409, "deadline-passed")
    assert (await draft(applicant))["title"] == "Just in time"
