"""Relay: events a second from the outbox to Kafka in order per key, beside a raw aiokafka producer of the same bytes.

    .venv/bin/python -m benchmarks.relay [--events 20000]

Both run in this process, one after the other, against the same Kafka and PostgreSQL with fsync on.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaProducer

from shared.events import Envelope, encode_headers
from tests.support.backbone import NoteWritten, Rig, rig, running, until
from tests.support.stack import local_backbone

FILL = """
    WITH logged AS (
        INSERT INTO event_log (event_id, topic, source, type, subject, key, sequence, happened_at,
                               correlation_id, actor, value)
        SELECT gen_random_uuid(), $1, '/services/rig', $2, s, s, n, now(), gen_random_uuid()::text, 'system:bench', $4
        FROM unnest($3::text[]) AS s, generate_series(1, $5::int) AS n ORDER BY n, s
        RETURNING position, key
    )
    INSERT INTO outbox_pending (shard, topic, key, logged_at)
    SELECT (abs(hashtext(key)) % 16)::smallint, $1, key, position FROM logged ORDER BY position
"""
KEYS = 200


@dataclass(frozen=True)
class Result:
    events: int
    relay_per_second: float
    raw_producer_per_second: float
    ratio: float


async def measure(events: int) -> Result:
    """Fill an outbox, time the relay emptying it, then time a producer sending the same records."""
    async with local_backbone() as backbone, rig(backbone) as service:
        value = NoteWritten(subject_id=uuid4(), text="x" * 200).to_bytes()
        connection = await asyncpg.connect(service.dsn)
        subjects = [str(uuid4()) for _ in range(KEYS)]
        await connection.execute(FILL, service.topic, NoteWritten.TYPE, subjects, value, events // KEYS)
        await connection.close()
        began = time.perf_counter()
        async with running(service.relay().run()):
            await until(lambda: is_empty(service), seconds=600, what="an empty outbox")
            relayed = time.perf_counter() - began
        raw = await raw_producer(service, value, subjects, events)
        return Result(events, events / relayed, events / raw, raw / relayed)


async def is_empty(service: Rig) -> bool:
    return not await service.scalar("SELECT EXISTS (SELECT 1 FROM outbox_pending)")


async def raw_producer(service: Rig, value: bytes, subjects: list[str], events: int) -> float:
    """Seconds that an idempotent producer with the relay's settings takes for as many records of the same bytes."""
    envelope = Envelope.from_record((await service.records(1))[0])
    headers = encode_headers(envelope.headers())
    producer = AIOKafkaProducer(
        bootstrap_servers=service.kafka, acks="all", enable_idempotence=True, linger_ms=2, max_request_size=1_000_000
    )
    await producer.start()
    try:
        began = time.perf_counter()
        for start in range(0, events, 1000):
            sent = [
                await producer.send(
                    service.topic, value=value, key=subjects[(start + n) % len(subjects)].encode(), headers=headers
                )
                for n in range(min(1000, events - start))
            ]
            await asyncio.gather(*sent)
        return time.perf_counter() - began
    finally:
        await producer.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    result = asyncio.run(measure(parser.parse_args().events))
    json.dump(asdict(result), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
