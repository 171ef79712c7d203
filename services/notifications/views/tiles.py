"""The tiles that proofs need again and again, kept in memory: what was sealed never changes.

Only proofs under a signed root are made of them, and tried against it. Sealing, the public files and `datacity verify`
read the database each time, so that they see what somebody did to it.
"""

from collections import OrderedDict
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications import tree
from services.notifications.tree import TreeDamaged
from shared.tlog import merkle
from shared.tlog.merkle import Node
from shared.tlog.tiles import Tile, TileHashes, tiles_holding

MOST_KEPT = 1_024
"""Tiles of one database, 8 MiB at most. Those that stay are near the root: of a million entries, some twenty."""


class KeptTiles:
    """The tiles of one database that were needed last, each as wide as it was asked for."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._tiles: OrderedDict[Tile, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tiles)

    def those_of(self, wanted: Iterable[Tile]) -> dict[Tile, bytes]:
        """Of these tiles the ones that are here."""
        found = {tile: self._tiles[tile] for tile in wanted if tile in self._tiles}
        for tile in found:
            self._tiles.move_to_end(tile)
        return found

    def keep(self, read: dict[Tile, bytes]) -> None:
        self._tiles.update(read)
        while len(self._tiles) > self._most:
            self._tiles.popitem(last=False)

    def forget(self) -> None:
        self._tiles.clear()


_kept: WeakKeyDictionary[object, KeptTiles] = WeakKeyDictionary()


async def inclusion(session: AsyncSession, index: int, size: int, *, root: bytes) -> list[bytes]:
    """The hashes that lead from an entry to the root that was signed.

    Raises OutsideTree, and TreeDamaged where what is stored leads elsewhere.
    """
    kept = kept_of(session)
    wanted = tiles_holding([Node(0, index), *merkle.inclusion_nodes(index, size)], size)
    for known in (kept.those_of(wanted), {}):
        missing = [tile for tile in wanted if tile not in known]
        held = known | await tree.tiles(session, missing) if missing else known
        if (hashes := _leading(index, TileHashes(size, held.__getitem__), root)) is not None:
            kept.keep(held)
            return hashes
        # Of these some are not what was signed: maybe the database was restored from a backup while we ran.
        kept.forget()
    raise TreeDamaged(f"the way from entry {index} to the root over {size} entries differs")


def kept_of(session: AsyncSession) -> KeptTiles:
    """What is kept of the session's database."""
    return _kept.setdefault(session.bind, KeptTiles())


def _leading(index: int, read: TileHashes, root: bytes) -> list[bytes] | None:
    hashes = merkle.prove_inclusion(index, read.size, read)
    try:
        merkle.verify_inclusion(read(Node(0, index)), index=index, size=read.size, root=root, proof=hashes)
    except merkle.NotIncluded:
        return None
    return hashes
