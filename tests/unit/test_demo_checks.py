"""The demonstration's checks notice what they are for: each is shown a history with a fault planted in it."""

from typing import Any

import pytest

from infra.demo.checks import first_missing, no_aggregate_has_a_gap, no_event_twice
from infra.demo.people import gather_cast


def entry(position: int, *, subject: str = "a", sequence: int = 1, event: str | None = None) -> dict[str, Any]:
    return {
        "position": position,
        "id": event or f"event-{position}",
        "source": "/services/applications",
        "subject": subject,
        "sequence": sequence,
    }


WHOLE = [entry(1), entry(2, sequence=2), entry(3, subject="b"), entry(4, sequence=3)]


def test_a_whole_history_is_in_order() -> None:
    assert no_aggregate_has_a_gap(WHOLE).kept
    assert no_event_twice(WHOLE).kept


@pytest.mark.parametrize(
    ("fault", "history"),
    [
        ("one is missing", [entry(1), entry(2, sequence=3)]),
        ("the first is missing", [entry(1, sequence=2)]),
        ("one comes twice", [entry(1), entry(2, sequence=1)]),
        ("two are swapped", [entry(1, sequence=2), entry(2, sequence=1)]),
    ],
)
def test_a_faulty_history_is_noticed(fault: str, history: list[dict[str, Any]]) -> None:
    assert not no_aggregate_has_a_gap(history).kept, fault


def test_an_event_that_is_there_twice_is_noticed() -> None:
    assert not no_event_twice([entry(1, event="x"), entry(2, sequence=2, event="x")]).kept


@pytest.mark.parametrize(
    ("happened", "missing"),
    [
        (["drafted", "noise", "submitted", "admitted"], None),
        (["drafted", "admitted"], "submitted"),
        (["submitted", "drafted", "admitted"], "submitted"),
        ([], "drafted"),
    ],
)
def test_a_story_is_told_in_order(happened: list[str], missing: str | None) -> None:
    assert first_missing(["drafted", "submitted", "admitted"], happened) == missing


def test_every_person_of_the_cast_has_a_mailbox_of_this_run() -> None:
    cast = gather_cast("abc")

    addresses = [person.email for person in cast.people]

    assert len(cast.startups) >= 24
    assert len(cast.jurors) == 6
    assert len(set(addresses)) == len(addresses)
    assert all(address.endswith("@run-abc.demo.example") for address in addresses)
