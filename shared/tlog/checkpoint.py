"""Checkpoints: what a log says of itself when it signs, its name, its size and its root (https://c2sp.org/tlog-checkpoint)."""

from collections.abc import Collection
from dataclasses import dataclass

from shared.tlog.encoding import MAX_NUMBER, decimal, hash_from_base64, to_base64, without_controls
from shared.tlog.fault import Fault, Malformed
from shared.tlog.keys import Signer, Verifier
from shared.tlog.merkle import HASH_SIZE
from shared.tlog.note import Note


class MalformedCheckpoint(Malformed):
    what = "checkpoint"


class WrongOrigin(Fault):
    """Well signed, perhaps, and of another log."""

    def __init__(self, *, origin: str, expected: str) -> None:
        super().__init__(f"The checkpoint is of the log {origin}, not of {expected}.")
        self.origin = origin
        self.expected = expected


class UnknownLog(Fault):
    """None of the known keys is for this log."""

    def __init__(self, *, origin: str) -> None:
        super().__init__(f"No key is known for the log {origin}.")
        self.origin = origin


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A log at one size. Raises MalformedCheckpoint when made of what can't be written as one."""

    origin: str
    """The log's name for ever, and by custom that of its key: an address without scheme, such as `example.org/log`."""
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    """Further lines, signed with the rest; nobody can check what they say, so better have none."""

    def __post_init__(self) -> None:
        if not self.origin or not all(map(_is_line, (self.origin, *self.extensions))) or not all(self.extensions):
            raise MalformedCheckpoint("its origin or an extension is empty, or more than a line")
        if not 0 <= self.size <= MAX_NUMBER:
            raise MalformedCheckpoint("no tree has such a size")
        if len(self.root) != HASH_SIZE:
            raise MalformedCheckpoint("its root is not a SHA-256")

    @property
    def text(self) -> str:
        """The text of its note."""
        return "".join(f"{each}\n" for each in (self.origin, self.size, to_base64(self.root), *self.extensions))

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """From a note's text. Raises MalformedCheckpoint for any other spelling than `text` gives."""
        *lines, rest = text.split("\n")
        if rest or len(lines) < 3:
            raise MalformedCheckpoint("it has not the three lines that are needed")
        origin, size, root, *extensions = lines
        number, raw = decimal(size), hash_from_base64(root)
        if number is None:
            raise MalformedCheckpoint("its second line is not a size")
        if raw is None:
            raise MalformedCheckpoint("its third line is not a SHA-256 in base64")
        return cls(origin=origin, size=number, root=raw, extensions=tuple(extensions))

    def signed(self, *signers: Signer) -> Note:
        """A log must never sign two that don't continue each other: ask for this once the tree is stored for good."""
        return Note(self.text).signed(*signers)


def verified(data: bytes, *, origin: str, keys: Collection[Verifier]) -> tuple[Checkpoint, Note]:
    """A checkpoint as it is published, signed by one of the log's keys.

    Raises MalformedNote, MalformedCheckpoint, WrongOrigin, BadSignature, NoKnownSignature, AmbiguousKey.
    """
    note = Note.parse(data)
    note.verify(keys)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != origin:
        raise WrongOrigin(origin=checkpoint.origin, expected=origin)
    return checkpoint, note


def keys_of(origin: str, known: Collection[Verifier]) -> list[Verifier]:
    """Those of the known keys that bear the log's name. Raises UnknownLog if none does."""
    found = [key for key in known if key.name == origin]
    if not found:
        raise UnknownLog(origin=origin)
    return found


def _is_line(text: str) -> bool:
    return "\n" not in text and without_controls(text)
