"""Which rules of a call's log count, for whom, and how a deadline moves without shutting anyone out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.applications.domain import calls, deadlines
from services.applications.domain.deadlines import Cause, Deadlines, ExtensionStatus, Rule
from shared.clock import Deadline, resolve_deadline
from tests.support.zones import CASABLANCA, time_zones

OPENS = resolve_deadline(datetime.fromisoformat("2026-12-01T08:00"), CASABLANCA)
CLOSES = resolve_deadline(datetime.fromisoformat("2027-02-28T23:59"), CASABLANCA)
NO_GRACE, DAY = timedelta(0), timedelta(days=1)
WATER, NOISE, TEAM = uuid4(), uuid4(), uuid4()


def moved(by: timedelta, deadline: Deadline = CLOSES) -> Deadline:
    return deadlines.at_instant(deadline.instant + by, deadline.zone)


def log(*rules: Rule) -> Deadlines:
    return Deadlines.of([Rule(cause=Cause.ANNOUNCED, deadline=CLOSES, opens=OPENS), *rules])


def test_what_is_said_last_of_everyone_of_a_challenge_and_of_a_team_counts() -> None:
    found = log(
        Rule(cause=Cause.ANNOUNCED, deadline=moved(-3 * DAY), challenge_id=WATER),
        Rule(cause=Cause.EXTENDED, deadline=moved(DAY), team_id=TEAM),
        Rule(cause=Cause.POSTPONED, deadline=moved(2 * DAY), opens=OPENS, grace=timedelta(minutes=5)),
        Rule(cause=Cause.POSTPONED, deadline=moved(-2 * DAY), challenge_id=WATER),
    )

    assert (found.closes, found.grace, found.opens) == (moved(2 * DAY), timedelta(minutes=5), OPENS)
    assert found.for_application([WATER, NOISE], None) == moved(-2 * DAY)
    assert found.for_application([NOISE], None) == moved(2 * DAY)
    assert found.last_for(None) == moved(2 * DAY)


def test_a_team_with_more_time_has_the_later_of_both_deadlines_and_nobody_else_has_it() -> None:
    found = log(
        Rule(cause=Cause.ANNOUNCED, deadline=moved(-3 * DAY), challenge_id=WATER),
        Rule(cause=Cause.EXTENDED, deadline=moved(-DAY), team_id=TEAM),
    )

    assert found.for_application([WATER], TEAM) == moved(-DAY)
    assert found.for_application([NOISE], TEAM) == CLOSES
    assert found.for_application([WATER], uuid4()) == moved(-3 * DAY)


def test_a_call_is_over_after_the_last_team_and_its_grace() -> None:
    found = log(
        Rule(cause=Cause.POSTPONED, deadline=CLOSES, opens=OPENS, grace=timedelta(seconds=90)),
        Rule(cause=Cause.EXTENDED, deadline=moved(DAY), team_id=TEAM),
    )

    assert found.over_at == CLOSES.instant + DAY + timedelta(seconds=90)


def test_dates_that_are_set_anew_say_all_of_a_calls_deadlines() -> None:
    earlier = moved(-DAY, OPENS)
    found = log(
        Rule(cause=Cause.ANNOUNCED, deadline=moved(-3 * DAY), challenge_id=WATER),
        Rule(cause=Cause.RESCHEDULED, deadline=moved(DAY), opens=earlier),
        Rule(cause=Cause.RESCHEDULED, deadline=moved(-DAY), challenge_id=NOISE),
    )

    assert (found.opens, found.closes, dict(found.own)) == (earlier, moved(DAY), {NOISE: moved(-DAY)})


@pytest.mark.parametrize(("wanted", "ok"), [(timedelta(microseconds=1), True), (NO_GRACE, False), (-DAY, False)])
def test_nobodys_time_is_made_shorter(wanted: timedelta, ok: bool) -> None:
    now = OPENS.instant
    if ok:
        deadlines.require_later("#/until", before=CLOSES, wanted=moved(wanted), now=now)
    else:
        with pytest.raises(deadlines.NotLater):
            deadlines.require_later("#/until", before=CLOSES, wanted=moved(wanted), now=now)


def test_more_time_that_is_over_already_is_none() -> None:
    with pytest.raises(calls.DeadlineInThePast):
        deadlines.require_later("#/until", before=CLOSES, wanted=moved(DAY), now=CLOSES.instant + 2 * DAY)


def test_dates_are_set_anew_before_the_opening_only() -> None:
    deadlines.require_ahead(OPENS, status="announced", now=OPENS.instant - timedelta(microseconds=1))
    with pytest.raises(deadlines.AlreadyOpen):
        deadlines.require_ahead(OPENS, status="announced", now=OPENS.instant)
    with pytest.raises(calls.CallOver):
        deadlines.require_ahead(OPENS, status="closed", now=OPENS.instant)


def test_an_extension_is_decided_once_and_by_another_than_who_asked() -> None:
    decided: dict[str, Any] = {"asked_by": "a", "after": ExtensionStatus.APPROVED}

    assert deadlines.decide_extension("asked", decider="b", **decided) is ExtensionStatus.APPROVED
    with pytest.raises(deadlines.OwnExtension):
        deadlines.decide_extension("asked", decider="a", **decided)
    with pytest.raises(deadlines.DecidedAlready):
        deadlines.decide_extension("refused", decider="b", **decided)


def after(began: timedelta, ended: timedelta, *, grace: timedelta = NO_GRACE) -> timedelta | None:
    """By how much an outage moves the deadline, told by how long before it the outage began and ended."""
    later = deadlines.after_outage(
        CLOSES, opens=OPENS, began=CLOSES.instant - began, ended=CLOSES.instant - ended, window=DAY, grace=grace
    )
    return later.instant - CLOSES.instant if later else None


@pytest.mark.parametrize(
    ("began", "ended", "by"),
    [
        ({"hours": 3}, {"hours": 2}, {"hours": 1}),
        ({"hours": 30}, {"hours": 23}, {"hours": 7}),
        ({"hours": 30}, {"hours": 24}, None),  # it ended as the last hours began
        ({"minutes": 10}, {"minutes": -50}, {"hours": 1}),  # the deadline came while nobody could be reached
        ({"minutes": 0}, {"minutes": -10}, {"minutes": 10}),
        ({"seconds": -1}, {"minutes": -10}, None),  # it had passed before
        ({"minutes": 7, "seconds": 1}, {"minutes": 0}, {"minutes": 8}),  # in whole minutes
    ],
)
def test_time_that_was_lost_in_the_last_hours_is_given_back(
    began: dict[str, float], ended: dict[str, float], by: dict[str, float] | None
) -> None:
    assert after(timedelta(**began), timedelta(**ended)) == (timedelta(**by) if by else None)


def test_time_that_was_lost_within_the_grace_is_given_back_too() -> None:
    assert after(timedelta(seconds=-30), timedelta(minutes=-10), grace=timedelta(minutes=1)) is not None


def test_what_was_lost_before_the_opening_was_nobodys() -> None:
    later = deadlines.after_outage(
        CLOSES,
        opens=OPENS,
        began=OPENS.instant - DAY,
        ended=OPENS.instant + timedelta(hours=2),
        window=timedelta(days=200),
        grace=NO_GRACE,
    )

    assert later == moved(timedelta(hours=2))


spans = st.timedeltas(min_value=timedelta(days=-2), max_value=timedelta(days=2))


@given(began=spans, lasts=st.timedeltas(timedelta(seconds=1), timedelta(days=3)))
def test_who_is_reached_again_has_at_least_as_long_as_was_left(began: timedelta, lasts: timedelta) -> None:
    by = after(-began, -(began + lasts))
    left, is_over = -began, began > NO_GRACE

    if by is None:
        assert is_over or began + lasts <= -DAY
    else:
        assert left <= (CLOSES.instant + by) - (CLOSES.instant + began + lasts) < left + timedelta(minutes=1)


NOW = datetime(2027, 1, 15, tzinfo=UTC)


def resolved_with_older_data(folder: Path) -> Deadline:
    with time_zones(folder, version="2025b", hours=1):
        return resolve_deadline(CLOSES.local, CASABLANCA)


def test_a_deadline_that_older_data_put_too_early_moves_to_the_time_on_the_wall(tmp_path: Path) -> None:
    old = resolved_with_older_data(tmp_path)

    anew = deadlines.resolved_anew(old, now=NOW)

    assert old.instant == CLOSES.instant - timedelta(hours=1)
    assert anew == CLOSES
    assert deadlines.resolved_anew(CLOSES, now=NOW) is None


def test_a_deadline_never_moves_to_an_earlier_instant_and_the_log_says_what_the_wall_will_show(tmp_path: Path) -> None:
    with time_zones(tmp_path, version="2027a", hours=1):
        anew = deadlines.resolved_anew(CLOSES, now=NOW)
        again = deadlines.resolved_anew(anew, now=NOW) if anew else None

    assert anew == replace(CLOSES, local=datetime.fromisoformat("2027-03-01T00:59"), tzdata_version="2027a")
    assert again is None


def test_a_deadline_that_has_passed_stays(tmp_path: Path) -> None:
    old = resolved_with_older_data(tmp_path)

    assert deadlines.resolved_anew(old, now=old.instant + timedelta(microseconds=1)) is None
    assert deadlines.resolved_anew(replace(old, zone="Gone/Away"), now=NOW) is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Cause.POSTPONED, Cause.OUTAGE, Cause.EXTENDED]),
            st.timedeltas(NO_GRACE, 30 * DAY),
            st.sampled_from([None, WATER, NOISE]),
        ),
        max_size=8,
    )
)
def test_the_last_for_a_team_is_never_before_what_applies_to_its_file(
    given_rules: Sequence[tuple[Cause, timedelta, UUID | None]],
) -> None:
    rules = [
        Rule(cause=cause, deadline=moved(by), team_id=TEAM)
        if cause is Cause.EXTENDED
        else Rule(cause=cause, deadline=moved(by), challenge_id=challenge, opens=None if challenge else OPENS)
        for cause, by, challenge in given_rules
    ]
    found = log(*rules)

    for named in ([], [WATER], [WATER, NOISE]):
        assert found.for_application(named, TEAM).instant <= found.last_for(TEAM).instant <= found.over_at
        assert found.for_application(named, None).instant <= found.for_application(named, TEAM).instant
