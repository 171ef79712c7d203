"""The checker names each planted fault rightly, and has no complaint about a clean history."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.checker import Breach, check
from tests.chaos.evidence import Effect, Ledger, Quarantined, Recorded, Run
from tests.chaos.stories import ECHO, ORIGIN, A, B, Meant, eventful, logged, story


def breaches(run: Run) -> set[Breach]:
    return {complaint.breach for complaint in check(run)}


@pytest.mark.parametrize("let_go", [False, True])
def test_a_clean_history_gives_no_complaint(let_go: bool) -> None:
    assert check(eventful(let_go=let_go)) == []


MEANT = st.builds(
    Meant,
    key=st.sampled_from("abcd"),
    acknowledged=st.booleans(),
    committed=st.booleans(),
    refused=st.booleans(),
    chokes=st.frozensets(st.sampled_from(["first", "second"])),
    oversize=st.booleans(),
)


@given(st.lists(MEANT, max_size=25), st.lists(st.integers(0, 30), max_size=10), st.booleans(), st.booleans())
def test_whatever_was_meant_a_faultless_backbone_gives_no_complaint(
    meant: list[Meant], again: list[int], stranger: bool, let_go: bool
) -> None:
    assert check(story(*meant, again=tuple(again), strangers=("s",) if stranger else (), let_go=let_go)) == []


@given(st.lists(st.sampled_from([A, B]), min_size=1, max_size=15), st.data())
def test_an_effect_that_is_taken_away_or_done_twice_is_always_noticed(meant: list[Meant], data: st.DataObject) -> None:
    lost, doubled = story(*meant), story(*meant)
    number = data.draw(st.integers(0, len(lost.ledgers[2].effects) - 1))

    del lost.ledgers[2].effects[number]
    doubled.ledgers[2].effects.append(doubled.ledgers[2].effects[number])

    assert Breach.LOST_EFFECT in breaches(lost)
    assert Breach.DUPLICATED_EFFECT in breaches(doubled)


@given(st.lists(st.sampled_from([A, B]), min_size=2, max_size=15), st.data())
def test_two_records_of_a_key_that_change_places_are_always_noticed(meant: list[Meant], data: st.DataObject) -> None:
    run = story(*meant, A, A)
    ours = [number for number, record in enumerate(run.topics[ORIGIN]) if record.key == "a"]
    one, other = data.draw(st.lists(st.sampled_from(ours), min_size=2, max_size=2, unique=True))

    records: Any = run.topics[ORIGIN]
    records[one], records[other] = (
        replace(records[other], offset=records[one].offset),
        replace(records[one], offset=records[other].offset),
    )

    assert Breach.SWAPPED_IN_TOPIC in breaches(run)


def planted(run: Run) -> dict[Breach, Callable[[], Any]]:
    """How to break each promise by hand."""
    origin, first, second = run.ledgers
    topic: Any = run.topics[ORIGIN]
    poison = next(write.id for write in run.writes if write.chokes)
    last = Recorded(partition=0, offset=999, key="a", event_id="other", sequence=1, value=b"{}")
    nothing = Effect(topic=ORIGIN, event_id="nothing", tells="nothing")
    return {
        Breach.LOST_WRITE: lambda: origin.log.pop(0),
        Breach.WRITE_OUT_OF_NOTHING: lambda: origin.log.append(logged("w5", ORIGIN, "a", 5)),
        Breach.STATE_AND_EVENT_DIFFER: origin.state.pop,
        Breach.SEQUENCE_BROKEN: lambda: origin.log.append(replace(origin.log[-1], sequence=9)),
        Breach.ORDER_OF_WRITES: lambda: renumber(origin, "w0", 2, "w2", 1),
        Breach.MISSING_IN_TOPIC: lambda: topic.pop(next(n for n, r in enumerate(topic) if "w12" in str(r.event_id))),
        Breach.EXTRA_IN_TOPIC: lambda: topic.append(last),
        Breach.BYTES_CHANGED: lambda: topic.__setitem__(1, replace(topic[1], value=b"{} ")),
        Breach.SWAPPED_IN_TOPIC: lambda: topic.__setitem__(0, replace(topic[0], offset=500)) or topic.pop(9),
        Breach.LOST_EFFECT: second.effects.pop,
        Breach.DUPLICATED_EFFECT: lambda: first.effects.append(first.effects[0]),
        Breach.PHANTOM_EFFECT: lambda: second.effects.append(nothing),
        Breach.SWAPPED_EFFECTS: second.effects.reverse,
        Breach.NOT_PARKED: lambda: first.quarantine.pop(0),
        Breach.UNEXPECTED_PARKED: lambda: second.quarantine.append(
            Quarantined(topic=ORIGIN, key="a", event_id=f"{ORIGIN}/w0")
        ),
        Breach.STILL_RETRYING: lambda: first.quarantine.__setitem__(0, replace(first.quarantine[0], retrying=True)),
        Breach.OUTBOX_NOT_EMPTY: lambda: origin.pending.append(f"{ORIGIN}/w0"),
        Breach.OUTBOX_LOST: origin.pending.pop,
        Breach.UNEXPECTED_PARKED_KEY: lambda: origin.parked_keys.add("a"),
        Breach.LAG: lambda: second.lag.update({ECHO: 3}),
        Breach.TELLS_NOTHING: lambda: first.effects.append(Effect(topic=ORIGIN, event_id="x", tells=poison)),
    }


def renumber(origin: Ledger, one: str, its: int, other: str, others: int) -> None:
    numbers = {one: its, other: others}
    origin.log = [replace(event, sequence=numbers.get(event.tells, event.sequence)) for event in origin.log]


@pytest.mark.parametrize("breach", list(Breach), ids=lambda breach: breach.name.lower())
def test_a_planted_fault_is_named_rightly(breach: Breach) -> None:
    run = eventful()

    planted(run)[breach]()

    assert breach in breaches(run)


EXACTLY = {
    Breach.LOST_EFFECT,
    Breach.NOT_PARKED,
    Breach.STILL_RETRYING,
    Breach.UNEXPECTED_PARKED,
    Breach.OUTBOX_NOT_EMPTY,
    Breach.UNEXPECTED_PARKED_KEY,
    Breach.LAG,
    Breach.BYTES_CHANGED,
    Breach.EXTRA_IN_TOPIC,
    Breach.PHANTOM_EFFECT,
    Breach.SWAPPED_EFFECTS,
    Breach.STATE_AND_EVENT_DIFFER,
    Breach.OUTBOX_LOST,
}


@pytest.mark.parametrize("breach", sorted(EXACTLY), ids=lambda breach: breach.name.lower())
def test_a_fault_without_consequences_is_not_called_anything_else(breach: Breach) -> None:
    run = eventful()

    planted(run)[breach]()

    assert breaches(run) == {breach}


def test_a_write_of_which_nothing_is_left_anywhere_is_lost_if_it_was_acknowledged() -> None:
    whole, without = story(A, B), story(A, replace(B, committed=False))

    without.writes = whole.writes

    assert breaches(without) == {Breach.LOST_WRITE}


def test_a_write_that_was_done_twice_is_noticed_though_each_time_all_followed() -> None:
    run = story(A, A)
    origin, first, second = run.ledgers

    run.writes.pop()
    origin.state = ["w0", "w0"]
    for ledger in (origin, first):
        ledger.log[1] = replace(ledger.log[1], tells="w0")
    for ledger in (first, second):
        ledger.effects = [replace(effect, tells="w0") for effect in ledger.effects]

    assert breaches(run) == {Breach.WRITE_OUT_OF_NOTHING}


def test_a_poisonous_event_that_went_through_is_noticed() -> None:
    run = eventful()
    first = run.ledgers[1]
    poison = next(each for each in first.quarantine if each.event_id == f"{ORIGIN}/w7")

    first.quarantine.remove(poison)
    first.effects.append(Effect(topic=ORIGIN, event_id=f"{ORIGIN}/w7", tells="w7"))

    assert {Breach.NOT_PARKED, Breach.PHANTOM_EFFECT} <= breaches(run)


def badly_let_go(run: Run) -> dict[Breach, Callable[[], Any]]:
    """What can go wrong with what operators release: `w7` was poisonous, `w8` waited behind it, `w10` was too large."""
    origin, first, second = run.ledgers
    w7, w8 = (f"{ORIGIN}/w7", f"{ORIGIN}/w8")
    ours = [number for number, effect in enumerate(second.effects) if effect.event_id in (w7, w8)]
    parked = Quarantined(topic=ORIGIN, key="p", event_id=w8)
    return {
        Breach.LOST_EFFECT: lambda: second.effects.pop(ours[1]),
        Breach.DUPLICATED_EFFECT: lambda: second.effects.insert(ours[0], second.effects[ours[0]]),
        Breach.SWAPPED_EFFECTS: lambda: second.effects.insert(ours[1], second.effects.pop(ours[0])),
        Breach.UNEXPECTED_PARKED: lambda: first.quarantine.append(parked),
        Breach.UNEXPECTED_PARKED_KEY: lambda: origin.parked_keys.add("o"),
        Breach.OUTBOX_NOT_EMPTY: lambda: origin.pending.append(f"{ORIGIN}/w10"),
    }


@pytest.mark.parametrize("breach", badly_let_go(eventful(let_go=True)), ids=lambda breach: breach.name.lower())
def test_what_operators_let_go_must_flow_once_and_in_order(breach: Breach) -> None:
    run = eventful(let_go=True)

    badly_let_go(run)[breach]()

    assert breaches(run) == {breach}


def test_a_stranger_that_operators_left_behind_is_noticed() -> None:
    run = eventful(let_go=True)

    run.ledgers[1].quarantine.append(Quarantined(topic=ORIGIN, key="s", event_id=None))

    assert breaches(run) == {Breach.UNEXPECTED_PARKED}


def test_the_complaint_says_where_and_what() -> None:
    run = eventful()

    run.ledgers[1].lag[ORIGIN] = 7

    assert [str(complaint) for complaint in check(run)] == [
        "first on origin.events: records were left unread: 7 records"
    ]


def test_an_unacknowledged_write_may_be_seen_or_not_but_everywhere_the_same() -> None:
    seen, unseen = story(A, replace(A, acknowledged=False)), story(A, replace(A, acknowledged=False, committed=False))
    half = story(A, replace(A, acknowledged=False))

    half.ledgers[2].effects = [effect for effect in half.ledgers[2].effects if effect.tells != "w1"]

    assert check(seen) == check(unseen) == []
    assert breaches(half) == {Breach.LOST_EFFECT}
