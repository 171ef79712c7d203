"""Reads of the journal: its checkpoint, its tiles and entries, and proofs over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications import tree
from services.notifications.models import Entry
from services.notifications.repository import envelope_of
from services.notifications.tree import Sealed
from services.notifications.views import tiles
from shared import journal
from shared.tlog import bundles, merkle
from shared.tlog.note import Note, Signature
from shared.tlog.proof_file import Proof
from shared.tlog.tiles import TILE_WIDTH, Bundle, Tile

ENTRIES = text(
    """
    SELECT e.position, e.event_id, e.topic, e.partition, e.record_offset, e.source, e.type, e.subject, e.key,
           e.sequence, e.happened_at, e.correlation_id, e.causation_id, e.actor, e.traceparent, e.value, s.salt
    FROM entry e LEFT JOIN journal_salt s ON s.index = e.position - 1
    WHERE e.position > :first AND e.position <= :end ORDER BY e.position
    """
)
SALT = text("SELECT salt FROM journal_salt WHERE index = :index")
KEYS = text("SELECT vkey FROM journal_key ORDER BY first_used_at DESC, vkey")
COSIGNATURES = text(
    """
    SELECT witness, key_id, signature FROM journal_cosignature
    WHERE size = :size ORDER BY received_at, witness, key_id
    """
)
WITNESSED = text(
    """
    SELECT c.size, c.root, c.note, c.sealed_at FROM journal_checkpoint c
    WHERE c.size > :above AND EXISTS (SELECT 1 FROM journal_cosignature w WHERE w.size = c.size)
    ORDER BY c.size DESC LIMIT 1
    """
)
AT_SIZE = text("SELECT size, root, note, sealed_at FROM journal_checkpoint WHERE size = :size")
WITNESSES = text(
    """
    SELECT DISTINCT ON (witness, key_id) witness, key_id, size, cosigned_at
    FROM journal_cosignature ORDER BY witness, key_id, size DESC
    """
)


@dataclass(frozen=True, kw_only=True)
class Witnessed:
    """The last checkpoint that a witness cosigned."""

    witness: str
    key_id: bytes
    size: int
    cosigned_at: datetime


async def vkeys(session: AsyncSession) -> list[str]:
    """The keys whose signatures are under checkpoints, the current one first."""
    return [row[0] for row in await (await session.connection()).execute(KEYS)]


async def size(session: AsyncSession) -> int:
    """How many entries are under the last checkpoint."""
    sealed = await tree.latest(session)
    return sealed.size if sealed else 0


async def latest(session: AsyncSession) -> Sealed | None:
    """How far is sealed, and under which root."""
    return await tree.latest(session)


async def checkpoint(session: AsyncSession) -> bytes | None:
    """The last checkpoint with the signatures of all who cosigned it; None before the first."""
    sealed = await tree.latest(session)
    return None if sealed is None else (await _with_cosignatures(session, sealed)).encode()


async def checkpoint_at(session: AsyncSession, size: int) -> Note | None:
    """The checkpoint over exactly so many entries, if one was signed."""
    row = (await (await session.connection()).execute(AT_SIZE, {"size": size})).first()
    return None if row is None else await _with_cosignatures(session, Sealed.of(row))


async def tile(session: AsyncSession, wanted: Tile) -> bytes:
    return (await tree.tiles(session, [wanted]))[wanted]


async def bundle(session: AsyncSession, wanted: Bundle) -> bytes:
    first = wanted.index * TILE_WIDTH
    rows = await (await session.connection()).execute(ENTRIES, {"first": first, "end": first + wanted.width})
    return bundles.pack(journal.entry(journal.framed(envelope_of(row)), row.salt) for row in rows)


async def opening(session: AsyncSession, entry: Entry) -> bytes:
    """What shows that an entry of the journal is this event; only for those who may read the event."""
    salt = (await (await session.connection()).execute(SALT, {"index": entry.position - 1})).scalar()
    return journal.opening(journal.framed(envelope_of(entry)), salt)


async def openings(session: AsyncSession, first: int, limit: int) -> list[bytes]:
    """Those of so many entries from this index on; only for those who may read every event."""
    rows = await (await session.connection()).execute(ENTRIES, {"first": first, "end": first + limit})
    return [journal.opening(journal.framed(envelope_of(row)), row.salt) for row in rows]


async def inclusion(session: AsyncSession, index: int, size: int, *, root: bytes | None = None) -> list[bytes]:
    """With the root that was signed over so many entries, only what leads to it.

    Raises OutsideTree, TreeDamaged.
    """
    if root is not None:
        return await tiles.inclusion(session, index, size, root=root)
    read = await tree.hashes(session, merkle.inclusion_nodes(index, size), size)
    return merkle.prove_inclusion(index, size, read)


async def consistency(session: AsyncSession, old_size: int, size: int) -> list[bytes]:
    """Raises OutsideTree."""
    read = await tree.hashes(session, merkle.consistency_nodes(old_size, size), size)
    return merkle.prove_consistency(old_size, size, read)


async def proof(session: AsyncSession, entry: Entry) -> Proof | None:
    """That the event is in the journal, with its opening; None as long as it is not sealed.

    Under the newest checkpoint that a witness cosigned, if there is one over it, else under the newest.
    """
    index = entry.position - 1
    row = (await (await session.connection()).execute(WITNESSED, {"above": index})).first()
    sealed = Sealed.of(row) if row else await tree.latest(session)
    if sealed is None or sealed.size <= index:
        return None
    return Proof(
        index=index,
        hashes=tuple(await inclusion(session, index, sealed.size, root=sealed.root)),
        checkpoint=await _with_cosignatures(session, sealed),
        extra=await opening(session, entry),
    )


async def witnesses(session: AsyncSession) -> list[Witnessed]:
    rows = await (await session.connection()).execute(WITNESSES)
    return [Witnessed(witness=row[0], key_id=row[1], size=row[2], cosigned_at=row[3]) for row in rows]


async def _with_cosignatures(session: AsyncSession, sealed: Sealed) -> Note:
    rows = await (await session.connection()).execute(COSIGNATURES, {"size": sealed.size})
    signatures: Sequence[Signature] = [Signature(row[0], row[1], row[2]) for row in rows]
    return Note.parse(sealed.note).with_signatures(signatures)
