"""Whose signature counts: keys that somebody gave, those pinned by an earlier run, or, said plainly, the log's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from infra.verify.faults import (
    AnotherLog,
    Fault,
    ForgedSignature,
    MalformedCheckpoint,
    MalformedKey,
    UnknownSignature,
    UnlistedKey,
)
from infra.verify.sources import Absent, Source
from shared.tlog.checkpoint import Checkpoint
from shared.tlog.fault import Fault as Refusal
from shared.tlog.fault import Malformed
from shared.tlog.keys import VerifierKey
from shared.tlog.note import AmbiguousKey, BadSignature, Note

How = Literal["given", "pinned", "first use"]


@dataclass(frozen=True)
class Trust:
    """The keys of which one must have signed; none on the first use."""

    keys: tuple[VerifierKey, ...] = ()
    how: How = "first use"


@dataclass(frozen=True)
class Head:
    """A checkpoint that was signed by a trusted key."""

    data: bytes
    note: Note
    checkpoint: Checkpoint
    signed_by: tuple[VerifierKey, ...]
    """The trusted keys that did, or on first use the log's own."""
    also: tuple[VerifierKey, ...]
    """Keys that the log lists as its own, that signed too, and that nobody vouched for: such as its next one."""
    listed: tuple[VerifierKey, ...]


class NoKey(Exception):
    """Neither somebody nor the source names the log's key."""


async def read_head(source: Source, trust: Trust) -> tuple[Head | None, list[Fault]]:
    """The checkpoint, if there is one to go by, and what is wrong with it. Raises Absent, Unreadable, NoKey."""
    # The keys first: a log that changes them between the two would else be taken to hide one.
    listed, faults = await _listed(source)
    data = await source.read("checkpoint")
    if not trust.keys and not listed and not faults:
        raise NoKey
    head, more = opened(data, trust if trust.keys else Trust(listed), listed)
    if head is not None and listed:
        unlisted = [key for key in head.signed_by if key not in listed]
        faults += [UnlistedKey(key.vkey) for key in unlisted]
    return head, [*more, *faults]


def opened(data: bytes, trust: Trust, listed: Sequence[VerifierKey] = ()) -> tuple[Head | None, list[Fault]]:
    """The checkpoint in these bytes, if a trusted key signed it."""
    faults: list[Fault] = []
    try:
        note = Note.parse(data)
        checkpoint = Checkpoint.parse(note.text)
    except Malformed as malformed:
        return None, [MalformedCheckpoint(str(malformed))]
    if note.encode() != data:
        return None, [MalformedCheckpoint("It is spelled in another way than it is signed.")]
    signed_by = [key for key in trust.keys if _signed(note, key, faults)]
    also = [key for key in listed if key not in trust.keys and key.name == checkpoint.origin]
    also = [key for key in also if _signed(note, key, faults)]
    if not signed_by:
        if not faults:
            claimed = tuple(f"{each.name}+{each.key_id.hex()}" for each in note.signatures)
            faults.append(UnknownSignature(claimed, tuple(key.vkey for key in trust.keys)))
        return None, faults
    if all(key.name != checkpoint.origin for key in signed_by):
        faults.append(AnotherLog(checkpoint.origin, signed_by[0].name))
        return None, faults
    return Head(data, note, checkpoint, tuple(signed_by), tuple(also), tuple(listed)), faults


def _signed(note: Note, key: VerifierKey, faults: list[Fault]) -> bool:
    try:
        return bool(note.signatures_by([key]))
    except (BadSignature, AmbiguousKey):
        faults.append(ForgedSignature(f"{key.name}+{key.key_id.hex()}"))
        return False


async def _listed(source: Source) -> tuple[tuple[VerifierKey, ...], list[Fault]]:
    """The keys that the log itself names: worth nothing by themselves, but that it should be consistent."""
    for path in ("vkeys", "vkey"):
        try:
            *lines, rest = (await source.read(path)).decode().split("\n")
            if rest or not lines:
                return (), [MalformedKey("It is not a key on each line.")]
            return tuple(map(VerifierKey.parse, lines)), []
        except Absent:
            continue
        except (Refusal, UnicodeDecodeError) as malformed:
            return (), [MalformedKey(str(malformed))]
    return (), []
