"""What a fault is, and a list of them that does not grow beyond use."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

NAMED = 20
"""How many faults of a kind are named; all are counted."""


@dataclass(frozen=True)
class Fault:
    """Something that a journal as it was published should not have."""

    SLUG: ClassVar[str]

    def as_dict(self) -> dict[str, Any]:
        return {"fault": self.SLUG, "message": str(self)} | asdict(self)


@dataclass
class Faults:
    """All that was found, counted by kind; the first of each kind are named."""

    counts: Counter[str] = field(default_factory=Counter)
    first: list[Fault] = field(default_factory=list)

    def add(self, *faults: Fault) -> None:
        for fault in faults:
            if fault in self.first:
                continue
            self.counts[fault.SLUG] += 1
            if self.counts[fault.SLUG] <= NAMED:
                self.first.append(fault)

    def extend(self, faults: Iterable[Fault]) -> None:
        self.add(*faults)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.first)

    def __bool__(self) -> bool:
        return bool(self.first)
