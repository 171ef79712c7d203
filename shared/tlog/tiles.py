"""Tiles, the files that a log is published as: their paths, which there are, what is in them.

They are those of https://c2sp.org/tlog-tiles. A tile at level L is up to 256 hashes side by side, each over 256^L
entries; a bundle is the entries under a tile of level 0. A partial one is the beginning of the full one, so the widest
is all that need be stored.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shared.tlog.encoding import MAX_NUMBER
from shared.tlog.fault import Fault, Malformed
from shared.tlog.merkle import HASH_SIZE, Node, OutsideTree, parents

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVEL = 63

_PATH = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/){0,6}\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)


Rows = tuple[Sequence[bytes], ...]


class MalformedTilePath(Malformed):
    what = "path of a tile or of a bundle of entries"


class WrongTileSize(Fault):
    """A tile's content, in bytes, is not as long as its width says."""

    def __init__(self, *, expected: int, found: int) -> None:
        super().__init__(f"The tile has {found} bytes instead of {expected}.")
        self.expected = expected
        self.found = found


@dataclass(frozen=True, order=True)
class Tile:
    """Hashes `256 * index` to, without it, `256 * index + width` of a level."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Such as `tile/0/x001/x234/067.p/8`."""
        return f"tile/{self.level}/{_index_and_width(self.index, self.width)}"

    @property
    def is_full(self) -> bool:
        return self.width == TILE_WIDTH

    @property
    def full(self) -> "Tile":
        """What it has become, or will."""
        return Tile(self.level, self.index)


@dataclass(frozen=True, order=True)
class Bundle:
    """Entries `256 * index` to, without it, `256 * index + width`."""

    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Such as `tile/entries/x001/x234/067.p/8`."""
        return f"tile/entries/{_index_and_width(self.index, self.width)}"

    @property
    def is_full(self) -> bool:
        return self.width == TILE_WIDTH

    @property
    def full(self) -> "Bundle":
        return Bundle(self.index)


def parse_path(path: str) -> Tile | Bundle:
    """The tile or bundle at a path, which begins with `tile/`.

    Raises MalformedTilePath unless it is spelled as the property `path` does.
    """
    found = _PATH.fullmatch(path)
    if not found:
        raise MalformedTilePath("it is not tile/LEVEL/INDEX or tile/entries/INDEX, with .p/WIDTH if it is partial")
    level, digits, width = found[1], found[2], int(found[3] or TILE_WIDTH)
    index = int(digits.replace("/", "").replace("x", ""))
    if found[3] and width >= TILE_WIDTH:
        raise MalformedTilePath(f"a partial one has fewer than {TILE_WIDTH}")
    if index > MAX_NUMBER or (level != "entries" and int(level) > MAX_LEVEL):
        raise MalformedTilePath("no tree is that large")
    place = Bundle(index, width) if level == "entries" else Tile(int(level), index, width)
    if place.path != path:
        raise MalformedTilePath("its index has leading zeros")
    return place


def tile_at(level: int, index: int, size: int) -> Tile:
    """A tile as wide as it is in a tree of this size. Raises OutsideTree if it isn't there."""
    width = min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - index * TILE_WIDTH)
    if width <= 0 or index < 0:
        raise OutsideTree(number=index << TILE_HEIGHT * (level + 1), size=size)
    return Tile(level, index, width)


def bundle_at(index: int, size: int) -> Bundle:
    """A bundle as wide as it is in a tree of this size. Raises OutsideTree if it isn't there."""
    return Bundle(index, tile_at(0, index, size).width)


def new_tiles(old_size: int, size: int) -> Iterator[Tile]:
    """The tiles that are there, or are wider, since the tree had the older size; with 0, all of them. Leaves first."""
    level = 0
    while hashes := size >> TILE_HEIGHT * level:
        before = old_size >> TILE_HEIGHT * level
        if before < hashes:
            for index in range(before // TILE_WIDTH, (hashes - 1) // TILE_WIDTH + 1):
                yield tile_at(level, index, size)
        level += 1


def new_bundles(old_size: int, size: int) -> Iterator[Bundle]:
    """The bundles that are there, or are wider, since the tree had the older size; with 0, all of them."""
    if old_size < size:
        for index in range(old_size // TILE_WIDTH, (size - 1) // TILE_WIDTH + 1):
            yield bundle_at(index, size)


def tile_of(node: Node, size: int) -> Tile:
    """The tile, in a tree of this size, from which a node's hash can be computed. Raises OutsideTree."""
    return tile_at(*_place(node, size), size)


def tiles_holding(nodes: Iterable[Node], size: int) -> list[Tile]:
    """What to fetch before a proof: each tile once, in the order of need."""
    places = dict.fromkeys(_place(node, size) for node in nodes)
    return [tile_at(level, index, size) for level, index in places]


def _place(node: Node, size: int) -> tuple[int, int]:
    """Level and index of a node's tile: bare numbers, as a proof asks this some forty times."""
    level, position = node
    if position < 0 or (position + 1) << level > size:
        raise OutsideTree(number=((position + 1) << level) - 1, size=size)
    return level // TILE_HEIGHT, position >> (TILE_HEIGHT - level % TILE_HEIGHT)


def tile_root(content: bytes) -> bytes:
    """The one hash that a full tile is in the level above. Raises WrongTileSize."""
    row = _hashes(content)
    if len(row) != TILE_WIDTH:
        raise WrongTileSize(expected=TILE_WIDTH * HASH_SIZE, found=len(content))
    while len(row) > 1:
        row = parents(row)
    return row[0]


class TileHashes:
    """Reads the hashes of a tree out of its tiles: a `merkle.HashReader`.

    `read` gives a tile's content, or that of a wider one. Each is asked for once and then kept with all that was
    computed from it, some 40 KiB: so have one of these for a proof, or for some, rather than one for ever.
    """

    def __init__(self, size: int, read: Callable[[Tile], bytes]) -> None:
        self.size = size
        self._read = read
        self._rows: dict[tuple[int, int], Rows] = {}

    def __call__(self, node: Node) -> bytes:
        """Raises OutsideTree, WrongTileSize, and whatever `read` does."""
        place = _place(node, self.size)
        rows = self._rows.get(place)
        if rows is None:
            rows = self._rows[place] = self._rows_of(tile_at(*place, self.size))
        height = node.level % TILE_HEIGHT
        return rows[height][node.position - (place[1] << (TILE_HEIGHT - height))]

    def _rows_of(self, tile: Tile) -> Rows:
        content = self._read(tile)
        expected = tile.width * HASH_SIZE
        if not expected <= len(content) <= TILE_WIDTH * HASH_SIZE or len(content) % HASH_SIZE:
            raise WrongTileSize(expected=expected, found=len(content))
        return _rows(content[:expected])


# The tiles near the root are in every proof, and hashing them anew would be most of its price. 10 MiB at most.
@lru_cache(maxsize=256)
def _rows(content: bytes) -> Rows:
    """A tile's hashes, and row above row what can be computed of them."""
    rows = [_hashes(content)]
    while len(rows) < TILE_HEIGHT:
        rows.append(parents(rows[-1]))
    return tuple(rows)


def _hashes(content: bytes) -> list[bytes]:
    return [content[start : start + HASH_SIZE] for start in range(0, len(content), HASH_SIZE)]


def _index_and_width(index: int, width: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    path = "".join(f"x{group}/" for group in groups[:-1]) + groups[-1]
    return path if width == TILE_WIDTH else f"{path}.p/{width}"
