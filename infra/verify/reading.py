"""Reading all of a log: its bundles from the first to the last, then its tiles, some at once and in their order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from infra.verify.sources import AT_ONCE, Absent, Source, read_bundle, read_tile
from shared.tlog import bundles
from shared.tlog.merkle import HASH_SIZE, leaf_hashes
from shared.tlog.tiles import TILE_WIDTH, Bundle, Tile, new_bundles, new_tiles, tile_at

CUT = "it ends within an entry"
FAR = 4_096
"""So many tiles that a checkpoint promises, and of which none is there, are no longer looked for one by one."""

T = TypeVar("T")
R = TypeVar("R")

Progress = Callable[[str, int, int], None]
"""What is being done, how many of how many."""


class Keeps(Protocol):
    """Whoever wants what was read too."""

    async def __call__(self, bundle: Bundle, content: bytes, entries: list[bytes]) -> None: ...


@dataclass
class ReadBundle:
    """The hashes of a bundle's entries; None if it is not there."""

    place: Bundle
    leaves: list[bytes] | None
    damage: str | None = None
    """Why its entries can't be told apart, from some place on."""

    @property
    def first(self) -> int:
        return self.place.index * 256


@dataclass
class Published:
    """A log as it was found."""

    size: int
    bundles: list[ReadBundle] = field(default_factory=list)
    tiles: dict[Tile, bytes | None] = field(default_factory=dict)

    def row(self, level: int) -> list[bytes | None]:
        """The hashes of a level of tiles; None where a tile is missing or not as long as it should be."""
        hashes: list[bytes | None] = []
        for tile, content in self.tiles.items():
            if tile.level == level:
                hashes += hashes_of(tile, content)
        return hashes


def hashes_of(tile: Tile, content: bytes | None) -> list[bytes] | list[None]:
    if content is None or len(content) != tile.width * HASH_SIZE:
        return [None] * tile.width
    return [content[start : start + HASH_SIZE] for start in range(0, len(content), HASH_SIZE)]


async def read_all(source: Source, size: int, *, keeps: Keeps, progress: Progress) -> Published:
    """Raises Unreadable."""
    found = Published(size)
    done = 0
    async for bundle, content in in_order(new_bundles(0, size), lambda each: _or_none(read_bundle(source, each))):
        read, entries = _taken_apart(bundle, content)
        found.bundles.append(read)
        if content is not None:
            await keeps(bundle, content, entries)
        done += bundle.width
        progress("entries", done, size)
    async for tile, content in in_order(new_tiles(0, size), lambda each: _or_none(read_tile(source, each))):
        found.tiles[tile] = content
        progress("tiles", tile.index, 0)
    return found


async def far_end(source: Source, size: int) -> int | None:
    """Where a log ends whose checkpoint promises a million entries and more beyond: nobody would live to read them all.

    None if it may well be as long as it says. It is looked for by halves, so where tiles are missing in the middle too,
    it is a place from which on there is none. Raises Unreadable.
    """
    there, absent = -1, (size - 1) // TILE_WIDTH
    if absent < FAR or await _is_there(source, absent, size):
        return None
    while absent - there > 1:
        middle = (there + absent) // 2
        if await _is_there(source, middle, size):
            there = middle
        else:
            absent = middle
    end = absent * TILE_WIDTH
    return end if size - end > FAR * TILE_WIDTH else None


async def _is_there(source: Source, index: int, size: int) -> bool:
    return await _or_none(read_tile(source, tile_at(0, index, size))) is not None


async def in_order(
    jobs: Iterable[T], read: Callable[[T], Awaitable[R]], *, at_once: int = AT_ONCE
) -> AsyncIterator[tuple[T, R]]:
    """Each job with what came of it, in the order of the jobs, while the next ones are under way."""
    waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
    left = iter(jobs)
    try:
        for job in left:
            waiting.append((job, asyncio.ensure_future(read(job))))
            if len(waiting) >= at_once:
                first, under_way = waiting.popleft()
                yield first, await under_way
        while waiting:
            first, under_way = waiting.popleft()
            yield first, await under_way
    finally:
        for _, under_way in waiting:
            under_way.cancel()


def _taken_apart(bundle: Bundle, content: bytes | None) -> tuple[ReadBundle, list[bytes]]:
    if content is None:
        return ReadBundle(bundle, None), []
    entries, damage = [], None
    start = 0
    while start < len(content):
        end = start + 2 + int.from_bytes(content[start : start + 2], "big")
        if end > len(content):
            damage = CUT
            break
        entries.append(content[start + 2 : end])
        start = end
    if not damage:
        try:
            bundles.unpack(content, width=bundle.width)
        except bundles.MalformedBundle as malformed:
            damage = malformed.reason
    return ReadBundle(bundle, leaf_hashes(entries), damage), entries


async def _or_none(reading: Awaitable[bytes]) -> bytes | None:
    try:
        return await reading
    except Absent:
        return None
