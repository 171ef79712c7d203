"""Signed notes: a text, an empty line, and a line for each signature (https://c2sp.org/signed-note).

The text means nothing until a signature by a known key was verified; so `parse` only takes apart, and `verify` decides.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from shared.tlog.encoding import from_base64, to_base64, without_controls
from shared.tlog.fault import Fault, Malformed
from shared.tlog.keys import Signer, Verifier, is_key_name

MAX_NOTE_SIZE = 1_000_000
"""Bytes."""
MAX_SIGNATURES = 100
"""The specification asks for 16 at least, golang.org/x/mod takes 100."""
_DASH = "— "


class MalformedNote(Malformed):
    what = "signed note"


class AmbiguousKey(Fault):
    """Two known keys have one name and one id, so a signature can't be told to be of the one or the other."""

    def __init__(self, *, name: str, key_id: bytes) -> None:
        super().__init__(f"Two of the known keys are {name}+{key_id.hex()}.")
        self.name = name
        self.key_id = key_id


class BadSignature(Fault):
    """A known key's signature does not verify: text or signature was changed."""

    def __init__(self, *, name: str, key_id: bytes) -> None:
        super().__init__(f"The signature of {name}+{key_id.hex()} is not of this text.")
        self.name = name
        self.key_id = key_id


class NoKnownSignature(Fault):
    """Nobody known signed it."""

    def __init__(self, *, signed_by: Collection[str], known: Collection[str]) -> None:
        super().__init__(
            f"No known key signed it: it is signed by {_listed(signed_by)}, and known are {_listed(known)}."
        )
        self.signed_by = signed_by
        self.known = known


@dataclass(frozen=True)
class Signature:
    """One line under a note: whose key it claims to be of, and the bytes, which only that key can judge."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.value)}\n"

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """From a line without its end. Raises MalformedNote."""
        name, space, encoded = line.removeprefix(_DASH).partition(" ")
        raw = from_base64(encoded)
        if not line.startswith(_DASH) or not space or not is_key_name(name):
            raise MalformedNote("a signature's line is not a dash, a key's name and base64")
        if raw is None or len(raw) <= 4:
            raise MalformedNote(f"the signature of {name} is not base64 of a key id and a signature")
        return cls(name, raw[:4], raw[4:])


class Signed(NamedTuple):
    """A signature that was verified, and by which key."""

    key: Verifier
    signature: Signature


@dataclass(frozen=True)
class Note:
    """A text, which ends with its last line's end, and what is signed under it."""

    text: str
    signatures: tuple[Signature, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> "Note":
        """Raises MalformedNote. It verifies nothing."""
        if len(data) > MAX_NOTE_SIZE:
            raise MalformedNote(f"it has more than {MAX_NOTE_SIZE} bytes")
        whole = _decoded(data)
        text, separator, signatures = whole.rpartition("\n\n")
        if not separator:
            raise MalformedNote("no empty line comes before the signatures")
        return cls(text + "\n", _parsed_lines(signatures))

    def encode(self) -> bytes:
        """The bytes to publish. Raises MalformedNote if the text can't be a note's or nobody signed it."""
        _check_text(self.text)
        if not self.signatures:
            raise MalformedNote("nobody signed it")
        return f"{self.text}\n{''.join(each.line for each in self.signatures)}".encode()

    def signed(self, *signers: Signer) -> "Note":
        """With the signatures of these keys behind those that it has; a key's former one is replaced."""
        _check_text(self.text)
        text = self.text.encode()
        return self.with_signatures(Signature(each.name, each.key_id, each.sign(text)) for each in signers)

    def with_signatures(self, signatures: Iterable[Signature]) -> "Note":
        """With signatures made elsewhere, such as cosignatures; a key's former one is replaced."""
        added = tuple(signatures)
        keys = {(each.name, each.key_id) for each in added}
        kept = tuple(each for each in self.signatures if (each.name, each.key_id) not in keys)
        return replace(self, signatures=kept + added)

    def signatures_by(self, known: Collection[Verifier]) -> tuple[Signed, ...]:
        """Those of known keys, all verified; others are ignored, and there may be none.

        Raises BadSignature, AmbiguousKey.
        """
        keys = _by_id(known)
        text = self.text.encode()
        found = []
        for signature in self.signatures:
            key = keys.get((signature.name, signature.key_id))
            if key is None:
                continue
            if not key.verifies(text, signature.value):
                raise BadSignature(name=signature.name, key_id=signature.key_id)
            found.append(Signed(key, signature))
        return tuple(found)

    def verify(self, known: Collection[Verifier]) -> tuple[Signed, ...]:
        """Like `signatures_by`, and there is at least one. Raises BadSignature, NoKnownSignature, AmbiguousKey."""
        found = self.signatures_by(known)
        if not found:
            raise NoKnownSignature(
                signed_by=[f"{each.name}+{each.key_id.hex()}" for each in self.signatures],
                known=[f"{each.name}+{each.key_id.hex()}" for each in known],
            )
        return found


def parse_signatures(data: bytes) -> tuple[Signature, ...]:
    """Lines of signatures without a text, as a witness answers. Raises MalformedNote."""
    if len(data) > MAX_NOTE_SIZE:
        raise MalformedNote(f"it has more than {MAX_NOTE_SIZE} bytes")
    return _parsed_lines(_decoded(data))


def format_signatures(signatures: Iterable[Signature]) -> bytes:
    return "".join(each.line for each in signatures).encode()


def _parsed_lines(text: str) -> tuple[Signature, ...]:
    # Not `splitlines`: to it, half a dozen other characters end a line too.
    *lines, rest = text.split("\n")
    if rest or not lines:
        raise MalformedNote("its last line is not a signature with a line's end")
    if len(lines) > MAX_SIGNATURES:
        raise MalformedNote(f"it has more than {MAX_SIGNATURES} signatures")
    return tuple(map(Signature.parse, lines))


def _decoded(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise MalformedNote("it is not UTF-8") from None
    if not without_controls(text):
        raise MalformedNote("it has a control character")
    return text


def _check_text(text: str) -> None:
    if not text.endswith("\n") or not without_controls(text):
        raise MalformedNote("its text has no end of line at its end, or a control character")


def _by_id(known: Collection[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    keys: dict[tuple[str, bytes], Verifier] = {}
    for key in known:
        other = keys.setdefault((key.name, key.key_id), key)
        if other != key:
            raise AmbiguousKey(name=key.name, key_id=key.key_id)
    return keys


def _listed(names: Collection[str]) -> str:
    return ", ".join(names) or "nobody"
