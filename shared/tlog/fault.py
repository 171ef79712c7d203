"""What can be wrong with a log, a proof or a signature; each kind is beside the function that raises it.

Fault
├── Malformed             not in the one spelling that its format allows: note, checkpoint, key, tile path, …
├── OutsideTree           an index or an older size that the tree does not reach
├── WrongProofLength, NotIncluded, Inconsistent           merkle: the proof proves something else
├── WrongEdge             growing: these hashes can't be the right edge of a tree of that size
├── WrongTileSize         tiles: fewer or more hashes than the tile has
├── EntryTooLong          bundles: an entry that its length does not fit before
├── UnknownKeyType, AmbiguousKey, BadSignature, NoKnownSignature                   keys, note: who signed it
├── WrongOrigin, UnknownLog                                 checkpoint: it is another log's
├── UnfitPolicy, TooFewWitnesses                            policy: who must have cosigned
└── OldSizeBeyondCheckpoint, StaleOldSize                   witness: which checkpoint to start from
"""

from typing import ClassVar


class Fault(Exception):
    """Something that does not verify. Its message is a sentence; its attributes are the facts."""


class Malformed(Fault):
    """What was read is not in the one spelling that its format allows; `reason` says where it first differs."""

    what: ClassVar[str] = "text of its format"

    def __init__(self, reason: str) -> None:
        super().__init__(f"This is no {self.what}: {reason}.")
        self.reason = reason
