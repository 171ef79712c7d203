"""Histories made up for the checker's tests: what a faultless backbone leaves of some writes."""

from collections import defaultdict
from dataclasses import dataclass, replace

from tests.chaos.evidence import Effect, Ledger, Logged, Quarantined, Recorded, Run, Write

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
