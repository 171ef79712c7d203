"""What phase a round is in, and what may be done in it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.selection.domain.phases import (
    ORDER,
    TABLE,
    Opened,
    Phase,
    PhaseNotOpen,
    Planned,
    PlanNotAcceptable,
    Round,
    check_plan,
    may,
)
from services.selection.permissions import PERMISSIONS
from shared.clock import resolve_deadline

START = datetime(2027, 3, 1, 9, tzinfo=UTC)
OF_NO_ROUND = {
    "appoint_jury",
    "read_minutes",
    "list_shortlists",
    "name_people",
    "open_desk",
    "list_own_files",
    "list_own_interests",
    "list_own_results",
    "read_jury",
    "list_conflicts",
    "enter_pages",
    "state_interests",
    "state_team_ties",
    "note_ties",
    "decide_conflicts",
    "read_results",
    "read_receipt_key",
    "read_own_result",
    "read_published_rankings",
    "watch_operations",
    "release_quarantine",
    "discard_quarantine",
    "release_outbox",
    "export_personal_data",
    "export_tables",
}
"""What no phase opens or shuts: it comes before a round, is published by an act of its own, or runs the service."""


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def planned(phase: Phase, on: int) -> Planned:
    return Planned(phase=phase, opens=resolve_deadline(day(on).replace(tzinfo=None), "Africa/Casablanca"))


PLAN = (
    planned(Phase.REVIEWING, 7),
    planned(Phase.DISCUSSING, 21),
    planned(Phase.DELIBERATING, 28),
    planned(Phase.CLOSED, 30),
)


def declaring(*plan: Planned) -> Round:
    return Round(last=Opened(phase=Phase.DECLARING, at=day(0)), plan=plan or PLAN)


def test_the_plan_decides_whether_or_not_anybody_told_of_it_yet() -> None:
    told_in_time = Round(last=Opened(phase=Phase.REVIEWING, at=day(7), by_date=True), plan=PLAN)

    for on, phase in ((6, Phase.DECLARING), (7, Phase.REVIEWING), (22, Phase.DISCUSSING), (40, Phase.CLOSED)):
        assert declaring().present(day(on)) == phase
        if on >= 7:
            assert told_in_time.present(day(on)) == phase


def test_a_job_that_comes_late_tells_each_phase_at_the_time_it_opened() -> None:
    due = declaring().due(day(29))

    assert [(one.phase, one.at) for one in due] == [
        (Phase.REVIEWING, day(7)),
        (Phase.DISCUSSING, day(21)),
        (Phase.DELIBERATING, day(28)),
    ]


def test_a_date_never_takes_a_round_back_that_people_moved_on() -> None:
    moved_on = Round(last=Opened(phase=Phase.DELIBERATING, at=day(10)), plan=PLAN)

    assert moved_on.present(day(22)) == Phase.DELIBERATING
    assert moved_on.present(day(31)) == Phase.CLOSED


def test_people_may_go_back_and_a_date_behind_them_does_not_undo_it() -> None:
    taken_back = Round(last=Opened(phase=Phase.REVIEWING, at=day(22)), plan=PLAN)

    assert taken_back.present(day(27)) == Phase.REVIEWING
    assert taken_back.present(day(28)) == Phase.DELIBERATING


def test_a_refusal_names_the_phase_and_when_the_wanted_one_opens() -> None:
    with pytest.raises(PhaseNotOpen) as refused:
        declaring().require("juror", "submit_review", day(1))

    assert refused.value.extra == {
        "action": "submit_review",
        "phase": "declaring",
        "wanted": ["reviewing"],
        "opens_at": day(7),
    }
    assert "2027-03-08 09:00 Africa/Casablanca" in refused.value.message


def test_a_refusal_without_a_date_ahead_says_whom_to_ask() -> None:
    with pytest.raises(PhaseNotOpen, match="ask the programme team"):
        declaring().require("juror", "submit_review", day(22))


def test_a_jury_without_phases_is_bound_by_its_state_alone_but_for_discussing() -> None:
    never = {action for (_, action), phases in TABLE.items() if not phases & Round().open(START)}

    assert all(phases == {Phase.DISCUSSING} for (_, action), phases in TABLE.items() if action in never)
    assert may("juror", Round().open(START))["submit_review"]


@pytest.mark.parametrize(
    ("plan", "pointers"),
    [
        ((planned(Phase.DISCUSSING, 3), planned(Phase.REVIEWING, 4)), ["#/plan/1/phase"]),
        ((planned(Phase.REVIEWING, 4), planned(Phase.REVIEWING, 5)), ["#/plan/1/phase"]),
        ((planned(Phase.REVIEWING, 4), planned(Phase.DISCUSSING, 4)), ["#/plan/1/opens"]),
        ((planned(Phase.REVIEWING, 1),), ["#/plan/0/opens"]),
        ((planned(Phase.DECLARING, 1), planned(Phase.REVIEWING, 4)), []),
    ],
)
def test_a_plan_goes_forwards_and_opens_nothing_in_the_past(plan: tuple[Planned, ...], pointers: list[str]) -> None:
    found: list[str] = []

    try:
        check_plan(plan, present=Phase.DECLARING, now=day(2))
    except PlanNotAcceptable as refused:
        found = [error.pointer for error in refused.errors]

    assert found == pointers


@given(
    start=st.sampled_from(Phase),
    days=st.lists(st.integers(1, 50), min_size=5, max_size=5, unique=True).map(sorted),
    looks=st.lists(st.integers(0, 60), min_size=1, max_size=6).map(sorted),
)
def test_telling_of_due_phases_at_any_time_changes_nothing_of_what_is_allowed(
    start: Phase, days: list[int], looks: list[int]
) -> None:
    plan = tuple(planned(phase, on) for phase, on in zip(Phase, days, strict=True))
    untold = told = Round(last=Opened(phase=start, at=day(0)), plan=plan)

    for look in looks:
        if due := told.due(day(look)):
            told = Round(last=due[-1], plan=plan)
        assert told.open(day(look)) == untold.open(day(look))
        assert told.ahead(day(look)) == untold.ahead(day(look))
        assert ORDER[told.present(day(look)) or start] >= ORDER[start]


def test_the_table_has_every_action_that_belongs_to_a_round() -> None:
    asked = {(role, rule.action) for rule in PERMISSIONS for role in rule.roles if rule.action not in OF_NO_ROUND}

    # How a juror sees the candidates depends on the phase; the route is one.
    assert asked == set(TABLE) - {("juror", "see_the_whole_field")}
