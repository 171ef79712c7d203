"""Judges a run of the fault suite: what was written, against what the logs, the topics and the effects say in the end.

It knows no Kafka and no database. Each service is a `Ledger`, each topic a list of records, and the history tells what
the writers meant and what was acknowledged to them. Every breach of a promise becomes a `Complaint` with its `Breach`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.chaos.evidence import Ledger, Logged, Quarantined, Recorded, Run, Write


class Breach(StrEnum):
    """Which promise was broken."""

    LOST_WRITE = "an acknowledged write is not in the event log"
    WRITE_OUT_OF_NOTHING = "the event log tells of a write that was refused or never meant"
    STATE_AND_EVENT_DIFFER = "state and event were not committed together"
    SEQUENCE_BROKEN = "an aggregate's events are not numbered 1, 2, 3, …"
    ORDER_OF_WRITES = "a write that began after another was acknowledged is numbered before it"
    MISSING_IN_TOPIC = "an event of the log is not in the topic"
    EXTRA_IN_TOPIC = "a record of the topic is not in the event log"
    BYTES_CHANGED = "a record differs from the event log"
    SWAPPED_IN_TOPIC = "records of a key first appear out of order"
    LOST_EFFECT = "an event of the topic had no effect"
    DUPLICATED_EFFECT = "an event had its effect more than once"
    PHANTOM_EFFECT = "an effect without an event that may have it"
    SWAPPED_EFFECTS = "effects of a key are out of order"
    NOT_PARKED = "an event that can't be handled, or one behind it, is not in quarantine"
    UNEXPECTED_PARKED = "an event was parked that nobody poisoned"
    STILL_RETRYING = "an event in quarantine is still being tried"
    OUTBOX_NOT_EMPTY = "the outbox holds what could have been sent"
    OUTBOX_LOST = "the outbox let go of a record that can't be sent, or of one behind it"
    UNEXPECTED_PARKED_KEY = "the outbox parked a key that nobody made too large"
    LAG = "records were left unread"
    TELLS_NOTHING = "an effect published no event, or an event was published without its effect"


@dataclass(frozen=True)
class Complaint:
    breach: Breach
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.breach.value}: {self.what}"


def check(run: Run) -> list[Complaint]:
    """All breaches, in the order in which a person would look for their cause: writing, sending, handling."""
    writes = {write.id: write for write in run.writes}
    complaints: list[Complaint] = []
    for ledger in run.ledgers:
        complaints += _writing(ledger, writes)
    for ledger in run.ledgers:
        complaints += _sending(ledger, writes, run)
    for ledger in run.ledgers:
        complaints += _handling(ledger, writes, run)
    return complaints


def _writing(ledger: Ledger, writes: Mapping[str, Write]) -> Iterator[Complaint]:
    """Nothing acknowledged is missing, nothing refused is there, and the log counts each aggregate's events."""
    where = f"{ledger.service}'s event log"
    for subject, events in _by(ledger.log, "subject").items():
        numbers = [event.sequence for event in events]
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield Complaint(Breach.SEQUENCE_BROKEN, where, f"{subject} has {_shortened(sorted(numbers))}")
    told = Counter(event.tells for event in ledger.log)
    if ledger.state is None:
        if ledger.publishes:
            effects = Counter(effect.tells for effect in ledger.effects if effect.topic != ledger.publishes)
            for tells in sorted((told - effects).keys() | (effects - told).keys()):
                yield Complaint(Breach.TELLS_NOTHING, where, f"{tells}: {effects[tells]} effects, {told[tells]} events")
        return
    for tells in sorted((told - Counter(ledger.state)).keys() | (Counter(ledger.state) - told).keys()):
        yield Complaint(Breach.STATE_AND_EVENT_DIFFER, where, tells)
    for write in writes.values():
        if write.acknowledged_at is not None and not told[write.id]:
            yield Complaint(Breach.LOST_WRITE, where, write.id)
    for tells, times in told.items():
        if tells not in writes or writes[tells].refused or times > 1:
            yield Complaint(Breach.WRITE_OUT_OF_NOTHING, where, f"{tells} ({times} times)")
    yield from _order_of_writes(ledger, writes, where)


