"""Which faults a run meets and when: drawn from a seed, so that a run can be had again."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is done to the backbone."""

    KILL = "process killed"
    STOP = "process stopped for a while"
    KAFKA_KILL = "Kafka killed"
    KAFKA_RESTART = "Kafka restarted"
    POSTGRES_KILL = "PostgreSQL killed"
    POSTGRES_IMMEDIATE = "PostgreSQL shut down at once"
    DISK_FULL = "outbox's disk full"
    RESET = "connections reset"
    LATENCY = "network slow to answer"
    TRICKLE = "network a trickle"
    SWALLOW = "bytes swallowed, then reset"
    HALF_OPEN = "connections half-open for ever"
    DUPLICATES = "records published again"
    REORDERED = "older records published after newer"
    STRANGER = "record that is no event"
    POISON = "event that can't be handled"
    OVERSIZE = "event too large to send"


class NothingToBreak(Exception):
    """A fault had nothing to work on at this moment, or can't be done on this machine."""


SEATS = ("api-0", "api-1", "relay-0", "relay-1", "first-0", "first-1", "second-0")
"""Who may be killed: two APIs, two relays of theirs, two workers of the first hop, one of the second."""

CLIENTS = ("client-0", "client-1")
"""Who asks the APIs, and may not be killed: what they were told is what the system is measured by."""

HTTP_WIRES = ("http/api-0", "http/api-1")
KAFKA_WIRES = ("kafka/origin", "kafka/first", "kafka/second")
POSTGRES_WIRES = ("postgres/apis", "postgres/origin", "postgres/first", "postgres/second")
WIRES = HTTP_WIRES + KAFKA_WIRES + POSTGRES_WIRES

HEARING = ("first", "second")
HEARD = ("origin", "first")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing done, not before `at` seconds into the run, to whom, and for how long."""

    at: float
    kind: Kind
    target: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Length:
    """How long a run is, and how much of what it meets."""

    seconds: float
    kills: int
    rate: float
    """Writes a second, of both clients together."""
    keys: int
    budget: float
    """Seconds that an event may fail before it is parked for good. In a long run more than a retrier's claim of it
    lasts, whose worker may have been killed: it must not be given up by a second misfortune right after that."""
    session: float
    """Seconds of silence after which Kafka gives a worker's partitions to another."""
    drain: float
    """Seconds after the last fault by which all must be done."""
    servers: Mapping[Kind, int]
    network: Mapping[Kind, int]
    records: Mapping[Kind, int]
    stops: int
    longest_stop: float


SHORT = Length(
    seconds=55,
    kills=25,
    rate=50,
    keys=60,
    budget=6,
    session=6,
    drain=100,
    servers={Kind.KAFKA_KILL: 1, Kind.POSTGRES_KILL: 1, Kind.POSTGRES_IMMEDIATE: 1, Kind.DISK_FULL: 1},
    network={Kind.RESET: 3, Kind.LATENCY: 2, Kind.TRICKLE: 1, Kind.SWALLOW: 2},
    records={Kind.DUPLICATES: 3, Kind.REORDERED: 3, Kind.STRANGER: 1, Kind.POISON: 1, Kind.OVERSIZE: 1},
    stops=2,
    longest_stop=18,
)

LONG = Length(
    seconds=12 * 60,
    kills=210,
    rate=60,
    keys=150,
    budget=80,
    session=6,
    drain=240,
    servers={
        Kind.KAFKA_KILL: 5,
        Kind.KAFKA_RESTART: 5,
        Kind.POSTGRES_KILL: 6,
        Kind.POSTGRES_IMMEDIATE: 6,
        Kind.DISK_FULL: 6,
    },
    network={Kind.RESET: 25, Kind.LATENCY: 10, Kind.TRICKLE: 10, Kind.SWALLOW: 12, Kind.HALF_OPEN: 10},
    records={Kind.DUPLICATES: 20, Kind.REORDERED: 20, Kind.STRANGER: 3, Kind.POISON: 6, Kind.OVERSIZE: 3},
    stops=24,
    longest_stop=28,
)

SHORT_OF_BREATH = {
    Kind.RESET: (0.0, 0.0),
    Kind.LATENCY: (1.0, 4.0),
    Kind.TRICKLE: (2.0, 4.0),
    Kind.SWALLOW: (2.0, 7.0),
    Kind.HALF_OPEN: (1.0, 3.0),
    Kind.DISK_FULL: (2.0, 3.0),
    Kind.KAFKA_RESTART: (0.0, 3.0),
    Kind.KAFKA_KILL: (1.0, 4.0),
    Kind.POSTGRES_KILL: (0.0, 3.0),
    Kind.POSTGRES_IMMEDIATE: (0.0, 3.0),
}
"""Between how many seconds each lasts; what ends by itself lasts none."""


def plan(seed: int, length: Length) -> dict[str, list[Fault]]:
    """The lanes of a run: what is in one lane comes one after the other, the lanes side by side."""
    dice = random.Random(seed)
    return {
        "kills": list(_kills(dice, length)),
        "stops": list(_stops(dice, length)),
        "servers": list(_spread(dice, length, length.servers)),
        "network": list(_spread(dice, length, length.network)),
        "records": list(_spread(dice, length, length.records)),
    }


def _kills(dice: random.Random, length: Length) -> Iterator[Fault]:
    for number in range(length.kills):
        at = 1 + (number + dice.random()) * (length.seconds - 2) / length.kills
        yield Fault(at=at, kind=Kind.KILL, target=dice.choice(SEATS))


def _stops(dice: random.Random, length: Length) -> Iterator[Fault]:
    """Of relays and consumers by turns, half of them for longer than any lease or session; now and then an API."""
    for number in range(length.stops):
        seat = ("relay-0", "first-0", "relay-1", "second-0", "first-1", "api-0")[number % 6]
        long_enough = length.longest_stop if number % 4 < 2 else dice.uniform(2, 10)
        yield Fault(
            at=(number + dice.random() * 0.5) * length.seconds / length.stops,
            kind=Kind.STOP,
            target=seat,
            seconds=long_enough,
        )


def _spread(dice: random.Random, length: Length, wanted: Mapping[Kind, int]) -> Iterator[Fault]:
    """As many of each as is wanted, shuffled, over the whole run."""
    deck = [kind for kind, count in wanted.items() for _ in range(count)]
    dice.shuffle(deck)
    for number, kind in enumerate(deck):
        least, most = SHORT_OF_BREATH.get(kind, (0.0, 0.0))
        yield Fault(
            at=2 + (number + dice.random() * 0.5) * (length.seconds - 4) / len(deck),
            kind=kind,
            target=_target(dice, kind),
            seconds=dice.uniform(least, most),
        )


def _target(dice: random.Random, kind: Kind) -> str:
    match kind:
        case Kind.RESET | Kind.LATENCY | Kind.TRICKLE | Kind.SWALLOW | Kind.HALF_OPEN:
            return dice.choice(WIRES)
        case Kind.DUPLICATES | Kind.REORDERED:
            return dice.choice(HEARD)
        case Kind.STRANGER:
            return "origin"
        case Kind.POISON:
            return dice.choice(HEARING)
        case _:
            return ""
