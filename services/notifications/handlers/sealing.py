"""Seal what was recorded: every event becomes an entry of the journal's tree, and the tree's new root is signed."""

import os
from collections.abc import Sequence

from sqlalchemy import text

from services.notifications import tree
from services.notifications.domain import journal as rules
from services.notifications.repository import envelope_of
from services.notifications.tree import Sealed
from shared import journal
from shared.tlog.checkpoint import Checkpoint
from shared.tlog.growing import grow
from shared.tlog.keys import SigningKey
from shared.tlog.merkle import leaf_hashes
from shared.work import Work

BATCH = 5_000
"""Entries that are sealed in one transaction, and then signed: few enough to be done well within a second."""

UNSEALED = text(
    """
    SELECT position, event_id, topic, partition, record_offset, source, type, subject, key, sequence, happened_at,
           correlation_id, causation_id, actor, traceparent, value
    FROM entry WHERE position > :size ORDER BY position LIMIT :limit
    """
)

KEYS = text(
    "INSERT INTO journal_key (vkey, first_used_at) SELECT vkey, :now FROM unnest(CAST(:vkeys AS text[])) AS new (vkey) "
    "ON CONFLICT DO NOTHING"
)


class GapInLog(Exception):
    """Positions of the event log are 1, 2, 3…, and one is missing: something was deleted behind our back."""

    def __init__(self, position: int) -> None:
        super().__init__(
            f"The event log has nothing at position {position}. Nothing more is sealed: find out who deleted it, then "
            "restore the database from its backup."
        )


async def announce(keys: Sequence[SigningKey], work: Work) -> None:
    """Publish whose signatures are to be expected."""
    values = {"vkeys": [key.verifier.vkey for key in keys], "now": work.now}
    await (await work.session.connection()).execute(KEYS, values)


async def seal(keys: Sequence[SigningKey], work: Work, *, limit: int = BATCH) -> int:
    """Append what was recorded since the last checkpoint, at most so many, and sign; returns how many.

    One at a time, by a lock until the work is committed. All keys sign, so that a new one can be known before the old
    one goes; the log's name is that of the first. Raises TreeDamaged, GapInLog.
    """
    await tree.take_turn(work.session)
    sealed = await tree.latest(work.session)
    edge = await tree.edge(work.session, sealed)
    size = edge.size
    rows = (await (await work.session.connection()).execute(UNSEALED, {"size": size, "limit": limit})).all()
    if not rows:
        return 0
    entries: list[bytes] = []
    salts: list[tuple[int, bytes]] = []
    for index, row in enumerate(rows, start=size):
        if row.position != index + 1:
            raise GapInLog(index + 1)
        opened = journal.framed(envelope_of(row))
        salt = None if rules.is_open(row.type, size=len(opened)) else os.urandom(journal.SALT_SIZE)
        if salt is not None:
            salts.append((index, salt))
        entries.append(journal.entry(opened, salt))
    grown, new = grow(edge, leaf_hashes(entries))
    await tree.append(work.session, new, salts)
    note = Checkpoint(origin=keys[0].name, size=grown.size, root=grown.root).signed(*keys).encode()
    await tree.sign_off(work.session, Sealed(size=grown.size, root=grown.root, note=note, sealed_at=work.now))
    return len(rows)
