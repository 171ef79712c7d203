"""Appending to a tree whose right edge is all that is remembered: new hashes by whole rows, and the tiles they go into.

Nothing here changes in place: a writer whose transaction fails still has the edge it began with.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.tlog.fault import Fault
from shared.tlog.merkle import HASH_SIZE, HashReader, edge_nodes, parents, root_of_edge
from shared.tlog.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, WrongTileSize


class WrongEdge(Fault):
    """A tree of this size has another number of perfect subtrees, or a hash has not 32 bytes."""

    def __init__(self, *, size: int) -> None:
        super().__init__(f"These hashes can't be the right edge of a tree of {size} entries.")
        self.size = size


@dataclass(frozen=True)
class Edge:
    """A tree's size and its perfect subtrees' hashes, largest first: as many as the size has ones in binary."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        fits = self.size >= 0 and len(self.hashes) == self.size.bit_count()
        if not fits or any(len(each) != HASH_SIZE for each in self.hashes):
            raise WrongEdge(size=self.size)

    @classmethod
    def read(cls, size: int, read: HashReader) -> "Edge":
        """The edge of a tree that is stored already, such as by `TileHashes`."""
        return cls(size, tuple(read(node) for node in edge_nodes(size)))

    @property
    def root(self) -> bytes:
        return root_of_edge(self.hashes)


@dataclass(frozen=True)
class Row:
    """New hashes of one level of tiles, side by side."""

    level: int
    """The tiles' level: its hashes each span 256^level entries."""
    begin: int
    """How many hashes this level had before."""
    hashes: list[bytes]

    @property
    def tail(self) -> Tile | None:
        """The partial tile that this row goes on with, if there is one."""
        index, width = divmod(self.begin, TILE_WIDTH)
        return Tile(self.level, index, width) if width else None

    def tiles(self, tail: bytes = b"") -> list[tuple[Tile, bytes]]:
        """The tiles to write, each with all its hashes; at most the last one is partial.

        `tail` is the content of the tile that the property of this name says. Raises WrongTileSize if it can't be.
        """
        held = self.begin % TILE_WIDTH
        if len(tail) != held * HASH_SIZE:
            raise WrongTileSize(expected=held * HASH_SIZE, found=len(tail))
        content = tail + b"".join(self.hashes)
        full = TILE_WIDTH * HASH_SIZE
        first = self.begin // TILE_WIDTH
        cut = [content[start : start + full] for start in range(0, len(content), full)]
        return [(Tile(self.level, first + nth, len(data) // HASH_SIZE), data) for nth, data in enumerate(cut)]


def grow(edge: Edge, leaves: Sequence[bytes]) -> tuple[Edge, list[Row]]:
    """Append leaf hashes: the new edge, and what is new at each level of tiles, leaves first.

    Takes about one hash per leaf, level after level over the whole batch: so it is at its best with many at once.
    """
    waiting = _by_level(edge)
    rows: list[Row] = []
    level, fresh = 0, list(leaves)
    while fresh:
        if level % TILE_HEIGHT == 0:
            rows.append(Row(level // TILE_HEIGHT, edge.size >> level, fresh))
        left = waiting.pop(level, None)
        complete = fresh if left is None else [left, *fresh]
        if len(complete) % 2:
            waiting[level] = complete[-1]
        level, fresh = level + 1, parents(complete)
    grown = Edge(edge.size + len(leaves), tuple(waiting[at] for at in sorted(waiting, reverse=True)))
    return grown, rows


def _by_level(edge: Edge) -> dict[int, bytes]:
    levels = [level for level in range(edge.size.bit_length()) if edge.size >> level & 1]
    return dict(zip(reversed(levels), edge.hashes, strict=True))
