"""Cosignatures: someone else saw this checkpoint at this time, and it continued what they had seen before.

They are Ed25519 cosignatures v1 (https://c2sp.org/tlog-cosignature), signatures of type 0x04: eight bytes of time, then
one over that time and the checkpoint. They don't cover the cosigner's name, so a key must be of one cosigner alone.
"""

from dataclasses import dataclass
from typing import ClassVar

from shared.tlog.checkpoint import Checkpoint, MalformedCheckpoint
from shared.tlog.encoding import MAX_NUMBER
from shared.tlog.keys import SIGNATURE_SIZE, SigningKey, VerifierKey
from shared.tlog.note import MalformedNote, Note, Signature

_TIME_SIZE = 8


@dataclass(frozen=True)
class CosignerKey(VerifierKey):
    """The public half of a witness's key: checks cosignatures of checkpoints, and nothing else."""

    KIND: ClassVar[int] = 0x04

    def verifies(self, text: bytes, signature: bytes) -> bool:
        at = int.from_bytes(signature[:_TIME_SIZE], "big")
        if len(signature) != _TIME_SIZE + SIGNATURE_SIZE or at > MAX_NUMBER or not _is_checkpoint(text):
            return False
        return super().verifies(_message(text, at=at), signature[_TIME_SIZE:])


@dataclass(frozen=True)
class CosigningKey(SigningKey):
    """The private half of a witness's key."""

    KIND: ClassVar[int] = 0x04

    @property
    def verifier(self) -> CosignerKey:
        return CosignerKey(self.name, self.public)

    def sign(self, text: bytes) -> bytes:
        raise TypeError("a cosignature says when: use cosign")


def cosign(note: Note, key: CosigningKey, *, at: int) -> Signature:
    """Say that, at this POSIX time in seconds, it was the log's largest checkpoint seen, and continued all before.

    That it is so must have been checked (see `witness.check`). Raises MalformedCheckpoint.
    """
    Checkpoint.parse(note.text)
    if not 0 < at <= MAX_NUMBER:
        raise ValueError("a cosignature's time is in seconds after 1970")
    signature = SigningKey.sign(key, _message(note.text.encode(), at=at))
    return Signature(key.name, key.key_id, at.to_bytes(_TIME_SIZE, "big") + signature)


def cosigned_at(signature: Signature) -> int:
    """The POSIX time, in seconds, that a cosignature gives. Raises MalformedNote if it is none."""
    if len(signature.value) != _TIME_SIZE + SIGNATURE_SIZE:
        raise MalformedNote(f"the signature of {signature.name} is no cosignature")
    return int.from_bytes(signature.value[:_TIME_SIZE], "big")


def _message(text: bytes, *, at: int) -> bytes:
    return b"cosignature/v1\ntime %d\n%b" % (at, text)


def _is_checkpoint(text: bytes) -> bool:
    try:
        Checkpoint.parse(text.decode())
    except (MalformedCheckpoint, UnicodeDecodeError):
        return False
    return True
