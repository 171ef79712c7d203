"""What a run is judged by: what writers meant, and what logs, topics, effects and quarantines say in the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Write:
    """What a writer meant to do, and how it ended as far as it was told."""

    id: str
    key: str
    meant_at: float
    acknowledged_at: float | None = None
    refused: bool = False
    """Undone on purpose within its transaction: nothing of it may be seen anywhere."""
    chokes: frozenset[str] = frozenset()
    """The services that can't handle it."""
    oversize: bool = False
    repeated: bool = False
    """Done by an attempt whose answer was lost, and acknowledged to a later one."""


@dataclass(frozen=True, kw_only=True)
class Logged:
    """A row of an event log; `tells` is the write that it goes back to."""

    event_id: str
    topic: str
    key: str
    subject: str
    sequence: int
    value: bytes = field(repr=False)
    tells: str


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A record of a topic, in the order of its partition; without an event id it is not one of ours."""

    partition: int
    offset: int
    key: str
    event_id: str | None
    sequence: int
    value: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What an event left behind in a service, in the order in which it was left."""

    topic: str
    event_id: str
    tells: str


@dataclass(frozen=True, kw_only=True)
class Quarantined:
    topic: str
    key: str
    event_id: str | None
    retrying: bool = False


@dataclass(kw_only=True)
class Ledger:
    """All that one service has written down."""

    service: str
    publishes: str | None = None
    hears: tuple[str, ...] = ()
    state: list[str] | None = None
    """The writes that its state knows; None for a service whose state is its effects."""
    log: list[Logged] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    """Event ids that its outbox still holds."""
    parked_keys: set[str] = field(default_factory=set)
    effects: list[Effect] = field(default_factory=list)
    quarantine: list[Quarantined] = field(default_factory=list)
    lag: dict[str, int] = field(default_factory=dict)


@dataclass(kw_only=True)
class Run:
    """A history and the final state, as they were read."""

    writes: list[Write]
    ledgers: list[Ledger]
    topics: Mapping[str, Sequence[Recorded]]
    strangers: frozenset[tuple[str, str]] = frozenset()
    """Topic and key of each record that was put there past any outbox and is no event."""
    let_go: bool = False
    """Operators have since released all that was parked, and discarded the strangers: nothing may wait any more."""
