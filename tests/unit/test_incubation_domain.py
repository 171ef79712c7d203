"""The rules of incubation: what may become of what, and why not."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.incubation.domain import (
    data_room,
    experimentations,
    findings,
    focus_groups,
    intervals,
    milestones,
    workshops,
)
from services.incubation.domain.data_room import GrantState
from services.incubation.domain.experimentations import ExperimentationState, Protocol
from services.incubation.domain.findings import Summary
from services.incubation.domain.milestones import MilestoneState
from services.incubation.domain.states import NotInThisState
from shared.errors import DomainError

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
TODAY = NOW.date()

INSTANTS = st.timedeltas(timedelta(days=-3000), timedelta(days=3000)).map(lambda ago: NOW + ago)
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))


# States.


@pytest.mark.parametrize(
    ("allowed", "ends"),
    [
        (milestones.ALLOWED, {"approved"}),
        (data_room.ALLOWED, {"refused", "revoked", "expired"}),
        (experimentations.ALLOWED, {"refused", "reported"}),
    ],
)
def test_every_state_is_in_its_table_and_only_ends_have_no_way_out(
    allowed: dict[StrEnum, set[StrEnum]], ends: set[str]
) -> None:
    assert set(allowed) == set(type(next(iter(allowed))))
    assert {state for state, ways in allowed.items() if not ways} == ends


@given(st.sampled_from(MilestoneState), st.sampled_from(MilestoneState))
def test_a_milestone_becomes_what_the_table_allows_and_nothing_else(state: MilestoneState, to: MilestoneState) -> None:
    if to in milestones.ALLOWED[state]:
        assert milestones.become(state, to) is to
    else:
        with pytest.raises(NotInThisState) as refused:
            milestones.become(state, to)
        assert refused.value.extra["state"] == state
        assert refused.value.extra["needs"] == [before for before, ways in milestones.ALLOWED.items() if to in ways]


@given(st.sampled_from(MilestoneState), DAYS, DAYS)
def test_only_what_is_not_approved_is_late_and_only_after_its_day(
    state: MilestoneState, due_on: date, today: date
) -> None:
    assert milestones.is_late(state, due_on=due_on, today=today) == (
        state is not MilestoneState.APPROVED and today > due_on
    )


def test_a_milestone_is_planned_for_today_or_later() -> None:
    assert milestones.plan(due_on=TODAY, today=TODAY) is MilestoneState.PLANNED
    with pytest.raises(milestones.DueInThePast):
        milestones.plan(due_on=TODAY - timedelta(days=1), today=TODAY)


# The data room.


@given(st.sampled_from(GrantState), st.none() | INSTANTS, INSTANTS)
def test_data_is_open_only_while_granted_and_before_the_end(
    state: GrantState, expires_at: datetime | None, now: datetime
) -> None:
    if state is GrantState.GRANTED and (expires_at is None or now < expires_at):
        data_room.check_open(state, expires_at=expires_at, now=now)
    else:
        with pytest.raises((data_room.AccessNotOpen, data_room.AccessExpired)):
            data_room.check_open(state, expires_at=expires_at, now=now)


@given(st.sampled_from(GrantState), INSTANTS, INSTANTS)
def test_the_end_is_noted_once_and_never_early(state: GrantState, expires_at: datetime, now: datetime) -> None:
    if state is GrantState.GRANTED and now >= expires_at:
        noted = data_room.expire(state, expires_at=expires_at, now=now)
        with pytest.raises(data_room.GrantNotInThisState):
            data_room.expire(noted, expires_at=expires_at, now=now)
    else:
        with pytest.raises(data_room.GrantNotInThisState):
            data_room.expire(state, expires_at=expires_at, now=now)


@given(st.sampled_from(GrantState), INSTANTS, INSTANTS)
def test_what_has_ended_can_not_be_revoked(state: GrantState, expires_at: datetime, now: datetime) -> None:
    assume(now >= expires_at)
    with pytest.raises(data_room.GrantNotInThisState):
        data_room.become(state, GrantState.REVOKED, expires_at=expires_at, now=now)


@pytest.mark.parametrize(
    ("length", "fine"),
    [
        (timedelta(microseconds=1), True),
        (timedelta(days=366), True),
        (timedelta(0), False),
        (timedelta(seconds=-1), False),
        (timedelta(days=366, microseconds=1), False),
    ],
)
def test_access_ends_after_now_and_within_a_year(length: timedelta, *, fine: bool) -> None:
    if fine:
        data_room.check_expiry(NOW + length, now=NOW)
    else:
        with pytest.raises(data_room.ExpiryNotAcceptable):
            data_room.check_expiry(NOW + length, now=NOW)


@given(st.sampled_from(["text/plain", "text/csv", "application/json"]), st.binary(max_size=200))
def test_content_is_kept_or_refused_and_never_breaks(media_type: str, content: bytes) -> None:
    try:
        data_room.check_content(media_type, content)
    except data_room.ContentNotAcceptable:
        return
    assert b"\x00" not in content
    assert content.strip()


def test_content_is_measured_in_bytes() -> None:
    data_room.check_content("text/plain", b"x" * data_room.LARGEST_CONTENT)
    with pytest.raises(data_room.ContentNotAcceptable):
        data_room.check_content("text/plain", b"x" * (data_room.LARGEST_CONTENT + 1))


# Focus groups.


@dataclass(frozen=True)
class Someone:
    organisation: str
    person_id: UUID


@given(st.lists(st.sampled_from(["numa", "lydec", "inwi"]), max_size=6))
def test_a_focus_group_has_one_of_numa_at_least_one_of_the_partner_and_nobody_else(organisations: list[str]) -> None:
    people = [Someone(organisation, uuid4()) for organisation in organisations]
    if organisations.count("numa") == 1 and "lydec" in organisations and "inwi" not in organisations:
        numa, of_partner = focus_groups.compose(people, partner="lydec")
        assert {numa, *of_partner} == {each.person_id for each in people}
    else:
        with pytest.raises(focus_groups.FocusGroupComposition):
            focus_groups.compose(people, partner="lydec")


def test_a_refused_focus_group_hears_all_that_is_wrong() -> None:
    someone = uuid4()
    people = [Someone("inwi", someone), Someone("inwi", someone)]

    with pytest.raises(focus_groups.FocusGroupComposition) as refused:
        focus_groups.compose(people, partner="lydec")

    assert len(refused.value.errors) == 4
    assert "0 of numa" in refused.value.message


# Workshops.


@given(st.integers(1, 50), st.integers(0, 60), INSTANTS, INSTANTS)
def test_there_is_a_seat_before_the_start_and_until_all_are_taken(
    seats: int, taken: int, starts_at: datetime, now: datetime
) -> None:
    if now < starts_at and taken < seats:
        workshops.check_seat(seats=seats, taken=taken, starts_at=starts_at, now=now)
    else:
        with pytest.raises((workshops.WorkshopStarted, workshops.WorkshopFull)):
            workshops.check_seat(seats=seats, taken=taken, starts_at=starts_at, now=now)


def test_a_series_is_on_the_same_weekday_at_the_same_time() -> None:
    series = workshops.weekly(datetime.fromisoformat("2026-12-02T18:00"), weeks=53)

    assert {(each.weekday(), each.hour) for each in series} == {(2, 18)}
    assert len(set(series)) == 53


@pytest.mark.parametrize(
    ("one", "other"),
    [("Guest@X.example", "guest@x.EXAMPLE"), ("gue\ufb01@x.example", "GUEFI@x.example")],
)
def test_spellings_of_one_address_are_the_same(one: str, other: str) -> None:
    assert workshops.same_address(one) == workshops.same_address(other)


# Experimentations.


def protocol(**changes: Any) -> Protocol:
    content: dict[str, Any] = {
        "project_id": UUID(int=1),
        "hypothesis": "Listening at night finds leaks earlier.",
        "indicators": [{"name": "days", "unit": "d", "direction": "decrease"}],
        "baseline": {"days": 9.5},
        "place": "الدار البيضاء",
        "starts_on": TODAY,
        "ends_on": TODAY + timedelta(days=70),
        "stop_rule": "Any complaint.",
    }
    return Protocol(**(content | changes))


def test_the_canonical_text_is_pinned() -> None:
    """Published digests depend on it: it may never change."""
    assert protocol().canonical() == (
        '{"baseline":{"days":9.5},"ends_on":"2027-02-03","hypothesis":"Listening at night finds leaks earlier.",'
        '"indicators":[{"direction":"decrease","name":"days","unit":"d"}],"place":"الدار البيضاء",'
        '"project_id":"00000000-0000-0000-0000-000000000001","starts_on":"2026-11-25","stop_rule":"Any complaint."}'
    )
    assert (
        experimentations.digest(protocol().canonical())
        == "bd2d677558da511da1abc9e0cb724f94e8ee29c2a5c0bf74f664af091d9bacb9"
    )


@given(st.floats(-1e15, 1e15), st.text(max_size=30), st.text(max_size=30))
def test_the_canonical_text_reads_back_to_the_same(baseline: float, place: str, stop_rule: str) -> None:
    text = protocol(baseline={"days": baseline}, place=place, stop_rule=stop_rule).canonical()

    again = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert again == text


def test_a_whole_number_and_its_decimal_have_one_digest() -> None:
    assert protocol(baseline={"days": 9}).canonical() == protocol(baseline={"days": 9.0}).canonical()


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({}, []),
        ({"baseline": {}}, ["#/baseline"]),
        ({"baseline": {"days": 1.0, "joy": 2.0}}, ["#/baseline"]),
        ({"ends_on": TODAY - timedelta(days=1)}, ["#/ends_on"]),
        ({"ends_on": TODAY + timedelta(days=3 * 366 + 1)}, ["#/ends_on"]),
        ({"ends_on": TODAY}, []),
    ],
)
def test_a_protocol_is_coherent_or_says_where_it_is_not(changes: dict[str, Any], pointers: list[str]) -> None:
    if not pointers:
        experimentations.check_protocol(protocol(**changes), today=TODAY)
        return
    with pytest.raises(experimentations.ProtocolNotCoherent) as refused:
        experimentations.check_protocol(protocol(**changes), today=TODAY)
    assert [error.pointer for error in refused.value.errors] == pointers


@given(st.sampled_from(ExperimentationState), DAYS, DAYS, DAYS, st.booleans())
def test_it_starts_only_when_authorised_and_in_its_days(
    state: ExperimentationState, starts_on: date, ends_on: date, today: date, compressed: bool
) -> None:
    assume(starts_on <= ends_on)
    in_its_days = (compressed or starts_on <= today) and today <= ends_on

    def start() -> ExperimentationState:
        return experimentations.start(state, starts_on=starts_on, ends_on=ends_on, today=today, compressed=compressed)

    if state is ExperimentationState.AUTHORISED and in_its_days:
        assert start() is ExperimentationState.RUNNING
    else:
        with pytest.raises(DomainError):
            start()


@given(
    st.sampled_from(["confirmed", "refuted", "inconclusive", "stopped"]),
    st.sampled_from([{}, {"days": 3.0}, {"days": 3.0, "joy": 1.0}]),
    st.integers(-3, 3),
    st.booleans(),
)
def test_a_verdict_needs_every_indicator_and_an_early_end_is_a_stop(
    outcome: str, means: dict[str, float], days_after: int, compressed: bool
) -> None:
    def report() -> ExperimentationState:
        return experimentations.report(
            ExperimentationState.RUNNING,
            outcome=outcome,
            ends_on=TODAY,
            today=TODAY + timedelta(days=days_after),
            indicators=["days", "joy"],
            means=means,
            compressed=compressed,
        )

    early = days_after < 0 and outcome != "stopped" and not compressed
    unproven = outcome in {"confirmed", "refuted"} and len(means) < 2
    if early or unproven:
        with pytest.raises(experimentations.StillRunning if early else experimentations.NotMeasured):
            report()
    else:
        assert report() is ExperimentationState.REPORTED


def test_a_finding_sets_the_mean_beside_the_baseline() -> None:
    (indicator,) = protocol().indicators
    measured = Summary(measurements=4, mean=3.0, standard_deviation=2.0)

    found = findings.find(indicator, baseline=9.5, summary=measured)

    assert (found.change, found.effect_size) == (-6.5, -3.25)
    assert found.change_interval == pytest.approx((-6.5 - 3.1824463, -6.5 + 3.1824463))


def test_too_few_measurements_say_nothing_of_how_sure_they_are() -> None:
    (indicator,) = protocol().indicators

    one = findings.find(indicator, baseline=9.5, summary=Summary(measurements=1, mean=3.0))
    none = findings.find(indicator, baseline=9.5, summary=Summary())

    assert (one.change, one.change_interval, one.effect_size) == (-6.5, None, None)
    assert (none.change, none.measurements) == (None, 0)


def test_measurements_that_never_differ_have_no_effect_size() -> None:
    (indicator,) = protocol().indicators
    same = Summary(measurements=3, mean=3.0, standard_deviation=0.0)

    found = findings.find(indicator, baseline=9.5, summary=same)

    assert (found.change_interval, found.effect_size) == ((-6.5, -6.5), None)


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.7062047), (2, 4.3026527), (3, 3.1824463), (10, 2.2281389), (30, 2.0422725), (1000, 1.9623391)],
)
def test_the_quantiles_are_those_of_the_tables(freedom: int, quantile: float) -> None:
    assert intervals.t_quantile(freedom) == pytest.approx(quantile, abs=1e-6)


@given(st.integers(1, 10_000_000))
def test_more_measurements_never_make_it_less_sure(freedom: int) -> None:
    assert 1.9599 < intervals.t_quantile(freedom + 1) <= intervals.t_quantile(freedom) + 1e-6
