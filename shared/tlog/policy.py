"""Which witnesses must have cosigned a checkpoint before it is trusted: so many of these, and groups of groups.

The rule is that of https://c2sp.org/tlog-policy, as values rather than as a file.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from shared.tlog.cosignature import CosignerKey
from shared.tlog.fault import Fault


class UnfitPolicy(Fault):
    """A group that needs more members than it has, or a witness that would count twice."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"This can't be a policy: {reason}.")
        self.reason = reason


class TooFewWitnesses(Fault):
    """Not enough of the witnesses that the policy asks for cosigned it."""

    def __init__(self, *, cosigned_by: Collection[str], known: Collection[str]) -> None:
        super().__init__(
            f"Too few witnesses cosigned it: {', '.join(cosigned_by) or 'nobody'}, of {', '.join(known) or 'nobody'}."
        )
        self.cosigned_by = cosigned_by
        self.known = known


@dataclass(frozen=True)
class Quorum:
    """So many of these witnesses or groups. `Quorum(0)` asks for nobody."""

    needed: int
    members: tuple["CosignerKey | Quorum", ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.needed <= len(self.members):
            raise UnfitPolicy(f"{self.needed} are needed of {len(self.members)}")
        # By the key alone: under two names it would still be one witness.
        if any(times > 1 for times in Counter(key.public for key in self.keys).values()):
            raise UnfitPolicy("a witness is in it twice")

    @property
    def keys(self) -> tuple[CosignerKey, ...]:
        """All witnesses, those of groups within too."""
        return tuple(self._keys())

    def met_by(self, cosigned: Collection[CosignerKey]) -> bool:
        """Whether these, whose cosignatures were verified, are enough."""
        met = (each.met_by(cosigned) if isinstance(each, Quorum) else each in cosigned for each in self.members)
        return sum(met) >= self.needed

    def _keys(self) -> Iterator[CosignerKey]:
        for each in self.members:
            if isinstance(each, Quorum):
                yield from each.keys
            else:
                yield each
