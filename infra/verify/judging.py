"""Whether the entries and the tiles are those that were signed, and if not, which are not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from infra.verify.aligning import Leaves, differences
from infra.verify.faults import (
    AlteredWithin,
    DamagedBundle,
    DamagedTile,
    Fault,
    MissingEntry,
    RewrittenTree,
    Truncated,
)
from infra.verify.reading import CUT, Published, ReadBundle
from shared.tlog.growing import Edge, grow
from shared.tlog.merkle import HASH_SIZE, Node, edge_nodes, parents, root_of_edge
from shared.tlog.tiles import TILE_HEIGHT, TILE_WIDTH, Tile

SIGNED = "the signed tree"


@dataclass(frozen=True)
class Grown:
    """The tree that some entries make: its root, and its hashes by level of tiles."""

    root: bytes
    rows: list[list[bytes]]

    @classmethod
    def of(cls, leaves: Sequence[bytes]) -> "Grown":
        edge, rows = grow(Edge(), leaves)
        return cls(edge.root, [row.hashes for row in rows])

    def tile(self, tile: Tile) -> bytes:
        start = tile.index * TILE_WIDTH
        return b"".join(self.rows[tile.level][start : start + tile.width])


def judge(root: bytes, found: Published) -> tuple[list[Fault], list[bytes] | None]:
    """The faults of entries and tiles, and the entries' true hashes if the signed root vouches for them all."""
    leaves = [leaf for each in found.bundles if each.leaves for leaf in each.leaves]
    whole = not any(each.damage or each.leaves is None for each in found.bundles)
    if whole and (grown := Grown.of(leaves)).root == root:
        return list(_damaged(found, grown)), leaves
    reference = _reference(root, found, leaves if whole else None)
    if reference is None:
        absent = list(_absent(found))
        faults: list[Fault] = [*absent, *_broken(found, besides=[])]
        # A tree that lacks its end can't be compared with a root, and says nothing against what is left.
        return faults or [RewrittenTree(found.size, signed=False, by=SIGNED)], None
    named = list(_entries(found, reference))
    faults = [*named, *_broken(found, besides=named), *_unknown(found, reference)]
    known = [leaf for leaf in reference if leaf is not None]
    if len(known) == found.size:
        faults += _damaged(found, Grown.of(known))
        return faults, known
    return faults, None


def _entries(found: Published, reference: Leaves) -> Iterator[Fault]:
    """What became of the entries; those that nothing vouches for are left out."""
    leaves: list[bytes | None] = []
    absent = {each.first for each in found.bundles if each.leaves is None}
    for each in found.bundles:
        true = reference[each.first : each.first + each.place.width]
        leaves += _as_far_as_told(each, true)
    yield from _absent(found)
    tail = min(absent, default=found.size)
    if absent and all(each.first in absent for each in found.bundles if each.first >= tail):
        leaves, reference = leaves[:tail], reference[:tail]
    yield from differences(reference, leaves, by=SIGNED)


def _as_far_as_told(bundle: ReadBundle, true: Leaves) -> Leaves:
    """Where a bundle's entries can't be told apart, only the first that is wrong is worth naming."""
    if bundle.leaves is None:
        return [None] * bundle.place.width
    if bundle.damage != CUT:
        return bundle.leaves
    told: list[bytes | None] = []
    for leaf, its in zip(bundle.leaves, true, strict=False):
        told.append(leaf)
        if leaf != its:
            break
    return [*told, *[None] * (bundle.place.width - len(told))]


def _absent(found: Published) -> Iterator[Fault]:
    """Bundles that are not there: in the middle something is missing, at the end the log was cut off."""
    absent = [each for each in found.bundles if each.leaves is None]
    present = [each for each in found.bundles if each.leaves is not None]
    end = present[-1].first + present[-1].place.width if present else 0
    for each in absent:
        if each.first < end:
            yield MissingEntry(each.first, "the checkpoint", each.place.width)
    if absent and absent[-1].first >= end:
        yield Truncated(end, found.size, "the checkpoint")


