"""The journal's tree as it is stored: how far it was sealed, what a proof needs of it, and how it is gone on with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.tlog.growing import Edge, Row
from shared.tlog.merkle import EMPTY_ROOT, HASH_SIZE, Node, edge_nodes
from shared.tlog.tiles import TILE_WIDTH, Tile, TileHashes, tiles_holding

WRITER = text("SELECT pg_advisory_xact_lock(hashtext('datacity-journal'))")

# Its own statement, after the lock: its snapshot then holds all that was sealed under the lock before.
LATEST = text("SELECT size, root, note, sealed_at FROM journal_checkpoint ORDER BY size DESC LIMIT 1")

# For a proof, the way to the database is most of its price: of a tree that is known, one full tile is what it needs.
TILE = text("SELECT hashes FROM journal_tile WHERE level = :level AND index = :index")

# Full tiles and partial ones by one statement.
TILES = text(
    """
    SELECT t.level, t.index, t.hashes FROM journal_tile t
    JOIN unnest(CAST(:full_levels AS smallint[]), CAST(:full_indexes AS bigint[])) AS wanted (level, index)
      ON t.level = wanted.level AND t.index = wanted.index
    UNION ALL
    SELECT wanted.level, wanted.index, (
        SELECT string_agg(h.hash, NULL ORDER BY h.index) FROM journal_hash h
        WHERE h.level = wanted.level AND h.index >= wanted.first AND h.index < wanted.first + wanted.width
    )
    FROM unnest(
        CAST(:levels AS smallint[]), CAST(:indexes AS bigint[]), CAST(:firsts AS bigint[]), CAST(:widths AS bigint[])
    ) AS wanted (level, index, first, width)
    """
)
ADD_HASHES = text(
    """
    INSERT INTO journal_hash (level, index, hash)
    SELECT :level, :first + nth - 1, hash FROM unnest(CAST(:hashes AS bytea[])) WITH ORDINALITY AS new (hash, nth)
    """
)
ADD_TILES = text(
    """
    INSERT INTO journal_tile (level, index, hashes)
    SELECT :level, index, hashes
    FROM unnest(CAST(:indexes AS bigint[]), CAST(:hashes AS bytea[])) AS new (index, hashes)
    """
)
ADD_SALTS = text(
    "INSERT INTO journal_salt (index, salt) SELECT * FROM unnest(CAST(:indexes AS bigint[]), CAST(:salts AS bytea[]))"
)
ADD_CHECKPOINT = text(
    "INSERT INTO journal_checkpoint (size, root, note, sealed_at) VALUES (:size, :root, :note, :sealed_at)"
)


class TreeDamaged(Exception):
    """What is stored does not give the root that was signed: somebody changed the database behind our back."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f"The journal's tree in the database is not the one that was signed ({what}). Nothing more is sealed: "
            "compare with `datacity verify` against a copy, then restore the database from its backup."
        )


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A checkpoint as it was stored."""

    size: int
    root: bytes
    note: bytes
    sealed_at: datetime

    @classmethod
    def of(cls, row: Any) -> "Sealed":
        """From size, root, note and sealed_at, in this order."""
        size, root, note, sealed_at = row
        return cls(size=size, root=root, note=note, sealed_at=sealed_at)


async def take_turn(session: AsyncSession) -> None:
    """From here to the end of this transaction nobody else seals."""
    await (await session.connection()).execute(WRITER)


async def latest(session: AsyncSession) -> Sealed | None:
    """The last checkpoint, by which the tree's size is known."""
    row = (await (await session.connection()).execute(LATEST)).first()
    return None if row is None else Sealed.of(row)


async def edge(session: AsyncSession, sealed: Sealed | None) -> Edge:
    """What to grow from. Raises TreeDamaged unless it is the edge of the tree that was signed."""
    size, root = (sealed.size, sealed.root) if sealed else (0, EMPTY_ROOT)
    found = Edge.read(size, await hashes(session, edge_nodes(size), size))
    if found.root != root:
        raise TreeDamaged(f"the root over {size} entries differs")
    return found


async def hashes(session: AsyncSession, nodes: Iterable[Node], size: int) -> TileHashes:
    """Reads these nodes, and whatever else is in the tiles that they are in."""
    held = await tiles(session, tiles_holding(nodes, size))
    return TileHashes(size, held.__getitem__)


async def tiles(session: AsyncSession, wanted: Sequence[Tile]) -> dict[Tile, bytes]:
    """The content of tiles, each exactly as wide as asked for. Raises TreeDamaged where there are too few hashes."""
    found = await _found(await session.connection(), wanted) if wanted else {}
    held: dict[Tile, bytes] = {}
    for tile in wanted:
        content = found.get((tile.level, tile.index), b"")
        if len(content) != tile.width * HASH_SIZE:
            raise TreeDamaged(f"{tile.path} has {len(content) // HASH_SIZE} hashes")
        held[tile] = content
    return held


async def _found(connection: AsyncConnection, wanted: Sequence[Tile]) -> dict[tuple[int, int], bytes]:
    """What is there of these tiles, by level and index."""
    first = wanted[0]
    if len(wanted) == 1 and first.is_full:
        content = (await connection.execute(TILE, {"level": first.level, "index": first.index})).scalar()
        return {(first.level, first.index): content or b""}
    full = [tile for tile in wanted if tile.is_full]
    partial = [tile for tile in wanted if not tile.is_full]
    places = {
        "full_levels": [tile.level for tile in full],
        "full_indexes": [tile.index for tile in full],
        "levels": [tile.level for tile in partial],
        "indexes": [tile.index for tile in partial],
        "firsts": [tile.index * TILE_WIDTH for tile in partial],
        "widths": [tile.width for tile in partial],
    }
    return {(row[0], row[1]): row[2] or b"" for row in await connection.execute(TILES, places)}


async def append(session: AsyncSession, rows: Iterable[Row], salts: Sequence[tuple[int, bytes]]) -> None:
    """Store what grew: hashes, the tiles that became full, and the salts of sealed entries by their index."""
    connection = await session.connection()
    for row in rows:
        tail = (await tiles(session, [row.tail]))[row.tail] if row.tail else b""
        full = [(tile.index, content) for tile, content in row.tiles(tail) if tile.is_full]
        await connection.execute(ADD_HASHES, {"level": row.level, "first": row.begin, "hashes": row.hashes})
        if full:
            indexes, contents = zip(*full, strict=True)
            values = {"level": row.level, "indexes": list(indexes), "hashes": list(contents)}
            await connection.execute(ADD_TILES, values)
    if salts:
        indexes, values_ = zip(*salts, strict=True)
        await connection.execute(ADD_SALTS, {"indexes": list(indexes), "salts": list(values_)})


async def sign_off(session: AsyncSession, sealed: Sealed) -> None:
    """Store a checkpoint over all that was appended before."""
    values = {"size": sealed.size, "root": sealed.root, "note": sealed.note, "sealed_at": sealed.sealed_at}
    await (await session.connection()).execute(ADD_CHECKPOINT, values)
