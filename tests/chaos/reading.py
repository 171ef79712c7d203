"""Reads the final state that a run is judged by, straight from the servers, once all is drained."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from infra.provision import plain
from shared.events import decode_headers
from shared.events.operations import OutboxKeyReleased, QuarantinedEventDiscarded, QuarantinedEventReleased
from tests.chaos.evidence import Effect, Ledger, Logged, Quarantined, Recorded
from tests.chaos.ground import Ground
from tests.chaos.wiring import HEARS

PUBLISHES = ("origin", "first")

OF_OPERATORS = tuple(event.TYPE for event in (OutboxKeyReleased, QuarantinedEventDiscarded, QuarantinedEventReleased))
"""What operators do is told on the same topics, and is none of the writes."""

UNSENT = """
    SELECT e.event_id FROM outbox_pending p JOIN event_log e ON e.position = p.logged_at ORDER BY p.position
"""

SENDABLE = """
    SELECT count(*) FROM outbox_pending p
    WHERE NOT EXISTS (SELECT 1 FROM outbox_parked k WHERE k.topic = p.topic AND k.key = p.key)
"""

RETRYING = "SELECT count(*) FROM quarantine WHERE released_at IS NULL AND next_attempt_at IS NOT NULL"


async def remains(ground: Ground) -> dict[str, int]:
    """What is still to be done, by name; empty when the run is drained."""
    left: dict[str, int] = {}
    for service in HEARS:
        connection = await asyncpg.connect(plain(ground.database(service)), timeout=5)
        try:
            left[f"{service}: to send"] = await connection.fetchval(SENDABLE)
            left[f"{service}: to try again"] = await connection.fetchval(RETRYING)
        finally:
            await connection.close()
        for topic, lag in (await lags(ground, service)).items():
            left[f"{service}: to read of {topic}"] = lag
    return {name: count for name, count in left.items() if count}


async def lags(ground: Ground, service: str) -> dict[str, int]:
    """By topic, how many records the service's group has not committed."""
    admin = AIOKafkaAdminClient(bootstrap_servers=ground.kafka.bootstrap())
    consumer = AIOKafkaConsumer(bootstrap_servers=ground.kafka.bootstrap(), enable_auto_commit=False)
    heard = [ground.topics[publisher] for publisher in HEARS[service]]
    await admin.start()
    await consumer.start()
    try:
        committed = await admin.list_consumer_group_offsets(service)
        partitions = [TopicPartition(topic, partition) for topic in heard for partition in range(12)]
        ends = await consumer.end_offsets(partitions)
        lag = dict.fromkeys(heard, 0)
        for partition, end in ends.items():
            known = committed.get(partition)
            lag[partition.topic] += end - max(0, known.offset if known else 0)
        return lag
    finally:
        await consumer.stop()
        await admin.close()


async def ledgers(ground: Ground) -> list[Ledger]:
    return [await _ledger(ground, service) for service in HEARS]


async def _ledger(ground: Ground, service: str) -> Ledger:
    connection = await asyncpg.connect(plain(ground.database(service)), timeout=30, command_timeout=120)
    try:
        rows = await connection.fetch(
            "SELECT event_id, topic, key, subject, sequence, value FROM event_log WHERE type <> ALL($1) "
            "ORDER BY position",
            OF_OPERATORS,
        )
        effects = await connection.fetch("SELECT topic, event_id, write_id FROM effect ORDER BY id")
        parked = await connection.fetch(
            "SELECT topic, key, headers, next_attempt_at FROM quarantine WHERE released_at IS NULL ORDER BY id"
        )
        return Ledger(
            service=service,
            publishes=ground.topics[service] if service in PUBLISHES else None,
            hears=tuple(ground.topics[publisher] for publisher in HEARS[service]),
            state=None
            if HEARS[service]
            else [row["write_id"] for row in await connection.fetch("SELECT write_id FROM entry")],
            log=[
                Logged(
                    event_id=str(row["event_id"]),
                    topic=row["topic"],
                    key=row["key"],
                    subject=row["subject"],
                    sequence=row["sequence"],
                    value=row["value"],
                    tells=json.loads(row["value"])["write_id"],
                )
                for row in rows
            ],
            pending=[str(row["event_id"]) for row in await connection.fetch(UNSENT)],
            parked_keys={row["key"] for row in await connection.fetch("SELECT key FROM outbox_parked")},
            effects=[
                Effect(topic=row["topic"], event_id=str(row["event_id"]), tells=row["write_id"]) for row in effects
            ],
            quarantine=[
                Quarantined(
                    topic=row["topic"],
                    key=row["key"],
                    event_id=_event_id(dict(json.loads(row["headers"]))),
                    retrying=row["next_attempt_at"] is not None,
                )
                for row in parked
            ],
            lag=await lags(ground, service) if HEARS[service] else {},
        )
    finally:
        await connection.close()


async def topics(ground: Ground) -> dict[str, list[Recorded]]:
    """Every record of the topics that were published to, each partition in its order."""
    return {
        topic: await records_of(ground.kafka.bootstrap(), topic) for topic in map(ground.topics.get, PUBLISHES) if topic
    }


async def records_of(bootstrap: str, topic: str) -> list[Recorded]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    found: list[Recorded] = []
    try:
        partitions = [TopicPartition(topic, number) for number in range(12)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(*partitions, timeout_ms=500)).values():
                found += [_recorded(record) for record in records if _is_judged(record)]
    finally:
        await consumer.stop()
    return found


def _is_judged(record: Any) -> bool:
    return decode_headers(record.headers).get("ce_type") not in OF_OPERATORS


def _recorded(record: Any) -> Recorded:
    headers = decode_headers(record.headers)
    event_id = _event_id(headers)
    return Recorded(
        partition=record.partition,
        offset=record.offset,
        key=record.key.decode(),
        event_id=event_id,
        sequence=int(headers["ce_sequence"]) if event_id else 0,
        value=record.value,
    )


def _event_id(headers: Mapping[str, str]) -> str | None:
    try:
        return str(UUID(headers["ce_id"]))
    except (KeyError, ValueError):
        return None


async def effect_times(ground: Ground) -> list[float]:
    """When each effect of the last service was left, in seconds since the epoch."""
    connection = await asyncpg.connect(plain(ground.database("second")), timeout=30)
    try:
        rows = await connection.fetch("SELECT extract(epoch FROM left_at)::float8 AS at FROM effect ORDER BY left_at")
        return [row["at"] for row in rows]
    finally:
        await connection.close()
