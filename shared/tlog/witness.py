"""What a log asks of a witness, and how the witness decides (https://c2sp.org/tlog-witness, add-checkpoint).

The request's body names the size of the witness's last checkpoint, proves that the new one continues it, and brings the
new one; the answer's body is signature lines (`note.format_signatures`, `note.parse_signatures`).
"""

from collections.abc import Collection
from dataclasses import dataclass

from shared.tlog.checkpoint import Checkpoint, keys_of
from shared.tlog.encoding import decimal, hashes_from_lines, to_base64
from shared.tlog.fault import Fault, Malformed
from shared.tlog.keys import Verifier
from shared.tlog.merkle import EMPTY_ROOT, verify_consistency
from shared.tlog.note import Note


class MalformedRequest(Malformed):
    what = "request for a cosignature"


class OldSizeBeyondCheckpoint(Fault):
    """The request starts from a larger tree than it asks to cosign."""

    def __init__(self, *, old_size: int, size: int) -> None:
        super().__init__(f"The old size {old_size} is larger than the checkpoint's, which is {size}.")
        self.old_size = old_size
        self.size = size


class StaleOldSize(Fault):
    """The request starts from another checkpoint than the last one cosigned: try again with `known`."""

    def __init__(self, *, old_size: int, known: int) -> None:
        super().__init__(f"The last checkpoint cosigned has size {known}, not {old_size}: prove from there.")
        self.old_size = old_size
        self.known = known


@dataclass(frozen=True, kw_only=True)
class AddCheckpoint:
    """A request's body."""

    old_size: int
    proof: tuple[bytes, ...]
    """From the old size to the checkpoint's."""
    checkpoint: Note

    def encode(self) -> bytes:
        head = "".join(f"{each}\n" for each in (f"old {self.old_size}", *map(to_base64, self.proof), ""))
        return head.encode() + self.checkpoint.encode()

    @classmethod
    def parse(cls, data: bytes) -> "AddCheckpoint":
        """Raises MalformedRequest, MalformedNote. It verifies nothing."""
        head, separator, note = data.partition(b"\n\n")
        if not separator or not head.isascii():
            raise MalformedRequest("no empty line comes before the checkpoint")
        first, *lines = head.decode().split("\n")
        old_size = decimal(first.removeprefix("old "))
        if not first.startswith("old ") or old_size is None:
            raise MalformedRequest("its first line is not `old` and a size")
        proof = hashes_from_lines(lines)
        if proof is None:
            raise MalformedRequest("its proof is not up to 63 lines of a SHA-256 in base64")
        return cls(old_size=old_size, proof=proof, checkpoint=Note.parse(note))


def check(request: AddCheckpoint, *, logs: Collection[Verifier], latest: Checkpoint | None) -> Checkpoint:
    """The checkpoint, which may now be cosigned. `latest` is the log's last that was; it must not change meanwhile.

    Raises, with the answer that the protocol has for each: MalformedCheckpoint and OldSizeBeyondCheckpoint (400),
    UnknownLog (404), BadSignature and NoKnownSignature (403), StaleOldSize (409, with `known` as the body),
    WrongProofLength and Inconsistent (422).
    """
    checkpoint = Checkpoint.parse(request.checkpoint.text)
    request.checkpoint.verify(keys_of(checkpoint.origin, logs))
    if request.old_size > checkpoint.size:
        raise OldSizeBeyondCheckpoint(old_size=request.old_size, size=checkpoint.size)
    known = latest.size if latest else 0
    if request.old_size != known:
        raise StaleOldSize(old_size=request.old_size, known=known)
    verify_consistency(
        old_size=known,
        old_root=latest.root if latest else EMPTY_ROOT,
        size=checkpoint.size,
        root=checkpoint.root,
        proof=request.proof,
    )
    return checkpoint
