"""The plan of a run: the same for the same seed, and as hard as was asked for."""

import pytest

from tests.chaos.schedule import LONG, SEATS, SHORT, WIRES, Kind, Length, plan

LENGTHS = pytest.mark.parametrize("length", [SHORT, LONG], ids=["short", "long"])


@LENGTHS
def test_a_seed_draws_the_same_faults_again_and_another_seed_others(length: Length) -> None:
    assert plan(1, length) == plan(1, length)
    assert plan(1, length) != plan(2, length)


@LENGTHS
def test_each_kind_of_fault_is_met_within_the_run(length: Length) -> None:
    faults = [fault for lane in plan(3, length).values() for fault in lane]
    left_out = {Kind.KAFKA_RESTART, Kind.HALF_OPEN} if length is SHORT else set()

    assert {fault.kind for fault in faults} == set(Kind) - left_out
    assert all(0 <= fault.at <= length.seconds for fault in faults)


@LENGTHS
def test_a_lane_is_in_the_order_of_its_times(length: Length) -> None:
    for lane in plan(4, length).values():
        assert [fault.at for fault in lane] == sorted(fault.at for fault in lane)


@LENGTHS
def test_whoever_is_killed_or_cut_off_exists(length: Length) -> None:
    lanes = plan(5, length)

    assert {fault.target for fault in lanes["kills"] + lanes["stops"]} <= set(SEATS)
    assert {fault.target for fault in lanes["network"]} <= set(WIRES)


def test_the_long_run_kills_two_hundred_times_and_stops_some_for_longer_than_a_lease_and_a_session() -> None:
    lanes = plan(6, LONG)

    assert len(lanes["kills"]) >= 200
    assert {fault.target for fault in lanes["kills"]} == set(SEATS)
    assert sum(fault.seconds > 20 for fault in lanes["stops"]) >= 6
