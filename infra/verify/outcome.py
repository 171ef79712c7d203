"""What a verification found, as data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from infra.verify.event_logs import Reconciled
from infra.verify.faults import Faults


class Cosigned(NamedTuple):
    """A witness's word: at this time, in seconds after 1970, the log had so many entries."""

    at: int
    size: int


@dataclass
class Outcome:
    """All of it; the log is verified if there is no fault."""

    source: str
    origin: str | None = None
    size: int | None = None
    root: str | None = None
    trust: str = "first use"
    signed_by: Sequence[str] = ()
    not_trusted: Sequence[str] = ()
    """Keys that signed too, which the log lists and nobody vouched for."""
    cosigned: dict[str, Cosigned] = field(default_factory=dict)
    """Which of the witnesses that were named, and how far each has seen the log."""
    opened: int = 0
    """Entries of which it was read what they say."""
    sealed: int = 0
    compared_with: list[dict[str, Any]] = field(default_factory=list)
    event_logs: list[Reconciled] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    """What can't be told from what there was to go by."""
    faults: Faults = field(default_factory=Faults)
    seconds: float = 0.0

    @property
    def verified(self) -> bool:
        return not self.faults

    def as_dict(self) -> dict[str, Any]:
        plain = {
            name: getattr(self, name) for name in self.__dataclass_fields__ if name not in {"faults", "event_logs"}
        }
        return {
            "verified": self.verified,
            **plain,
            "cosigned": {name: each._asdict() for name, each in self.cosigned.items()},
            "event_logs": [each.as_dict() for each in self.event_logs],
            "fault_counts": dict(self.faults.counts),
            "faults": [fault.as_dict() for fault in self.faults],
        }