def _broken(found: Published, *, besides: Sequence[Fault]) -> Iterator[Fault]:
    """Bundles that can't be taken apart; that one has too few or too many entries is told better by which."""
    for each in found.bundles:
        if each.damage == CUT or (each.damage and not besides):
            yield DamagedBundle(each.place.path, each.damage)


def _damaged(found: Published, true: Grown) -> Iterator[Fault]:
    for tile, content in found.tiles.items():
        expected = true.tile(tile)
        if content == expected:
            continue
        if content is None:
            yield DamagedTile(tile.path, "it is not there")
        elif len(content) != len(expected):
            yield DamagedTile(tile.path, f"it has {len(content)} bytes instead of {len(expected)}")
        else:
            place = next(nth for nth in range(len(content)) if content[nth] != expected[nth]) // HASH_SIZE
            yield DamagedTile(tile.path, f"its hash {place} is not that of the signed tree")


def _unknown(found: Published, reference: Leaves) -> Iterator[Fault]:
    """Stretches for which nothing that is published is what was signed."""
    first: int | None = None
    for each in found.bundles:
        if reference[each.first] is None:
            first = each.first if first is None else first
        elif first is not None:
            yield AlteredWithin(first, each.first - 1)
            first = None
    if first is not None:
        yield AlteredWithin(first, found.size - 1)


def _reference(root: bytes, found: Published, leaves: list[bytes] | None) -> Leaves | None:
    """The true hashes of entries, as far as published tiles lead to the signed root; None if none do.

    The lowest level of tiles that gives the root is what vouches for those below it. A tile below may be the published
    one, or that of the entries themselves.
    """
    candidates: list[Leaves] = [found.row(0)]
    if leaves is not None and len(leaves) == found.size:
        candidates.append(list(leaves))
    levels = max((tile.level for tile in found.tiles), default=-1) + 1
    for level in range(levels):
        row = found.row(level)
        if any(each is None for each in row):
            continue
        vouching = [each for each in row if each is not None]
        for candidate in candidates:
            edge = _edge_below(found.size, level, candidate)
            if edge is not None and root_of_edge([*grow(Edge(), vouching)[0].hashes, *edge]) == root:
                return _vouched(found.size, level, vouching, candidates, candidate)
    return None


def _edge_below(size: int, level: int, leaves: Leaves) -> list[bytes] | None:
    """The hashes of the tree's right edge that are too small for a level of tiles, out of the entries' hashes."""
    hashes = []
    for node in edge_nodes(size):
        if node.level >= TILE_HEIGHT * level:
            continue
        below = _known(leaves, node)
        if below is None:
            return None
        hashes.append(grow(Edge(), below)[0].root)
    return hashes


def _known(leaves: Leaves, node: Node) -> list[bytes] | None:
    span = leaves[node.position << node.level : (node.position + 1) << node.level]
    known = [leaf for leaf in span if leaf is not None]
    return known if len(known) == 1 << node.level else None


def _vouched(size: int, level: int, vouching: Sequence[bytes], candidates: Sequence[Leaves], edge: Leaves) -> Leaves:
    """For each tile of entries, the hashes that a vouching one above is made of; None where there are none."""
    if level == 0:
        return vouching
    spread = TILE_WIDTH ** (level - 1)
    reference: list[bytes | None] = []
    for group, true in enumerate(vouching):
        span = slice(group * spread * TILE_WIDTH, (group + 1) * spread * TILE_WIDTH)
        reference += _chosen([each[span] for each in candidates], true) or [None] * (spread * TILE_WIDTH)
    return [*reference, *edge[len(reference) : size]]


def _chosen(candidates: Sequence[Leaves], true: bytes) -> list[bytes] | None:
    """The candidate that the true hash is over."""
    for candidate in candidates:
        known = [leaf for leaf in candidate if leaf is not None]
        if len(known) == len(candidate) and _hash_over(known) == true:
            return known
    return None


def _hash_over(leaves: Sequence[bytes]) -> bytes:
    row = list(leaves)
    while len(row) > 1:
        row = parents(row)
    return row[0]
