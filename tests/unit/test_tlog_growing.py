"""A tree that grows by batches is the tree that all its entries make, and its tiles hold it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tlog import merkle
from shared.tlog.growing import Edge, Row, WrongEdge, grow
from shared.tlog.tiles import Tile, TileHashes, WrongTileSize, new_tiles, tile_root

LEAVES = merkle.leaf_hashes(b"entry %d" % nth for nth in range(70_000))

BATCHES = st.lists(st.integers(0, 700), max_size=6)


def grown(*batches: int) -> tuple[Edge, dict[Tile, bytes]]:
    """The edge and the widest of each tile, after appending so many, then so many."""
    edge, kept = Edge(), dict[Tile, bytes]()
    for batch in batches:
        edge, rows = grow(edge, LEAVES[edge.size : edge.size + batch])
        for row in rows:
            tail = kept[row.tail.full][: row.tail.width * 32] if row.tail else b""
            kept |= {tile.full: content for tile, content in row.tiles(tail)}
    return edge, kept


@given(BATCHES)
def test_batches_make_the_tree_that_one_by_one_makes(batches: list[int]) -> None:
    size = sum(batches)

    edge, kept = grown(*batches)

    assert edge.size == size
    assert (edge, kept) == grown(size)
    assert edge.root == merkle.tree_root(size, TileHashes(size, lambda tile: kept[tile.full]))


@given(BATCHES)
def test_the_tiles_written_are_all_that_a_tree_of_this_size_has(batches: list[int]) -> None:
    _, kept = grown(*batches)

    there = list(new_tiles(0, sum(batches)))

    assert sorted(tile.full for tile in there) == sorted(kept)
    assert all(len(kept[tile.full]) == tile.width * 32 for tile in there)


def test_a_tile_is_the_hashes_of_the_full_tiles_below_it() -> None:
    edge, kept = grown(65_000, 5_000)

    assert edge.root == merkle.tree_root(70_000, TileHashes(70_000, lambda tile: kept[tile.full]))
    for level, index in ((1, 0), (1, 1), (2, 0)):
        above = kept[Tile(level, index)]
        hashes = [above[start : start + 32] for start in range(0, len(above), 32)]
        assert hashes == [tile_root(kept[Tile(level - 1, index * 256 + nth)]) for nth in range(len(hashes))]


def test_only_what_is_new_is_told() -> None:
    edge, _ = grow(Edge(), LEAVES[:300])

    _, rows = grow(edge, LEAVES[300:513])

    assert [(row.level, row.begin, len(row.hashes)) for row in rows] == [(0, 300, 213), (1, 1, 1)]
    assert rows[0].tail == Tile(0, 1, 44)


def test_a_writer_that_fails_still_has_the_edge_it_began_with() -> None:
    edge, _ = grow(Edge(), LEAVES[:300])

    grow(edge, LEAVES[300:400])

    assert edge == grow(Edge(), LEAVES[:300])[0]


def test_nothing_appended_changes_nothing() -> None:
    edge, _ = grow(Edge(), LEAVES[:5])

    assert grow(edge, []) == (edge, [])
    assert Edge().root == merkle.EMPTY_ROOT


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1000, 65_536, 65_793])
def test_the_edge_is_found_again_in_the_tiles(size: int) -> None:
    edge, kept = grown(size)

    assert Edge.read(size, TileHashes(size, lambda tile: kept[tile.full])) == edge


@pytest.mark.parametrize(
    ("size", "hashes"), [(1, ()), (2, (bytes(32), bytes(32))), (-1, ()), (3, (bytes(32), bytes(31)))]
)
def test_an_edge_that_no_such_tree_has_is_refused(size: int, hashes: tuple[bytes, ...]) -> None:
    with pytest.raises(WrongEdge):
        Edge(size, hashes)


def test_a_row_goes_on_with_the_partial_tile_and_no_other() -> None:
    row = Row(level=0, begin=300, hashes=LEAVES[300:310])

    assert row.tiles(bytes(44 * 32)) == [(Tile(0, 1, 54), bytes(44 * 32) + b"".join(LEAVES[300:310]))]
    for tail in (b"", bytes(45 * 32)):
        with pytest.raises(WrongTileSize):
            row.tiles(tail)
