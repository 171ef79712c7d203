"""The journal as notifications stores it: read like the files it is published as, and each table against the others."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Self

import asyncpg

from infra.provision import plain
from infra.verify.faults import Fault, ForgedSignature, Forked, MissingSalt, TablesDisagree
from infra.verify.judging import Grown
from infra.verify.reading import Progress
from infra.verify.sources import Absent, Unreadable
from infra.verify.trust import Head, Trust, opened
from services.notifications.domain.journal import is_open
from shared import journal
from shared.events import Envelope
from shared.tlog import bundles
from shared.tlog.cosignature import CosignerKey
from shared.tlog.fault import Fault as Refusal
from shared.tlog.growing import Edge, grow
from shared.tlog.note import Note, Signature
from shared.tlog.tiles import TILE_HEIGHT, TILE_WIDTH, Bundle, Tile, parse_path

COLUMNS = (
    "event_id, topic, source, type, subject, key, sequence, happened_at, correlation_id, causation_id, actor, "
    "traceparent, value"
)
ENTRIES = f"""
    SELECT position, {COLUMNS}, salt FROM entry LEFT JOIN journal_salt ON index = position - 1
    WHERE position > $1 AND position <= $2 ORDER BY position
"""  # noqa: S608  names of columns
LATEST = """
    SELECT size, note FROM journal_checkpoint WHERE $1::bigint IS NULL OR size = $1 ORDER BY size DESC LIMIT 1
"""
COSIGNATURES = "SELECT witness, key_id, signature FROM journal_cosignature WHERE size = $1 ORDER BY witness, key_id"
HASHES = """
    SELECT string_agg(hash, NULL ORDER BY index) FROM journal_hash WHERE level = $1 AND index >= $2 AND index < $3
