"""What was verified before, or was kept elsewhere: an older checkpoint and its entries' hashes, to compare with."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from infra.verify.aligning import differences, shared_prefix
from infra.verify.faults import Fault, Forked, RewrittenTree, Truncated
from infra.verify.judging import Grown
from infra.verify.reading import far_end, hashes_of, in_order
from infra.verify.sources import Absent, Folder, Source, Unreadable, read_tile
from infra.verify.trust import Head, Trust, opened
from shared.tlog.fault import Fault as Refusal
from shared.tlog.keys import VerifierKey
from shared.tlog.merkle import HASH_SIZE
from shared.tlog.tiles import TILE_WIDTH, Tile, new_tiles


@dataclass(frozen=True)
class Earlier:
    """An older checkpoint, signed by a trusted key, and what it was over if that is known and true."""

    name: str
    head: Head
    leaves: Sequence[bytes] | None

    @property
    def size(self) -> int:
        return self.head.checkpoint.size

    @property
    def root(self) -> bytes:
        return self.head.checkpoint.root


async def read_earlier(source: Source, trust: Trust, name: str) -> Earlier:
    """An older copy. Its tiles count only if its own checkpoint vouches for them.

    Raises Absent, and Unreadable also if nobody trusted signed it: what it says of the log would be worth nothing.
    """
    head, faults = opened(await source.read("checkpoint"), trust)
    if head is None:
        message = f"Give an older copy that is whole: of {name}, nothing can be trusted. {faults[0]}"
        raise Unreadable(message)
    size = head.checkpoint.size
    if await far_end(source, size) is not None:
        return Earlier(name, head, None)
    tiles = (tile for tile in new_tiles(0, size) if tile.level == 0)
    leaves: list[bytes | None] = []
    async for tile, content in in_order(tiles, lambda each: _tile(source, each)):
        leaves += hashes_of(tile, content)
    known = [leaf for leaf in leaves if leaf is not None]
    vouched = len(known) == size and Grown.of(known).root == head.checkpoint.root
    return Earlier(name, head, known if vouched else None)


def compare(
    earlier: Earlier, head: Head, found: Sequence[bytes | None], true: Sequence[bytes] | None, *, evidence: str | None
) -> list[Fault]:
    """What became of the older log. `true` are the hashes that the new root vouches for, `found` those that are there.

    Two signed checkpoints of which neither continues the other are a fork, whatever else can be said.
    """
    now, by = head.checkpoint, f"the checkpoint of {earlier.name}"
    shared = min(earlier.size, now.size)
    if true is None:
        # Nobody signed these entries; the older copy tells what they were.
        return [] if earlier.leaves is None else _named(earlier.leaves, found, by)
    if now.size >= earlier.size:
        agree = Grown.of(true[: earlier.size]).root == earlier.root
    elif earlier.leaves is not None:
        agree = Grown.of(earlier.leaves[: now.size]).root == now.root
    else:
        agree = True  # a checkpoint alone doesn't tell; that the log was longer does
    faults: list[Fault] = []
    if not agree:
        common = None if earlier.leaves is None else shared_prefix(earlier.leaves, true)
        sizes = (now.size, now.root.hex(), earlier.size, earlier.root.hex())
        faults.append(Forked(*sizes, by, common, evidence))
        if earlier.leaves is not None and common is not None:
            rest = set(earlier.leaves[common:])
            if common == 0 or any(leaf in rest for leaf in true[common:]):
                faults.append(RewrittenTree(now.size, signed=True, by=by))
                faults += differences(earlier.leaves, true, by=by, may_grow=True)
    elif now.size < earlier.size:
        faults.append(Truncated(shared, earlier.size, by))
    return faults


def _named(older: Sequence[bytes], found: Sequence[bytes | None], by: str) -> list[Fault]:
    common = shared_prefix(older, [leaf or b"" for leaf in found])
    rest = set(older[common:])
    if common and common < len(older) - 1 and not any(leaf in rest for leaf in found[common:]):
        # Nothing is as it was from there on: naming each would say no more.
        return differences(older[: common + 1], found, by=by, may_grow=True)
    return differences(older, found, by=by, may_grow=True)


class State:
    """A folder of our own: the last checkpoint that was verified, the keys that were trusted, tiles of level 0."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def pinned(self) -> tuple[VerifierKey, ...]:
        """Raises Unreadable."""
        try:
            return tuple(map(VerifierKey.parse, (self.folder / "trusted").read_text().split()))
        except FileNotFoundError:
            return ()
        except (OSError, Refusal) as wrong:
            message = f"Restore {self.folder / 'trusted'}: it should hold the keys that were trusted ({wrong})."
            raise Unreadable(message) from wrong

    async def earlier(self, trust: Trust) -> Earlier | None:
        """Raises Unreadable; None on the first run."""
        with suppress(Absent):
            return await read_earlier(Folder(self.folder), trust, f"an earlier run ({self.folder})")
        return None

    async def keep(self, head: Head, leaves: Sequence[bytes]) -> None:
        """The checkpoint last: whoever is interrupted still has the older one with its tiles."""
        await asyncio.to_thread(self._keep, head, leaves)

    def keep_evidence(self, head: Head) -> str:
        """A checkpoint that contradicts ours; it must not take its place."""
        name = f"contradicting-{head.checkpoint.size}-{head.checkpoint.root.hex()[:16]}"
        self._write(name, head.data)
        return str(self.folder / name)

    def _keep(self, head: Head, leaves: Sequence[bytes]) -> None:
        size = head.checkpoint.size
        for tile in new_tiles(0, size):
            if tile.level == 0:
                start = tile.index * TILE_WIDTH
                content = b"".join(leaves[start : start + tile.width])
                if not self._has(tile, content):
                    self._write(tile.path, content)
        self._write("trusted", "".join(f"{key.vkey}\n" for key in head.signed_by).encode())
        self._write("checkpoint", head.data)
        self._clear(size)

    def _has(self, tile: Tile, content: bytes) -> bool:
        path = self.folder / tile.path
        return path.exists() and path.stat().st_size == tile.width * HASH_SIZE and path.read_bytes() == content

    def _write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        try:
            write_durably(path, content)
        except OSError as error:
            message = f"Name a --state folder that can be written: {path} can't be ({error.strerror})."
            raise Unreadable(message) from error

    def _clear(self, size: int) -> None:
        """Partial tiles that became full or wider."""
        last = size // TILE_WIDTH
        for partial in (self.folder / "tile" / "0").rglob("*.p"):
            digits = "".join(partial.relative_to(self.folder / "tile" / "0").with_suffix("").parts).replace("x", "")
            index = int(digits)
            for file in partial.iterdir():
                if index < last or int(file.name) < size % TILE_WIDTH:
                    file.unlink()
            if not any(partial.iterdir()):
                shutil.rmtree(partial)


def write_durably(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """All of it or nothing, also if the power goes: whoever returns from here has it on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f"{path.name}.new")
    descriptor = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


async def _tile(source: Source, tile: Tile) -> bytes | None:
    try:
        return await read_tile(source, tile)
    except Absent:
        return None
