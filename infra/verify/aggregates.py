"""Whether each aggregate's events are numbered 1, 2, 3…, as far as one can read what the entries say."""

from dataclasses import dataclass, field

from infra.verify.faults import Fault, Gap, OutOfOrder, RepeatedNumber
from shared.journal import Opened

Head = tuple[str, str]
"""Source and subject of an aggregate."""


@dataclass
class Sequences:
    """How far each aggregate has come."""

    reached: dict[Head, int] = field(default_factory=dict)
    missing: dict[Head, dict[int, Gap]] = field(default_factory=dict)
    """Numbers that were passed over, each with the gap that it is in."""
    faults: list[Fault] = field(default_factory=list)
    sealed: int = 0
    """Entries of which it is not known what they say: then a gap may be among them."""

    def note(self, entry: int, told: Opened | None) -> None:
        if told is None:
            self.sealed += 1
            return
        head = (told.source, told.subject)
        before, after = self.reached.get(head, 0), told.sequence
        missing = self.missing.get(head, {})
        if after == before + 1:
            self.reached[head] = after
        elif after > before:
            gap = Gap(*head, before, after, entry)
            self.missing.setdefault(head, {}).update(dict.fromkeys(range(before + 1, min(after, before + 1001)), gap))
            self.reached[head] = after
        elif after in missing:
            # Not lost, only late; if all of a gap came late, it is none.
            del missing[after]
            self.faults.append(OutOfOrder(*head, before, after, entry))
        else:
            self.faults.append(RepeatedNumber(*head, after, entry))

    def found(self) -> list[Fault]:
        """Where all entries can be read, also the gaps; else a missing number may be one that is sealed."""
        if self.sealed:
            return [fault for fault in self.faults if isinstance(fault, RepeatedNumber)]
        gaps = {gap: None for numbers in self.missing.values() for gap in numbers.values()}
        return [*gaps, *self.faults]
