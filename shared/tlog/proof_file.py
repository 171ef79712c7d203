"""Proofs to keep: that an entry is in a log, in one text that is checked offline (https://c2sp.org/tlog-proof).

It has the entry's number, the hashes from its leaf to the root, and the checkpoint with all its signatures. It does not
have the entry. By custom its file's name ends with `.tlog-proof`.
"""

from collections.abc import Collection
from dataclasses import dataclass

from shared.tlog.checkpoint import Checkpoint, keys_of
from shared.tlog.cosignature import CosignerKey, cosigned_at
from shared.tlog.encoding import decimal, from_base64, hashes_from_lines, to_base64
from shared.tlog.fault import Malformed
from shared.tlog.keys import Verifier
from shared.tlog.merkle import verify_inclusion
from shared.tlog.note import MAX_NOTE_SIZE, Note, Signed
from shared.tlog.policy import Quorum, TooFewWitnesses

FIRST_LINE = "c2sp.org/tlog-proof@v1"
MAX_SIZE = MAX_NOTE_SIZE + 100_000
"""Bytes: the checkpoint, and room for extra data."""
NOBODY = Quorum(0)
"""The policy that asks for no witness."""


class MalformedProof(Malformed):
    what = "proof from a transparency log"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What such a file says."""

    index: int
    hashes: tuple[bytes, ...]
    """From the leaf's sibling to the root's child."""
    checkpoint: Note
    extra: bytes | None = None
    """What the application may need to make the entry anew. Nothing authenticates it by itself."""

    def encode(self) -> bytes:
        """Raises MalformedNote if nobody signed the checkpoint."""
        extra = () if not self.extra else (f"extra {to_base64(self.extra)}",)
        lines = (FIRST_LINE, *extra, f"index {self.index}", *map(to_base64, self.hashes), "")
        return "".join(f"{line}\n" for line in lines).encode() + self.checkpoint.encode()

    @classmethod
    def parse(cls, data: bytes) -> "Proof":
        """Raises MalformedProof, MalformedNote. It verifies nothing."""
        if len(data) > MAX_SIZE:
            raise MalformedProof(f"it has more than {MAX_SIZE} bytes")
        head, separator, note = data.partition(b"\n\n")
        if not separator or not head.isascii():
            raise MalformedProof("no empty line comes before the checkpoint")
        first, *lines = head.decode().split("\n")
        if first != FIRST_LINE:
            raise MalformedProof(f"its first line is not {FIRST_LINE}")
        extra = _extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else None
        index = decimal(lines.pop(0).removeprefix("index ")) if lines and lines[0].startswith("index ") else None
        if index is None:
            raise MalformedProof("it does not say `index` and a number")
        hashes = hashes_from_lines(lines)
        if hashes is None:
            raise MalformedProof("its proof is not up to 63 lines of a SHA-256 in base64")
        return cls(index=index, hashes=hashes, checkpoint=Note.parse(note), extra=extra)


@dataclass(frozen=True, kw_only=True)
class Proven:
    """What a proof proved."""

    checkpoint: Checkpoint
    index: int
    signed: tuple[Signed, ...]
    """The log's own signatures."""
    witnessed: dict[CosignerKey, int]
    """Who cosigned, and when: the latest POSIX time in seconds that each gives."""


def verify(proof: Proof, leaf: bytes, *, logs: Collection[Verifier], witnesses: Quorum = NOBODY) -> Proven:
    """That the entry with this leaf hash is in one of these logs, and that enough witnesses saw the log so.

    A log's keys are those that bear its origin as their name.

    Raises MalformedCheckpoint, UnknownLog, BadSignature, NoKnownSignature, AmbiguousKey, TooFewWitnesses, OutsideTree,
    WrongProofLength, NotIncluded.
    """
    checkpoint = Checkpoint.parse(proof.checkpoint.text)
    signed = proof.checkpoint.verify(keys_of(checkpoint.origin, logs))
    witnessed = _witnessed(proof.checkpoint, witnesses)
    verify_inclusion(leaf, index=proof.index, size=checkpoint.size, root=checkpoint.root, proof=proof.hashes)
    return Proven(checkpoint=checkpoint, index=proof.index, signed=signed, witnessed=witnessed)


def _witnessed(note: Note, witnesses: Quorum) -> dict[CosignerKey, int]:
    times: dict[CosignerKey, int] = {}
    for key in witnesses.keys:
        for cosignature in note.signatures_by([key]):
            times[key] = max(times.get(key, 0), cosigned_at(cosignature.signature))
    if not witnesses.met_by(times.keys()):
        raise TooFewWitnesses(cosigned_by=[key.name for key in times], known=[key.name for key in witnesses.keys])
    return times


def _extra(line: str) -> bytes:
    extra = from_base64(line.removeprefix("extra "))
    if not extra:
        raise MalformedProof("its extra data is not base64, or there is none")
    return extra
