"""How a story becomes lanes, numbers become charts, and being late is counted."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from services.notifications.domain.lanes import Step, Stroke, draw
from services.notifications.domain.stages import days_late, quarter_of
from services.notifications.pages.charts import Bar, Column, bars, ceiling, columns
from shared.clock import zone_named


def test_a_cause_runs_down_its_own_lane_and_crosses_over_at_its_effect() -> None:
    drawn = draw([Step(lane=0, caused_by=None), Step(lane=1, caused_by=None), Step(lane=2, caused_by=0)])

    told = [[each for each in row.strokes if each.tells_cause] for row in drawn]
    assert told == [
        [Stroke(lane=0, to_lane=0, part="out_of", tells_cause=True)],
        [Stroke(lane=0, to_lane=0, part="through", tells_cause=True)],
        [Stroke(lane=0, to_lane=2, part="into", tells_cause=True)],
    ]
    assert [row.lane for row in drawn] == [0, 1, 2]


def test_a_lane_begins_with_its_first_event_and_ends_with_its_last() -> None:
    drawn = draw([Step(lane=0, caused_by=None), Step(lane=1, caused_by=None), Step(lane=0, caused_by=None)])

    assert [[stroke.part for stroke in row.strokes] for row in drawn] == [["out_of"], ["through"], ["into"]]


def test_a_cause_that_is_not_shown_or_comes_later_draws_nothing() -> None:
    drawn = draw([Step(lane=0, caused_by=1), Step(lane=1, caused_by=None)])

    assert [row.strokes for row in drawn] == [(), ()]


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (1, 1), (3, 4), (7, 8), (11, 20), (49, 50), (101, 200), (999, 1000)]
)
def test_a_scale_ends_at_a_number_that_people_say(highest: int, top: int) -> None:
    assert ceiling(highest) == top


def test_a_chart_from_right_to_left_is_the_mirror_of_one_from_left_to_right() -> None:
    days = [Column(label="a", parts=[4]), Column(label="b", parts=[1, 1])]
    here = columns(days, rtl=False, number=str)
    there = columns(days, rtl=True, number=str)

    assert [640 - x - w for x, w in _bars(here)] == pytest.approx([x for x, _ in _bars(there)], abs=0.2)
    assert "style" not in here


def test_names_in_a_chart_are_text() -> None:
    assert "<b>" not in bars([Bar(label="<b>x", value=1, said="1")], rtl=False)


@dataclass
class Promised:
    due_on: date
    approved_at: datetime | None = None


def test_late_is_counted_in_days_of_the_place() -> None:
    zone = zone_named("Pacific/Kiritimati")
    evening = datetime(2017, 4, 1, 12, tzinfo=UTC)  # the second of April there

    assert days_late(Promised(date(2017, 4, 1)), now=evening, zone=zone) == 1
    assert days_late(Promised(date(2017, 4, 1)), now=evening, zone=zone_named("UTC")) == 0
    assert days_late(Promised(date(2017, 4, 1), approved_at=evening), now=evening.replace(year=2020), zone=zone) == 1


def test_a_quarter_of_an_hour_is_one_wherever_one_is() -> None:
    assert quarter_of(datetime(2017, 4, 1, 12, 44, 59, 9, tzinfo=UTC)) == datetime(2017, 4, 1, 12, 30, tzinfo=UTC)


def _bars(chart: str) -> list[tuple[float, float]]:
    return [(float(x), float(w)) for x, w in re.findall(r'<rect[^>]* x="([\d.]+)"[^>]* width="([\d.]+)"', chart)]
