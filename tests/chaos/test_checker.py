"""The checker names each planted fault rightly, and has no complaint about a clean history."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.checker import Breach, Effect, Ledger, Logged, Quarantined, Recorded, Run, Write, check

ORIGIN, ECHO = "origin.events", "first.events"


@dataclass(frozen=True)
class Meant:
    """A write of the made-up history: its key, how it ended, and what is wrong with it."""

    key: str
    acknowledged: bool = True
    committed: bool = True
    refused: bool = False
    chokes: frozenset[str] = frozenset()
    oversize: bool = False


def story(*meant: Meant, again: tuple[int, ...] = (), strangers: tuple[str, ...] = (), let_go: bool = False) -> Run:
    """The run that a faultless backbone leaves of these writes, with some records delivered `again`.

    `let_go`: faultless operators too have done their part.
    """
    writes = [
        Write(
            id=f"w{number}",
            key=each.key,
            meant_at=number,
            acknowledged_at=number + 0.5 if each.acknowledged and each.committed and not each.refused else None,
            refused=each.refused,
            chokes=each.chokes,
            oversize=each.oversize,
        )
        for number, each in enumerate(meant)
    ]
    committed = [write for write, each in zip(writes, meant, strict=True) if each.committed and not each.refused]
    origin = Ledger(service="origin", publishes=ORIGIN, state=[write.id for write in committed])
    first = Ledger(service="first", publishes=ECHO, hears=(ORIGIN,), lag={ORIGIN: 0})
    second = Ledger(service="second", hears=(ORIGIN, ECHO), lag={ORIGIN: 0, ECHO: 0})
    topics: dict[str, list[Recorded]] = {ORIGIN: [], ECHO: []}
    counts: dict[str, int] = defaultdict(int)
    for write in committed:
        counts[write.key] += 1
        origin.log.append(logged(write.id, ORIGIN, write.key, counts[write.key]))
        if write.oversize and not let_go:
            origin.parked_keys.add(write.key)
        if write.key in origin.parked_keys:
            origin.pending.append(origin.log[-1].event_id)
        else:
            topics[ORIGIN].append(recorded(origin.log[-1], len(topics[ORIGIN])))
    choke: dict[str, frozenset[str]] = {} if let_go else {write.id: write.chokes for write in writes}
    for event in [event for event in origin.log if event.event_id not in origin.pending]:
        if handled(event, first, choke):
            echo = logged(event.tells, ECHO, event.key, sum(each.key == event.key for each in first.log) + 1)
            first.log.append(echo)
            topics[ECHO].append(recorded(echo, len(topics[ECHO])))
        handled(event, second, choke)
    for echo in first.log:
        handled(echo, second, {})
    for number in again:
        if topics[ORIGIN]:
            copied = topics[ORIGIN][number % len(topics[ORIGIN])]
            topics[ORIGIN].append(replace(copied, offset=len(topics[ORIGIN])))
    for key in strangers:
        topics[ORIGIN].append(
            Recorded(partition=0, offset=len(topics[ORIGIN]), key=key, event_id=None, sequence=0, value=b"?")
        )
        for ledger in () if let_go else (first, second):
            ledger.quarantine.append(Quarantined(topic=ORIGIN, key=key, event_id=None))
    return Run(
        writes=writes,
        ledgers=[origin, first, second],
        topics=topics,
        strangers=frozenset((ORIGIN, key) for key in strangers),
        let_go=let_go,
    )


def logged(tells: str, topic: str, key: str, sequence: int) -> Logged:
    return Logged(
        event_id=f"{topic}/{tells}", topic=topic, key=key, subject=key, sequence=sequence, value=b"{}", tells=tells
    )


def recorded(event: Logged, offset: int) -> Recorded:
    return Recorded(
        partition=0,
        offset=offset,
        key=event.key,
        event_id=event.event_id,
        sequence=event.sequence,
        value=event.value,
    )


def handled(event: Logged, ledger: Ledger, choke: dict[str, frozenset[str]]) -> bool:
    """Leave the effect, or park the event; true for an effect."""
    behind = any(each.topic == event.topic and each.key == event.key for each in ledger.quarantine)
    if behind or ledger.service in choke.get(event.tells, ()):
        ledger.quarantine.append(Quarantined(topic=event.topic, key=event.key, event_id=event.event_id))
        return False
    ledger.effects.append(Effect(topic=event.topic, event_id=event.event_id, tells=event.tells))
    return True


A, B = Meant("a"), Meant("b")
POISON = Meant("p", chokes=frozenset({"first"}))
OVERSIZE = Meant("o", oversize=True)


def eventful(*, let_go: bool = False) -> Run:
    """A bit of everything, all of it as it should be."""
    return story(
        *(A, B, A, replace(A, acknowledged=False), replace(B, acknowledged=False, committed=False)),
        *(replace(A, refused=True), Meant("p"), POISON, Meant("p"), Meant("o"), OVERSIZE, Meant("o"), A, B),
        again=(0, 3, 1, 2),
        strangers=("s",),
        let_go=let_go,
    )


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
