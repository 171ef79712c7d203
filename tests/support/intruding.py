"""Entries by the hundred, and what an intruder with the tables' owner's password would do to them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from shared.database.engine import asyncpg_dsn
from shared.events import Envelope
from tests.support.notifications import Service

TREE = ("journal_checkpoint", "journal_hash", "journal_tile", "journal_salt", "journal_cosignature")


async def recorded(service: Service, envelopes: Sequence[Envelope]) -> None:
    """As the consumer records them, in one statement."""
    columns = (
        "position", "event_id", "topic", "partition", "record_offset", "source", "type", "subject", "key", "sequence",
        "happened_at", "correlation_id", "causation_id", "actor", "traceparent", "value", "recorded_at",
    )  # fmt: skip
    async with owner(service) as connection:
        begin = await connection.fetchval("SELECT coalesce(max(position), 0) FROM entry")
        rows = [
            (
                begin + nth, each.id, each.topic, 0, nth, each.source, each.type, each.subject, each.key, each.sequence,
                each.time, each.correlation_id, each.causation_id, each.actor, each.traceparent, each.value, each.time,
            )
            for nth, each in enumerate(envelopes, start=1)
        ]  # fmt: skip
        await connection.copy_records_to_table("entry", records=rows, columns=columns)


@asynccontextmanager
async def owner(service: Service) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(asyncpg_dsn(service.owner_url))
    try:
        yield connection
    finally:
        await connection.close()


async def tamper(service: Service, *statements: str) -> None:
    """As the tables' owner, who can take the triggers off and put them back."""
    tables = ("entry", *TREE)
    async with owner(service) as connection, connection.transaction():
        for table in tables:
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            await connection.execute(statement)
        for table in tables:
            await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
