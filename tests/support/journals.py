"""Journals for tests: real entries, a real tree, real signatures, and a folder as a web server would serve it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from shared import journal
from shared.events import Envelope
from shared.tlog import bundles, merkle
from shared.tlog.checkpoint import Checkpoint
from shared.tlog.cosignature import CosigningKey, cosign
from shared.tlog.growing import Edge, grow
from shared.tlog.keys import SigningKey
from shared.tlog.note import Note
from shared.tlog.proof_file import Proof
from shared.tlog.tiles import Tile, TileHashes, new_bundles, new_tiles

KEY = SigningKey("datacity.test/log", bytes(range(32)))
NEXT_KEY = SigningKey("datacity.test/log", bytes(range(32, 64)))
WITNESS = CosigningKey("witness.test/city", bytes(range(64, 96)))
NOW = 1_795_600_000
SUBJECTS = 7


def event(nth: int, *, source: str = "applications", sequence: int | None = None, text: str = "") -> Envelope:
    """The nth event of a quiet season: each aggregate's are numbered 1, 2, 3…"""
    return Envelope(
        id=UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + nth),
        source=f"/services/{source}",
        type="io.datacity.application.drafted.v1",
        subject=str(UUID(int=nth % SUBJECTS)),
        time=datetime(2026, 11, 27, 10, 0, 0, nth % 1_000_000, tzinfo=UTC),
        key=str(UUID(int=nth % SUBJECTS)),
        sequence=nth // SUBJECTS + 1 if sequence is None else sequence,
        correlation_id=f"story-{nth}",
        causation_id=None,
        actor="system:test",
        value=f'{{"nth":{nth},"text":"{text}"}}'.encode(),
        topic=f"{source}.events.v1",
    )


def entries(count: int, *, sealed: int = 0) -> list[bytes]:
    """So many, of which every so-manieth is sealed; with 0, none."""
    return [entry(nth, is_sealed=bool(sealed) and nth % sealed == 0) for nth in range(count)]


def entry(nth: int, *, is_sealed: bool = False, text: str = "") -> bytes:
    return journal.entry(journal.framed(event(nth, text=text)), os.urandom(32) if is_sealed else None)


@dataclass
class Journal:
    """Entries under one checkpoint, and how to write them down."""

    entries: Sequence[bytes]
    keys: Sequence[SigningKey] = (KEY,)
    root: bytes = b""
    tiles: dict[Tile, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        edge, rows = grow(Edge(), merkle.leaf_hashes(self.entries))
        self.root = edge.root
        for row in rows:
            self.tiles |= dict(row.tiles())

    @property
    def size(self) -> int:
        return len(self.entries)

    def note(self, *witnesses: CosigningKey) -> Note:
        note = Checkpoint(origin=KEY.name, size=self.size, root=self.root).signed(*self.keys)
        return note.with_signatures(cosign(note, each, at=NOW) for each in witnesses)

    def write(self, folder: Path, *witnesses: CosigningKey) -> Path:
        for tile in new_tiles(0, self.size):
            put(folder / tile.path, self.tiles[tile])
        for bundle in new_bundles(0, self.size):
            first = bundle.index * 256
            put(folder / bundle.path, bundles.pack(self.entries[first : first + bundle.width]))
        put(folder / "vkeys", "".join(f"{key.verifier.vkey}\n" for key in self.keys).encode())
        put(folder / "checkpoint", self.note(*witnesses).encode())
        return folder

    def proof(self, index: int, extra: bytes | None = None) -> Proof:
        read = TileHashes(self.size, lambda tile: self.tiles[tile])
        hashes = tuple(merkle.prove_inclusion(index, self.size, read))
        return Proof(index=index, hashes=hashes, checkpoint=self.note(WITNESS), extra=extra)


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
