"""What waits in the outbox, as the relay reads it: rows in order, made into the records that Kafka gets."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from shared.events import Envelope, encode_headers
from shared.events.envelope import SEQUENCE_DIGITS, dataschema_of

# The text of `ce_id` and `ce_time` is made by PostgreSQL, on another core than the relay's.
PENDING = """
    SELECT p.position, p.shard, p.topic, p.key,
           e.event_id::text, e.source, e.type, e.subject, e.sequence,
           to_char(e.happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           extract(epoch FROM e.happened_at)::float8,
           e.correlation_id, e.causation_id, e.actor, e.traceparent, e.value,
           p.envelope, p.value
    FROM outbox_pending p LEFT JOIN event_log e ON e.position = p.logged_at
    WHERE p.shard = ANY($1) AND p.position > $2
      AND NOT EXISTS (SELECT 1 FROM outbox_parked k
                      WHERE k.topic = p.topic AND k.key = p.key AND k.position <= p.position)
    ORDER BY p.position LIMIT $3
"""

SPEC_VERSION = ("ce_specversion", b"1.0")
CONTENT_TYPE = ("content-type", b"application/json")

OVERHEAD = 500
"""Bytes of a record beside its value, key and the texts that differ: names of headers, lengths, timestamp, offset."""


@dataclass(slots=True)
class Pending:
    """A row of the outbox, ready to be sent."""

    position: int
    shard: int
    topic: str
    key: str
    key_bytes: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]
    size: int
    """Bytes of the record in Kafka, rounded up."""
    happened_at: float
    """Seconds since the epoch."""


def pending_of(row: Sequence[Any]) -> Pending:
    """The record of a row of PENDING. Its headers are those of `Envelope.headers`, made the quick way."""
    (
        position,
        shard,
        topic,
        key,
        event_id,
        source,
        type_,
        subject,
        sequence,
        time,
        happened_at,
        correlation_id,
        causation_id,
        actor,
        traceparent,
        value,
        envelope,
        own_value,
    ) = row
    if event_id is None:
        return _forgettable(position, shard, topic, key, json.loads(envelope), own_value)
    source_header, type_header, schema_header = _headers_of(source, type_)
    key_bytes = key.encode()
    headers = [
        SPEC_VERSION,
        ("ce_id", event_id.encode()),
        source_header,
        type_header,
        ("ce_subject", subject.encode()),
        ("ce_time", time.encode()),
        ("ce_partitionkey", key_bytes),
        ("ce_sequence", b"%0*d" % (SEQUENCE_DIGITS, sequence)),
        ("ce_correlationid", correlation_id.encode()),
        ("ce_actor", actor.encode()),
        schema_header,
        CONTENT_TYPE,
    ]
    if causation_id:
        headers.append(("ce_causationid", causation_id.encode()))
    if traceparent:
        headers.append(("traceparent", traceparent.encode()))
    texts = len(source) + 2 * len(type_) + len(subject) + len(correlation_id) + len(actor)
    size = OVERHEAD + len(value) + 2 * len(key_bytes) + texts
    return Pending(position, shard, topic, key, key_bytes, value, headers, size, happened_at)


@lru_cache(maxsize=1024)
def _headers_of(source: str, type_: str) -> tuple[tuple[str, bytes], tuple[str, bytes], tuple[str, bytes]]:
    """What is the same for every event of a kind."""
    return (
        ("ce_source", source.encode()),
        ("ce_type", type_.encode()),
        ("ce_dataschema", dataschema_of(type_).encode()),
    )


def _forgettable(
    position: int, shard: int, topic: str, key: str, envelope: dict[str, Any], value: bytes | None
) -> Pending:
    """A record of a compacted topic: it is in no log, so the row carries its own envelope."""
    happened_at = datetime.fromisoformat(envelope["time"])
    whole = Envelope(
        id=UUID(envelope["id"]),
        source=envelope["source"],
        type=envelope["type"],
        subject=envelope["subject"],
        time=happened_at,
        key=key,
        sequence=envelope["sequence"],
        correlation_id=envelope["correlation_id"],
        causation_id=envelope["causation_id"],
        actor=envelope["actor"],
        traceparent=envelope["traceparent"],
        value=value,
        topic=topic,
    )
    headers, key_bytes = encode_headers(whole.headers()), key.encode()
    size = OVERHEAD + len(value or b"") + len(key_bytes) + sum(len(text) for _, text in headers)
    return Pending(position, shard, topic, key, key_bytes, value, headers, size, happened_at.timestamp())