"""
BEYOND = {
    "journal_hash": "SELECT max(index) FROM journal_hash WHERE level = $1 AND index >= $2",
    "journal_tile": "SELECT max(index) FROM journal_tile WHERE level = $1 AND index >= $2",
}


def envelope_of(row: asyncpg.Record, *, topic: str) -> Envelope:
    """The event in a row of `entry` or of `event_log`."""
    return Envelope(
        id=row["event_id"],
        source=row["source"],
        type=row["type"],
        subject=row["subject"],
        time=row["happened_at"],
        key=row["key"],
        sequence=row["sequence"],
        correlation_id=row["correlation_id"],
        causation_id=row["causation_id"],
        actor=row["actor"],
        traceparent=row["traceparent"],
        value=row["value"],
        topic=topic,
    )


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[asyncpg.Connection]:
    """One moment of a database, which nothing here can change. Raises Unreadable."""
    try:
        connection = await asyncpg.connect(plain(url), timeout=10)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        message = f"Check the database's URL, and that it runs: it can't be reached ({error})."
        raise Unreadable(message) from error
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        message = f"Name a migrated database, and the right service's (`datacity migrate`): {error}."
        raise Unreadable(message) from error
    except asyncpg.InsufficientPrivilegeError as error:
        message = f"Give the URL of a role that may read these tables: {error}."
        raise Unreadable(message) from error
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
        message = f"Try again once the database runs: it went away ({error})."
        raise Unreadable(message) from error
    finally:
        await connection.close()


class JournalDatabase:
    """Its rows as the log's files, with what each entry says."""

    def __init__(self, connection: asyncpg.Connection, url: str) -> None:
        self.name = f"the database {plain(url).rpartition('@')[2]}"
        self.faults: list[Fault] = []
        self._connection = connection
        self._turn = asyncio.Lock()  # a connection answers one question at a time
        self._openings: dict[int, list[bytes]] = {}

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str) -> AsyncIterator[Self]:
        """Raises Unreadable."""
        async with reading(url) as connection:
            yield cls(connection, url)

    async def close(self) -> None:
        """Whoever opened the connection closes it."""

    async def read(self, path: str) -> bytes:
        async with self._turn:
            if path == "checkpoint":
                return await self._checkpoint()
            if path == "vkeys":
                rows = await self._connection.fetch("SELECT vkey FROM journal_key ORDER BY first_used_at DESC, vkey")
                return "".join(f"{row['vkey']}\n" for row in rows).encode()
            try:
                place = parse_path(path)
            except Refusal:
                raise Absent(path) from None
            return await (self._tile(place) if isinstance(place, Tile) else self._bundle(place))

    async def cosigned(self) -> list[bytes]:
        rows = await self._connection.fetch("SELECT max(size) FROM journal_cosignature GROUP BY witness, key_id")
        return [await self._checkpoint(size) for size in sorted({row[0] for row in rows})]

    async def of(self, first: int, entries: Sequence[bytes]) -> list[bytes | None]:
        shown = self._openings.pop(first, [])
        return [*shown, *[None] * (len(entries) - len(shown))]

    async def agreement(
        self, head: Head, true: Sequence[bytes] | None, witnesses: Collection[CosignerKey], *, progress: Progress
    ) -> list[Fault]:
        """What else the tables say: every stored hash, checkpoint and cosignature, and nothing beyond."""
        faults = [*self.faults, *await self._beyond(head.checkpoint.size)]
        if true is not None:
            faults += await self._hashes(Grown.of(true), progress=progress)
            faults += await self._checkpoints(head, true, witnesses, progress=progress)
        return faults

    async def waiting(self) -> set[str]:
        """Ids of events that have come, and are not under the checkpoint: recorded since, or in quarantine."""
        rows = await self._connection.fetch(
            "SELECT event_id::text FROM entry WHERE position > (SELECT coalesce(max(size), 0) FROM journal_checkpoint) "
            "UNION SELECT event_id::text FROM quarantine WHERE released_at IS NULL AND event_id IS NOT NULL"
        )
        return {row[0] for row in rows}

    async def _checkpoint(self, size: int | None = None) -> bytes:
        row = await self._connection.fetchrow(LATEST, size)
        if row is None:
            raise Absent("checkpoint")
        try:
            note = Note.parse(row["note"])
        except Refusal:
            return bytes(row["note"])
        rows = await self._connection.fetch(COSIGNATURES, row["size"])
        return note.with_signatures(Signature(each[0], each[1], each[2]) for each in rows).encode()

    async def _tile(self, tile: Tile) -> bytes:
        if tile.is_full:
            query = "SELECT hashes FROM journal_tile WHERE level = $1 AND index = $2"
            content = await self._connection.fetchval(query, tile.level, tile.index)
        else:
            start = tile.index * TILE_WIDTH
            content = await self._connection.fetchval(HASHES, tile.level, start, start + tile.width)
        if content is None:
            raise Absent(tile.path)
        return bytes(content)

    async def _bundle(self, bundle: Bundle) -> bytes:
        first = bundle.index * TILE_WIDTH
        rows = await self._connection.fetch(ENTRIES, first, first + bundle.width)
        if not rows:
            raise Absent(bundle.path)
        entries, openings = [], []
        for row in rows:
            framed = journal.framed(envelope_of(row, topic=row["topic"]))
            if row["salt"] is None and not is_open(row["type"], size=len(framed)):
                self.faults.append(MissingSalt(row["position"] - 1))
            # One that is too long lost its salt, which was told just now.
            entries.append(journal.entry(framed, row["salt"])[: bundles.MAX_ENTRY_SIZE])
            openings.append(journal.opening(framed, row["salt"]))
        self._openings[first] = openings
        return bundles.pack(entries)

    async def _beyond(self, size: int) -> list[Fault]:
        """Rows behind the end of the tree, which nobody signed for."""
        faults: list[Fault] = []
        for table, per_row in (("journal_hash", 0), ("journal_tile", TILE_HEIGHT)):
            for level in range(8):
                end = size >> (TILE_HEIGHT * level + per_row)
                found = await self._connection.fetchval(BEYOND[table], level, end)
                if found is not None:
                    place = f"level {level}, index {found}"
                    faults.append(TablesDisagree(table, place, f"the tree of {size} ends before {end}"))
        salt = await self._connection.fetchval("SELECT max(index) FROM journal_salt WHERE index >= $1", size)
        if salt is not None:
            faults.append(TablesDisagree("journal_salt", f"index {salt}", f"the tree ends before {size}"))
        return faults

    async def _hashes(self, true: Grown, *, progress: Progress) -> list[Fault]:
        """Each row of journal_hash; journal_tile was read as the tiles themselves."""
        faults: list[Fault] = []
        step = TILE_WIDTH * 64
        for level, row in enumerate(true.rows):
            for start in range(0, len(row), step):
                expected = row[start : start + step]
                content = await self._connection.fetchval(HASHES, level, start, start + len(expected)) or b""
                if content != b"".join(expected):
                    faults += await self._wrong_hashes(level, start, expected)
                progress("stored hashes", start, len(row))
        return faults

    async def _wrong_hashes(self, level: int, start: int, expected: Sequence[bytes]) -> list[Fault]:
        query = "SELECT index, hash FROM journal_hash WHERE level = $1 AND index >= $2 AND index < $3"
        rows = await self._connection.fetch(query, level, start, start + len(expected))
        found = {row["index"]: row["hash"] for row in rows}
        wrong = [nth for nth, each in enumerate(expected, start=start) if found.get(nth) != each]
        reason = {True: "it is another than that of the signed tree", False: "it is missing"}
        return [TablesDisagree("journal_hash", f"level {level}, index {nth}", reason[nth in found]) for nth in wrong]

    async def _checkpoints(
        self, head: Head, true: Sequence[bytes], witnesses: Collection[CosignerKey], *, progress: Progress
    ) -> list[Fault]:
        """Each stored checkpoint is signed, and over the beginning of this tree."""
        faults: list[Fault] = []
        keys = tuple(dict.fromkeys((*head.signed_by, *head.also, *head.listed)))
        edge = Edge()
        rows = await self._connection.fetch("SELECT size, root, note FROM journal_checkpoint ORDER BY size")
        for nth, row in enumerate(rows):
            size, place = row["size"], f"size {row['size']}"
            older, wrong = opened(row["note"], Trust(keys, "pinned"))
            faults += [_of(fault, f"the stored checkpoint over {size}") for fault in wrong]
            edge, _ = grow(edge, true[edge.size : size])
            if older is None:
                continue
            said = older.checkpoint
            if (said.size, said.root) != (size, row["root"]):
                faults.append(TablesDisagree("journal_checkpoint", place, "its note says another size or root"))
            if said.size == edge.size and said.root != edge.root:
                now = head.checkpoint
                sizes = (now.size, now.root.hex(), said.size, said.root.hex())
                faults.append(Forked(*sizes, "stored in the database itself"))
            faults += await self._cosignatures(size, older.note, witnesses)
            progress("stored checkpoints", nth + 1, len(rows))
        return faults

    async def _cosignatures(self, size: int, note: Note, witnesses: Collection[CosignerKey]) -> list[Fault]:
        if not witnesses:
            return []
        faults: list[Fault] = []
        for witness, key_id, value in await self._connection.fetch(COSIGNATURES, size):
            try:
                Note(note.text, (Signature(witness, key_id, value),)).signatures_by(witnesses)
            except Refusal:
                key = f"{witness}+{key_id.hex()}"
                faults.append(ForgedSignature(key, f"the stored checkpoint over {size}"))
        return faults


def _of(fault: Fault, what: str) -> Fault:
    if isinstance(fault, ForgedSignature):
        return ForgedSignature(fault.key, what)
    return TablesDisagree("journal_checkpoint", what, str(fault))
