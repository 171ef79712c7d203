"""Tiles and bundles of entries: where each is, how wide, and that no path and no content has a second spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tlog import bundles, merkle, tiles
from shared.tlog.bundles import EntryTooLong, MalformedBundle
from shared.tlog.growing import Edge, grow
from shared.tlog.merkle import Node, OutsideTree
from shared.tlog.tiles import Bundle, MalformedTilePath, Tile, TileHashes, WrongTileSize

INDICES = st.integers(0, 2**63 - 1)
WIDTHS = st.integers(1, 256)


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(4, 1234067, 8), "tile/4/x001/x234/067.p/8"),
        (Tile(1, 999, 255), "tile/1/999.p/255"),
        (Tile(63, 1000), "tile/63/x001/000"),
        (Bundle(0, 1), "tile/entries/000.p/1"),
        (Bundle(256), "tile/entries/256"),
    ],
)
def test_a_path_is_as_the_specification_writes_it(place: Tile | Bundle, path: str) -> None:
    assert place.path == path
    assert tiles.parse_path(path) == place


@given(st.builds(Tile, st.integers(0, 63), INDICES, WIDTHS) | st.builds(Bundle, INDICES, WIDTHS))
def test_a_path_leads_back_to_its_tile(place: Tile | Bundle) -> None:
    assert tiles.parse_path(place.path) == place


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/x001/x002",
        "tile/0/X001/002",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/8/0/000",
        "tile/data/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/999",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/0/../0/000",
        "tile/0/٠٠٠",
        "tile/0/x009/x223/x372/x036/x854/x775/808",
        "tile/entries/x000/000",
        "tile/entries/000.p/256",
    ],
)
def test_a_path_that_is_spelled_otherwise_leads_nowhere(path: str) -> None:
    with pytest.raises(MalformedTilePath):
        tiles.parse_path(path)


def test_a_tree_of_70_000_has_the_tiles_that_the_specification_counts() -> None:
    there = list(tiles.new_tiles(0, 70_000))

    assert there == [
        *(Tile(0, index) for index in range(273)),
        Tile(0, 273, 112),
        Tile(1, 0),
        Tile(1, 1, 17),
        Tile(2, 0, 1),
    ]
    assert list(tiles.new_bundles(0, 70_000)) == [*(Bundle(index) for index in range(273)), Bundle(273, 112)]


def test_a_tree_of_256_has_a_full_tile_and_one_above() -> None:
    assert list(tiles.new_tiles(0, 256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles.new_tiles(0, 0)) == []


@given(st.integers(0, 200_000), st.integers(0, 2_000))
def test_what_is_new_is_what_was_not_there_as_wide(old_size: int, more: int) -> None:
    size = old_size + more

    assert set(tiles.new_tiles(old_size, size)) == set(tiles.new_tiles(0, size)) - set(tiles.new_tiles(0, old_size))
    assert set(tiles.new_bundles(old_size, size)) == set(tiles.new_bundles(0, size)) - set(
        tiles.new_bundles(0, old_size)
    )


@pytest.mark.parametrize(("level", "index", "size"), [(0, 0, 0), (0, 1, 256), (1, 0, 255), (2, 0, 65_535), (0, -1, 9)])
def test_no_tree_has_an_empty_tile(level: int, index: int, size: int) -> None:
    with pytest.raises(OutsideTree):
        tiles.tile_at(level, index, size)


LEAVES = merkle.leaf_hashes(b"entry %d" % nth for nth in range(1_000))


def content(tile: Tile) -> bytes:
    row = LEAVES
    for _ in range(8 * tile.level):
        row = merkle.parents(row)
    return b"".join(row[tile.index * 256 : tile.index * 256 + tile.width])


@given(st.integers(1, 1_000).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))))
def test_all_proofs_come_from_tiles(place: tuple[int, int]) -> None:
    size, index = place
    root = grow(Edge(), LEAVES[:size])[0].root

    inclusion = merkle.prove_inclusion(index, size, TileHashes(size, content))
    consistency = merkle.prove_consistency(index, size, TileHashes(size, content))

    merkle.verify_inclusion(LEAVES[index], index=index, size=size, root=root, proof=inclusion)
    old_root = grow(Edge(), LEAVES[:index])[0].root
    merkle.verify_consistency(old_size=index, old_root=old_root, size=size, root=root, proof=consistency)


@given(st.integers(1, 1_000).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))))
def test_the_tiles_to_fetch_are_those_that_a_proof_reads(place: tuple[int, int]) -> None:
    size, index = place
    fetched = {tile: content(tile) for tile in tiles.tiles_holding(merkle.inclusion_nodes(index, size), size)}
    read: list[Tile] = []

    def noting(tile: Tile) -> bytes:
        read.append(tile)
        return fetched[tile]

    merkle.prove_inclusion(index, size, TileHashes(size, noting))

    assert sorted(read) == sorted(fetched)


def test_a_wider_tile_serves_too() -> None:
    reader = TileHashes(300, lambda tile: content(tile.full))

    assert merkle.tree_root(300, reader) == grow(Edge(), LEAVES[:300])[0].root


@pytest.mark.parametrize("length", [0, 43 * 32, 44 * 32 + 1, 257 * 32])
def test_a_tile_that_is_cut_short_is_refused(length: int) -> None:
    with pytest.raises(WrongTileSize):
        TileHashes(300, lambda _: bytes(length))(Node(0, 299))


@pytest.mark.parametrize("node", [Node(0, 300), Node(1, 150), Node(8, 1), Node(0, -1), Node(9, 0)])
def test_a_node_that_the_tree_does_not_have_is_refused(node: Node) -> None:
    with pytest.raises(OutsideTree):
        TileHashes(300, content)(node)


def test_only_a_full_tile_is_hashed_into_the_level_above() -> None:
    assert tiles.tile_root(content(Tile(0, 0))) == grow(Edge(), LEAVES[:256])[0].root
    with pytest.raises(WrongTileSize):
        tiles.tile_root(content(Tile(0, 0, 255)))


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    packed = bundles.pack(entries)

    assert bundles.unpack(packed, width=len(entries)) == entries
    for width in (0, len(entries) // 2, len(entries)):
        assert bundles.narrowed(packed, width=width) == bundles.pack(entries[:width])


def test_a_bundle_is_lengths_and_entries() -> None:
    assert bundles.pack([b"abc", b"", b"d"]) == b"\0\3abc\0\0\0\1d"


def test_an_entry_is_no_longer_than_its_length_can_say() -> None:
    assert bundles.unpack(bundles.pack([bytes(65_535)]), width=1) == [bytes(65_535)]
    with pytest.raises(EntryTooLong):
        bundles.pack([bytes(65_536)])


@pytest.mark.parametrize(
    ("packed", "width"), [(b"\0", 1), (b"\0\3ab", 1), (b"\0\1a", 2), (b"\0\1a\0\1b", 1), (b"", 1), (b"\0\1a\0", 1)]
)
def test_a_bundle_that_ends_early_or_late_is_refused(packed: bytes, width: int) -> None:
    with pytest.raises(MalformedBundle):
        bundles.unpack(packed, width=width)


def test_a_bundle_can_not_be_widened() -> None:
    with pytest.raises(MalformedBundle):
        bundles.narrowed(b"\0\1a", width=2)