def _order_of_writes(ledger: Ledger, writes: Mapping[str, Write], where: str) -> Iterator[Complaint]:
    for events in _by(ledger.log, "subject").values():
        latest_start = float("-inf")
        for event in sorted(events, key=lambda event: event.sequence):
            write = writes.get(event.tells)
            if write is None:
                continue
            if write.acknowledged_at is not None and write.acknowledged_at < latest_start:
                yield Complaint(Breach.ORDER_OF_WRITES, where, f"{write.id} is number {event.sequence} of its key")
            latest_start = max(latest_start, write.meant_at)


def _sending(ledger: Ledger, writes: Mapping[str, Write], run: Run) -> Iterator[Complaint]:
    """The topic is the log: each event, its bytes, in order, and no other; but for what is too large and behind it."""
    if ledger.publishes is None:
        return
    behind = {
        key: _from_first(events, lambda event: _is_oversize(event, ledger, writes))
        for key, events in _by(ledger.log, "key").items()
    }
    if run.let_go:
        behind = {}
    stuck = {event.event_id for events in behind.values() for event in events}
    yield from _outbox(ledger, stuck, stuck_keys={key for key, events in behind.items() if events})

    records = run.topics.get(ledger.publishes, ())
    logged = {event.event_id: event for event in ledger.log if event.event_id not in stuck}
    firsts = _first_occurrences(records)
    for event_id in logged.keys() - firsts.keys():
        event = logged[event_id]
        what = f"{event_id}, number {event.sequence} of {event.subject}"
        yield Complaint(Breach.MISSING_IN_TOPIC, ledger.publishes, what)
    for record in records:
        yield from _compared(record, ledger.publishes, logged, run.strangers)
    in_order = (logged[event_id] for event_id in firsts if event_id in logged)
    yield from _out_of_order(in_order, Breach.SWAPPED_IN_TOPIC, ledger.publishes)


def _outbox(ledger: Ledger, stuck: set[str], *, stuck_keys: set[str]) -> Iterator[Complaint]:
    for event_id in ledger.pending:
        if event_id not in stuck:
            yield Complaint(Breach.OUTBOX_NOT_EMPTY, ledger.service, event_id)
    for event_id in sorted(stuck - set(ledger.pending)):
        yield Complaint(Breach.OUTBOX_LOST, ledger.service, event_id)
    for key in sorted(ledger.parked_keys ^ stuck_keys):
        breach = Breach.UNEXPECTED_PARKED_KEY if key in ledger.parked_keys else Breach.OUTBOX_LOST
        yield Complaint(breach, ledger.service, f"key {key}")


def _compared(
    record: Recorded, topic: str, logged: Mapping[str, Logged], strangers: frozenset[tuple[str, str]]
) -> Iterator[Complaint]:
    place = f"{record.partition}/{record.offset}"
    if record.event_id is None:
        if (topic, record.key) not in strangers:
            yield Complaint(Breach.EXTRA_IN_TOPIC, topic, f"{place} is no event")
    elif record.event_id not in logged:
        yield Complaint(Breach.EXTRA_IN_TOPIC, topic, f"{record.event_id} at {place}")
    elif _differs(record, logged[record.event_id]):
        yield Complaint(Breach.BYTES_CHANGED, topic, f"{record.event_id} at {place}")


def _handling(ledger: Ledger, writes: Mapping[str, Write], run: Run) -> Iterator[Complaint]:
    """Each event of a topic that is heard has its effect once and in order, or is parked for a known reason."""
    for topic, lag in ledger.lag.items():
        if lag:
            yield Complaint(Breach.LAG, f"{ledger.service} on {topic}", f"{lag} records")
    for topic in ledger.hears:
        yield from _handling_of(topic, ledger, writes, run)


