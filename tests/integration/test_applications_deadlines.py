"""A call's deadlines over HTTP, on a real database: how they move, for whom, and that everyone can read why."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from services.applications.handlers.outages import note_alive
from services.applications.jobs import close_next, resolve_next
from services.applications.models import Outage
from shared.events.selection import ConflictDeclared
from tests.support.applications import (
    CLOSES,
    GRACE,
    NOW,
    OPENS,
    Applicant,
    Applications,
    Season,
    applications,
    asks,
    form_body,
    record_of,
    wall,
)
from tests.support.stack import Backbone
from tests.support.zones import time_zones

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
THRESHOLD, WINDOW = 5 * MINUTE, DAY


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def season(service: Applications) -> Season:
    return await service.season()


def slug(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


async def rules(service: Applications, season: Season, **of: Any) -> list[tuple[Any, ...]]:
    log = (await service.anybody.get(f"/calls/{season.call_id}/rules")).json()["rules"]
    return [(line["rule"], line["cause"], line["at"]["local"], line["counts"]) for line in log]


async def alive(service: Applications) -> Outage | None:
    async with service.app.state.works.begin() as work:
        return await note_alive(work, threshold=THRESHOLD, window=WINDOW)


async def closed(service: Applications, season: Season) -> bool:
    """Whether the worker, let loose now, closes this call."""
    while await close_next(service.app.state.works, grace=GRACE):
        pass
    return (await service.anybody.get(f"/calls/{season.call_id}")).json()["closed_at"] is not None


async def begin_to_beat(service: Applications) -> None:
    """As if it had never beaten before."""
    async with service.app.state.works.begin() as work:
        await (await work.session.connection()).execute(text("DELETE FROM heartbeat"))
    assert await alive(service) is None


def extension_body(until: datetime, **changes: Any) -> dict[str, Any]:
    return {"until": wall(until), "reason": "personal", "words": "Invented: a flood in the office."} | changes


async def extended(service: Applications, applicant: Applicant, until: datetime) -> None:
    asked = await service.staff.post(f"{applicant.path}/extensions", extension_body(until))
    approved = await service.staff.post(f"/extensions/{asked.json()['id']}/approve")
    assert approved.status_code == 200, approved.text


# Grace.


async def test_what_arrives_within_the_grace_is_in_time_and_the_refusal_states_it(service: Applications) -> None:
    season = await service.season(grace_seconds=90)
    applicant, late = await service.drafted(season), await service.drafted(season)

    service.clock.turn_to(CLOSES + timedelta(seconds=90))
    in_time = await applicant.lead.post(f"{applicant.path}/submit")
    service.clock.forward(microseconds=1)
    refused = await late.lead.post(f"{late.path}/submit")

    assert in_time.json()["deadline"]["instant"] == "2027-02-28T23:59:00Z"
    assert (refused.status_code, slug(refused)) == (409, "deadline-passed")
    assert "2027-02-28 23:59 Africa/Casablanca" in refused.json()["detail"]
    assert "90 seconds of grace" in refused.json()["detail"]
    assert not await closed(service, season)
    service.clock.forward(seconds=2)
    assert await closed(service, season)


# Dates set anew, and postponed.


async def test_announced_dates_are_corrected_until_the_call_opens(service: Applications, season: Season) -> None:
    service.clock.moment = NOW
    path, staff = f"/calls/{season.call_id}", service.staff
    dates = {"closes_at": wall(CLOSES + DAY), "challenge_deadlines": {season.challenge_ids[0]: wall(CLOSES)}}

    stale = await staff.patch(path, dates, match='"7"')
    corrected = await staff.patch(path, dates | {"grace_seconds": 60})
    stranger = await staff.patch(path, {"challenge_deadlines": {str(uuid4()): wall(CLOSES)}})
    too_short = await staff.patch(path, {"opens_at": wall(CLOSES)})
    service.clock.turn_to(OPENS)
    open_already = await staff.patch(path, dates)

    assert stale.status_code == 412
    assert corrected.json()["closes"]["local"] == "2027-03-01T23:59:00"
    assert corrected.json()["grace_seconds"] == 60
    assert corrected.json()["last_deadline_at"] == "2027-03-02T00:00:00Z"
    assert (stranger.status_code, slug(stranger)) == (422, "challenge-not-in-call")
    assert (too_short.status_code, slug(too_short)) == (422, "call-too-short")
    assert (open_already.status_code, slug(open_already)) == (409, "call-open-already")
    assert await service.told(season.call_id) == ["call.announced", "call.rescheduled"]
    assert await rules(service, season) == [
        ("opens", "announced", "2026-12-01T08:00:00", True),
        ("deadline", "announced", "2027-02-28T23:59:00", False),
        ("deadline", "rescheduled", "2027-03-01T23:59:00", True),
        ("challenge-deadline", "rescheduled", "2027-02-28T23:59:00", True),
    ]


async def test_a_deadline_is_postponed_for_all_or_for_one_challenge_and_never_brought_forward(
    service: Applications,
) -> None:
    season = await service.season(own_deadlines={1: CLOSES - 3 * DAY})
    path, staff, own = f"/calls/{season.call_id}/postponements", service.staff, season.challenge_ids[1]
    of_challenge = await service.drafted(season, challenge_ids=[own])

    for_all = await staff.post(path, {"until": wall(CLOSES + DAY)})
    for_one = await staff.post(path, {"until": wall(CLOSES - 2 * DAY), "challenge_id": own})
    earlier = await staff.post(path, {"until": wall(CLOSES)})
    stranger = await staff.post(path, {"until": wall(CLOSES + 2 * DAY), "challenge_id": str(uuid4())})
    service.clock.turn_to(CLOSES - 2 * DAY)
    in_time = await of_challenge.lead.post(f"{of_challenge.path}/submit")
    service.clock.forward(seconds=1)
    passed = await staff.post(path, {"until": wall(CLOSES), "challenge_id": own})

    assert [for_all.status_code, for_one.status_code, in_time.status_code] == [200, 200, 200]
    assert (earlier.status_code, slug(earlier)) == (422, "deadline-not-later")
    assert (stranger.status_code, slug(stranger)) == (422, "challenge-not-in-call")
    assert (passed.status_code, slug(passed)) == (409, "deadline-passed-already")
    assert await service.told(season.call_id) == ["call.announced", "deadline.postponed", "deadline.postponed"]


# More time for one team.


async def test_one_asks_for_an_extension_another_approves_it_and_only_that_team_has_it(
    service: Applications, season: Season
) -> None:
    applicant, other = await service.drafted(season), await service.drafted(season)
    asker, approver, until = service.staff, service.staff, CLOSES + 2 * DAY

    asked = await asker.post(f"{applicant.path}/extensions", extension_body(until))
    path = f"/extensions/{asked.json()['id']}"
    by_asker = await asker.post(f"{path}/approve")
    approved = await approver.post(f"{path}/approve")
    again = await approver.post(f"{path}/refuse")
    service.clock.turn_to(until)
    saved = await applicant.lead.patch(applicant.path, {"title": "Saved late"})
    handed_in = await applicant.lead.post(f"{applicant.path}/submit")
    others = [await other.lead.patch(other.path, {"title": "No"}), await other.lead.post(f"{other.path}/submit")]

    assert (asked.status_code, asked.json()["status"]) == (201, "asked")
    assert "words" not in asked.json()
    assert (by_asker.status_code, slug(by_asker)) == (403, "own-extension")
    assert approved.json()["status"] == "approved"
    assert (again.status_code, slug(again)) == (409, "extension-decided")
    assert [saved.status_code, handed_in.status_code] == [200, 200]
    assert handed_in.json()["deadline"]["local"] == "2027-03-02T23:59:00"
    assert [slug(each) for each in others] == ["deadline-passed", "deadline-passed"]
    assert await service.told(asked.json()["id"]) == ["extension.asked", "extension.approved"]


async def test_the_call_waits_for_the_team_that_has_most_time(service: Applications, season: Season) -> None:
    applicant = await service.drafted(season)
    await extended(service, applicant, CLOSES + DAY)

    service.clock.turn_to(CLOSES + timedelta(seconds=5))
    while_it_writes = await closed(service, season)
    shown = (await service.anybody.get(f"/calls/{season.call_id}")).json()
    service.clock.turn_to(CLOSES + DAY + timedelta(seconds=5))
    afterwards = await closed(service, season)
    late = await service.staff.post(f"{applicant.path}/extensions", extension_body(CLOSES + 3 * DAY))

    assert (while_it_writes, shown["status"], afterwards) == (False, "open", True)
    assert (late.status_code, slug(late)) == (409, "call-over")


async def test_everyone_reads_that_a_team_has_more_time_and_only_the_team_that_it_is_theirs(
    service: Applications, season: Season
) -> None:
    applicant, other = await service.drafted(season), await service.drafted(season)
    await extended(service, applicant, CLOSES + DAY)
    path = f"/calls/{season.call_id}/rules"

    readers = [service.anybody, other.lead, service.staff, applicant.lead]
    lines = [(await who.get(path)).json()["rules"][-1] for who in readers]

    assert {(line["rule"], line["cause"], line["reason"]) for line in lines} == {
        ("team-deadline", "extended", "personal")
    }
    assert [line["yours"] for line in lines] == [False, False, False, True]
    assert [line["application_id"] for line in lines] == [None, None, None, applicant.application_id]
    assert applicant.team_id not in str(lines)
    assert "flood" not in str(lines)


async def test_who_belongs_to_the_team_or_is_in_conflict_with_its_file_decides_nothing_of_it(
    service: Applications, season: Season
) -> None:
    applicant = await service.drafted(season)
    asked = (await service.staff.post(f"{applicant.path}/extensions", extension_body(CLOSES + DAY))).json()
    member = service.caller("applicant", "staff", person_id=applicant.lead.person_id)
    friend = service.staff
    assert friend.person_id
    conflict = ConflictDeclared(
        conflict_id=uuid4(),
        juror_id=friend.person_id,
        application_id=UUID(applicant.application_id),
        kind="family",
    )
    await service.hear(record_of(conflict))

    for barred in (member, friend):
        assert (await barred.post(f"{applicant.path}/extensions", extension_body(CLOSES + DAY))).status_code == 404
        assert (await barred.post(f"/extensions/{asked['id']}/approve")).status_code == 404
        listed = (await barred.get(f"/calls/{season.call_id}/extensions")).json()["items"]
        assert listed == []
    [shown] = (await service.staff.get(f"/calls/{season.call_id}/extensions")).json()["items"]
    assert shown["words"] == "Invented: a flood in the office."


@pytest.mark.parametrize("until", [CLOSES, CLOSES - DAY, OPENS])
async def test_an_extension_is_more_time_or_none(service: Applications, season: Season, until: datetime) -> None:
    applicant = await service.drafted(season)

    answer = await service.staff.post(f"{applicant.path}/extensions", extension_body(until))

    assert (answer.status_code, slug(answer)) == (422, "deadline-not-later")


async def test_what_a_team_told_staff_is_erased_with_its_member(service: Applications, season: Season) -> None:
    applicant = await service.drafted(season)
    await extended(service, applicant, CLOSES + DAY)

    answer = await service.staff.post(f"/people/{applicant.lead.person_id}/erasure", {})

    [row] = await service.fetch("SELECT words FROM extension WHERE team_id = :id", id=applicant.team_id)
    assert answer.status_code in {200, 202}, answer.text
    assert row.words == ""


# Withdrawn, and begun again.


async def test_who_withdrew_begins_again_only_while_its_own_deadline_is_ahead(
    service: Applications, season: Season
) -> None:
    applicant, favoured = await service.submitted(season), await service.submitted(season)
    await extended(service, favoured, CLOSES + DAY)
    service.clock.turn_to(CLOSES + HOUR)

    withdrawn = [await each.lead.post(f"{each.path}/withdraw") for each in (applicant, favoured)]
    anew = [
        await each.lead.post("/applications", {"call_id": season.call_id, "team_id": each.team_id})
        for each in (applicant, favoured)
    ]

    assert [each.status_code for each in withdrawn] == [200, 200]
    assert [each.status_code for each in anew] == [409, 201]
    assert slug(anew[0]) == "deadline-passed"
    [row] = await service.fetch("SELECT count(*) AS n FROM application WHERE call_id = :id", id=season.call_id)
    assert row.n == 3


# Outages.


async def test_who_could_not_reach_us_before_the_deadline_gets_that_time_back_once(
    service: Applications, season: Season
) -> None:
    applicant, favoured = await service.drafted(season), await service.drafted(season)
    await extended(service, favoured, CLOSES + 40 * DAY)
    service.clock.turn_to(CLOSES - HOUR)
    await begin_to_beat(service)

    service.clock.forward(minutes=30.5)
    outages = [each for each in await asyncio.gather(*(alive(service) for _ in range(3))) if each]
    service.clock.forward(minutes=4)
    assert await alive(service) is None
    service.clock.turn_to(CLOSES + 31 * MINUTE)
    in_time = await applicant.lead.post(f"{applicant.path}/submit")

    assert len(outages) == 1
    assert in_time.json()["deadline"]["local"] == "2027-03-01T00:30:00"
    assert (await rules(service, season))[-1] == ("deadline", "outage", "2027-03-01T00:30:00", True)
    log = (await service.anybody.get(f"/calls/{season.call_id}/rules")).json()["rules"]
    assert log[-1]["outage"] == {"began_at": "2027-02-28T22:59:00Z", "ended_at": "2027-02-28T23:29:30Z"}
    assert (await service.told(season.call_id)).count("call.extended-after-outage") == 1


async def test_a_call_is_not_closed_while_nobody_can_reach_us(service: Applications, season: Season) -> None:
    applicant = await service.drafted(season)
    service.clock.turn_to(CLOSES - 2 * MINUTE)
    await begin_to_beat(service)

    service.clock.turn_to(CLOSES + HOUR)
    while_silent = await closed(service, season)
    await alive(service)
    once_back = await closed(service, season)
    handed_in = await applicant.lead.post(f"{applicant.path}/submit")
    service.clock.forward(minutes=3)
    await alive(service)
    in_the_end = await closed(service, season)

    assert (while_silent, once_back, in_the_end) == (False, False, True)
    assert handed_in.status_code == 200
    assert await service.told(season.call_id) == ["call.announced", "call.extended-after-outage", "call.closed"]


async def test_a_short_silence_or_one_long_before_the_deadline_moves_nothing(
    service: Applications, season: Season
) -> None:
    service.clock.turn_to(CLOSES - 3 * DAY)
    await begin_to_beat(service)
    service.clock.forward(hours=20)
    assert await alive(service) is not None
    service.clock.turn_to(CLOSES - 10 * MINUTE)
    await begin_to_beat(service)
    service.clock.forward(minutes=5)
    assert await alive(service) is None

    assert await service.told(season.call_id) == ["call.announced"]


# Time zone data of another age.


async def test_a_call_that_was_announced_with_older_data_keeps_the_time_on_the_wall(
    service: Applications, tmp_path: Path
) -> None:
    frozen = asks("early", frozen_after=wall(CLOSES - DAY), required_from=wall(CLOSES - 2 * DAY), required=True)
    with time_zones(tmp_path, version="2025b", hours=1):
        season = await service.season(own_deadlines={1: CLOSES - DAY}, form=form_body(frozen))
        before = (await service.anybody.get(f"/calls/{season.call_id}")).json()
    applicant = await service.drafted(season, answers={"early": "Yes."})

    while await resolve_next(service.app.state.works):
        pass
    after = (await service.anybody.get(f"/calls/{season.call_id}")).json()
    form = (await service.anybody.get(f"/calls/{season.call_id}/form")).json()
    service.clock.turn_to(CLOSES)
    in_time = await applicant.lead.post(f"{applicant.path}/submit")

    assert (before["closes"]["instant"], after["closes"]["instant"]) == ("2027-02-28T22:59:00Z", "2027-02-28T23:59:00Z")
    assert after["opens"]["instant"] == before["opens"]["instant"] == "2026-12-01T07:00:00Z"  # it had opened
    assert after["challenge_deadlines"][season.challenge_ids[1]]["instant"] == "2027-02-27T23:59:00Z"
    assert after["last_deadline_at"] == "2027-02-28T23:59:00Z"
    assert (form["version"], form["sections"][0]["fields"][0]["frozen_after"]["instant"]) == (2, "2027-02-27T23:59:00Z")
    assert in_time.status_code == 200, in_time.text
    assert await service.told(season.call_id) == [
        "call.announced",
        "call.form-set",
        "call.resolved-anew",
        "call.form-set",
    ]


async def test_a_law_that_sets_the_clocks_forward_shuts_nobody_out(
    service: Applications, season: Season, tmp_path: Path
) -> None:
    applicant = await service.drafted(season)
    service.clock.turn_to(OPENS + 10 * DAY)
    with time_zones(tmp_path, version="2027a", hours=1):
        while await resolve_next(service.app.state.works):
            pass
        shown = (await service.anybody.get(f"/calls/{season.call_id}")).json()
        service.clock.turn_to(CLOSES)  # by which the wall shows an hour more
        in_time = await applicant.lead.post(f"{applicant.path}/submit")
        service.clock.forward(microseconds=1)
        refused = await applicant.lead.post(f"{applicant.path}/submit")

    assert shown["closes"]["instant"] == "2027-02-28T23:59:00Z"
    assert shown["closes"]["local"] == "2027-03-01T00:59:00"
    assert in_time.status_code == 200
    assert "2027-03-01 00:59 Africa/Casablanca (UTC+01:00), which is 2027-02-28 23:59 UTC" in refused.json()["detail"]


# The log.


async def test_the_log_is_only_ever_added_to(service: Applications, season: Season) -> None:
    for statement in (
        f"UPDATE deadline_rule SET deadline_at = now() WHERE call_id = '{season.call_id}'",
        f"DELETE FROM deadline_rule WHERE call_id = '{season.call_id}'",
    ):
        with pytest.raises(ProgrammingError, match="append-only"):
            await service.fetch(statement)


async def test_all_that_decides_is_read_by_anyone(service: Applications, season: Season) -> None:
    answer = await service.anybody.get(f"/calls/{season.call_id}/rules")

    assert answer.json()["policy"]
    assert answer.json()["now"] == service.clock.moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
