"""What the living service had handled at one moment, and what its derived tables held then; only looked at."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import TopicPartition

from infra.local.problems import LocalProblem
from infra.provision import plain
from infra.replay.fingerprints import CANONICAL, Fingerprint, fingerprints
from infra.replay.reading import Span, committed
from shared.derived import Derived

SET_ASIDE = """
    SELECT topic, partition, record_offset, key, type, error, ended_as FROM quarantine
    WHERE released_at IS NULL OR ended_as = 'discarded' ORDER BY topic, partition, record_offset
"""


@dataclass(frozen=True)
class Live:
    """One moment of the living service."""

    handled: frozenset[UUID] = frozenset()
    """Its inbox: every event whose effect is in its tables."""
    set_aside: Mapping[tuple[str, int, int], str] = field(default_factory=dict)
    """Where the events are that it could not handle: in quarantine, or discarded from it by a person. And why."""
    committed: Mapping[TopicPartition, int] = field(default_factory=dict)
    """How far its group was in Kafka, a little earlier than all else here."""
    tables: Sequence[Fingerprint] = ()


async def look_at(url: str, tables: Sequence[Derived], *, kafka: str, group: str) -> Live:
    """Read it in one snapshot, so that the inbox names exactly the events that the tables show the effect of."""
    # First: what was committed by now is in the snapshot, or it was lost.
    offsets = await committed(kafka, group)
    connection = await connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(CANONICAL)
            handled = {row["event_id"] async for row in connection.cursor("SELECT event_id FROM inbox", prefetch=5000)}
            aside = {_place(row): _reason(row) for row in await connection.fetch(SET_ASIDE)}
            return Live(frozenset(handled), aside, offsets, await fingerprints(connection, tables))
    except asyncpg.UndefinedTableError as error:
        message = f"Migrate the service's database first (`datacity migrate`): {error}."
        raise LocalProblem(message) from error
    finally:
        await connection.close()


async def caught_up(kafka: str, group: str, spans: Mapping[TopicPartition, Span], *, seconds: float) -> bool:
    """Wait until the group has read what there was when we began; False if it has not within so many seconds."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while True:
        offsets = await committed(kafka, group)
        if all(offsets.get(partition, 0) >= span.end for partition, span in spans.items()):
            return True
        if loop.time() >= until:
            return False
        await asyncio.sleep(0.2)


async def connect(url: str) -> asyncpg.Connection:
    """Raises LocalProblem if the database can't be reached or entered."""
    try:
        return await asyncpg.connect(plain(url), timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        message = f"Check the database's URL, and that it runs: it can't be reached ({error})."
        raise LocalProblem(message) from error


def _place(row: Any) -> tuple[str, int, int]:
    return row["topic"], row["partition"], row["record_offset"]


def _reason(row: Any) -> str:
    return f"{'discarded' if row['ended_as'] else 'in quarantine'}: {row['error']}"