def _handling_of(topic: str, ledger: Ledger, writes: Mapping[str, Write], run: Run) -> Iterator[Complaint]:
    where = f"{ledger.service} on {topic}"
    publisher = next(other for other in run.ledgers if other.publishes == topic)
    logged = {event.event_id: event for event in publisher.log}
    # What the topic holds counts, not what the log holds: a record that was never sent was complained of above.
    sent = [logged[event_id] for event_id in _first_occurrences(run.topics.get(topic, ())) if event_id in logged]

    def poisonous(event: Logged) -> bool:
        # What a service publishes of a write is harmless to the next one, whatever the write itself is.
        write = writes.get(event.tells) if publisher.state is not None else None
        return write is not None and ledger.service in write.chokes

    to_park = {event.event_id for events in _by(sent, "key").values() for event in _from_first(events, poisonous)}
    strangers = {key for heard, key in run.strangers if heard == topic}
    if run.let_go:
        to_park, strangers = set(), set()
    handled = [effect for effect in ledger.effects if effect.topic == topic]
    times = Counter(effect.event_id for effect in handled)
    for event in sent:
        if event.event_id not in to_park and not times[event.event_id]:
            yield Complaint(Breach.LOST_EFFECT, where, f"{event.tells}, number {event.sequence} of {event.subject}")
    for event_id, count in times.items():
        if event_id not in logged or event_id in to_park:
            yield Complaint(Breach.PHANTOM_EFFECT, where, event_id)
        elif count > 1:
            yield Complaint(Breach.DUPLICATED_EFFECT, where, f"{event_id} ({count} times)")
    in_order = (logged[effect.event_id] for effect in handled if effect.event_id in logged)
    yield from _out_of_order(in_order, Breach.SWAPPED_EFFECTS, where)
    yield from _parked([each for each in ledger.quarantine if each.topic == topic], to_park, strangers, where)


def _parked(parked: list[Quarantined], to_park: set[str], strangers: set[str], where: str) -> Iterator[Complaint]:
    for each in parked:
        if each.retrying:
            yield Complaint(Breach.STILL_RETRYING, where, f"{each.event_id} of key {each.key}")
        stranger = each.event_id is None and each.key in strangers
        if not stranger and each.event_id not in to_park:
            yield Complaint(Breach.UNEXPECTED_PARKED, where, f"{each.event_id} of key {each.key}")
    for event_id in sorted(to_park - {each.event_id for each in parked}):
        yield Complaint(Breach.NOT_PARKED, where, event_id)
    for key in sorted(strangers - {each.key for each in parked if each.event_id is None}):
        yield Complaint(Breach.NOT_PARKED, where, f"the stranger of key {key}")


def _out_of_order(events: Iterable[Logged], breach: Breach, where: str) -> Iterator[Complaint]:
    last: dict[str, int] = {}
    for event in events:
        before = last.get(event.subject, 0)
        if event.sequence < before:
            yield Complaint(breach, where, f"number {event.sequence} of {event.subject} after number {before}")
        last[event.subject] = max(before, event.sequence)


def _first_occurrences(records: Sequence[Recorded]) -> dict[str, Recorded]:
    """Each event's first record, in the order of the partitions."""
    firsts: dict[str, Recorded] = {}
    for record in sorted(records, key=lambda record: (record.partition, record.offset)):
        if record.event_id is not None:
            firsts.setdefault(record.event_id, record)
    return firsts


def _differs(record: Recorded, event: Logged) -> bool:
    return (record.value, record.key, record.sequence) != (event.value, event.key, event.sequence)


def _is_oversize(event: Logged, ledger: Ledger, writes: Mapping[str, Write]) -> bool:
    return ledger.state is not None and event.tells in writes and writes[event.tells].oversize


def _by(items: Iterable[Any], name: str) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        groups[getattr(item, name)].append(item)
    return groups


def _from_first(items: Sequence[Any], condition: Any) -> Sequence[Any]:
    """The first item that meets the condition and all behind it."""
    ordered = sorted(items, key=lambda item: item.sequence)
    return next((ordered[number:] for number, item in enumerate(ordered) if condition(item)), [])


def _shortened(numbers: list[int]) -> str:
    return str(numbers) if len(numbers) <= 12 else f"{numbers[:6]} … {numbers[-6:]}"
