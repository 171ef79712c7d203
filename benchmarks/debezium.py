"""Debezium's outbox router on Kafka Connect, standalone, on the run's own PostgreSQL and Kafka."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
from aiokafka import AIOKafkaConsumer

from benchmarks.measuring import Measured, metered, tell
from benchmarks.raw_producer import Headers, Load
from benchmarks.reading import read_back, settle
from infra.local.jars import class_path, digest_of, pinned
from infra.local.java import find_java
from infra.local.kafka import LOG_OPTIONS
from infra.local.postgres import Postgres
from infra.local.processes import tail
from tests.support.backbone import until
from tests.support.stack import Backbone

NAME = "Debezium 3.3 outbox router"
NOTE = "Kafka Connect 4.1 standalone, pgoutput, poll 20 ms, batches of 8,192; from the rows' commit"
PINS = Path(__file__).with_name("debezium-jars.sha256")
# Connect's own parts are named one by one, since jgo's mediation would mix in older ones.
ENDPOINT = "+".join(
    [
        "io.debezium:debezium-connector-postgres:3.3.1.Final",
        *(f"org.apache.kafka:{name}:4.1.1" for name in ("connect-runtime", "kafka-clients", "connect-api")),
        *(f"org.apache.kafka:{name}:4.1.1" for name in ("connect-json", "connect-transforms")),
        "org.slf4j:slf4j-simple:1.7.36",
    ]
)
START_SECONDS = 120.0
PATIENCE = 600.0

WORKER = {
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.storage.StringConverter",
    "header.converter": "org.apache.kafka.connect.storage.StringConverter",
    "offset.flush.interval.ms": "10000",
    "producer.acks": "all",
    "producer.linger.ms": "2",
    "producer.batch.size": "131072",
}
CONNECTOR = {
    "name": "outbox",
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "plugin.name": "pgoutput",
    "publication.autocreate.mode": "filtered",
    "snapshot.mode": "no_data",
    "topic.prefix": "bench",
    "table.include.list": "public.debezium_outbox",
    "poll.interval.ms": "20",
    "max.batch.size": "8192",
    "max.queue.size": "32768",
    "tombstones.on.delete": "false",
    "transforms": "outbox",
    "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
    "transforms.outbox.route.topic.replacement": "${routedByValue}",
}


class LogicalPostgres(Postgres):
    """The local PostgreSQL with the write-ahead log that change capture needs; ours runs on it too, in the same run."""

    def command(self) -> Sequence[str]:
        return [*super().command(), "--wal_level=logical"]


def postgres(*, capturing: bool) -> type[Postgres]:
    """What a run with Debezium, or without, has as its PostgreSQL."""
    return LogicalPostgres if capturing else Postgres


@dataclass(frozen=True)
class Running:
    """A connector that has passed on its first row."""

    pid: int
    database: str
    headers: Headers

    async def insert(self, connection: asyncpg.Connection, topic: str, keys: Sequence[str], value: str, n: int) -> None:
        """`n` rows in one transaction, the keys in turn, each numbered within its key."""
        columns = [_column(name) for name, _ in self.headers]
        chosen = [_expression(name, value.decode()) for name, value in self.headers]
        await connection.execute(
            f"""
            INSERT INTO debezium_outbox (id, aggregatetype, aggregateid, type, payload, {", ".join(columns)})
            SELECT gen_random_uuid(), $1, k.key, 'note-written', $3, {", ".join(chosen)}
            FROM (SELECT n / cardinality($2::text[]) + 1 AS place, ($2::text[])[n % cardinality($2::text[]) + 1] AS key
                  FROM generate_series(0, $4::int - 1) AS n ORDER BY n) AS k
            """,
            *(topic, list(keys), value, n),
        )


async def measure_throughput(backbone: Backbone, load: Load) -> Measured:
    """As many rows in one transaction, timed from its commit until Kafka has the last event."""
    async with connector(backbone, load.headers) as running:
        tell(f"  {NAME}: {load.events:,} events")
        keys = [key.decode() for key in load.keys]
        connection = await asyncpg.connect(running.database)
        try:
            async with (
                metered(running.database, kafka=load.kafka, own=[running.pid]) as meter,
                AIOKafkaConsumer(load.topic, bootstrap_servers=load.kafka) as consumer,
            ):
                await running.insert(connection, load.topic, keys, load.value.decode(), load.events)
                began = time.perf_counter()
                await until(lambda: have_arrived(consumer, load.events), seconds=PATIENCE, what="the last event")
                meter.seconds = time.perf_counter() - began
        finally:
            await connection.close()
    whole, more = divmod(load.events, len(keys))
    reading = await read_back(load.kafka, load.topic, {key: whole + (place < more) for place, key in enumerate(keys)})
    reading.require(load.events)
    costs = meter.costs(load.events)
    seconds = round(meter.seconds, 3)
    return Measured(NAME, round(load.events / meter.seconds, 1), load.events, seconds, costs, NOTE)


async def have_arrived(consumer: AIOKafkaConsumer, events: int) -> bool:
    return sum((await consumer.end_offsets(consumer.assignment())).values()) >= events


@asynccontextmanager
async def connector(backbone: Backbone, headers: Headers) -> AsyncIterator[Running]:
    """A table like its documentation's, with a column for each header of ours, and a connector that streams it."""
    tell("  starting Debezium (the first time it downloads 66 jars)")
    jars = await asyncio.to_thread(class_path, lambda _: None, jars=pinned(PINS))
    java = await asyncio.to_thread(find_java)
    folder = Path(tempfile.mkdtemp(prefix="datacity-bench-debezium-"))
    topic = await backbone.topic()
    await settle(backbone.kafka, topic)
    connection = await asyncpg.connect(backbone.admin_url)
    columns = "".join(f", {_column(name)} text" for name, _ in headers)
    await connection.execute("DROP TABLE IF EXISTS debezium_outbox")
    await connection.execute(
        "CREATE TABLE debezium_outbox (id uuid PRIMARY KEY, aggregatetype text NOT NULL, aggregateid text NOT NULL, "
        f"type text NOT NULL, payload text NOT NULL{columns})"
    )
    files = _write_properties(folder, backbone, headers)
    options = ["-Xmx512m", *LOG_OPTIONS, "-cp", os.pathsep.join(map(str, jars))]
    log = folder / "connect.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220  a moment, before anything is timed
            [java.executable, *options, "org.apache.kafka.connect.cli.ConnectStandalone", *files],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    running = Running(process.pid, backbone.admin_url, headers)
    try:
        await _wait_until_it_streams(running, connection, backbone.kafka, topic, process, log)
        yield running
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        await connection.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _wait_until_it_streams(
    running: Running,
    connection: asyncpg.Connection,
    kafka: str,
    topic: str,
    process: subprocess.Popen[bytes],
    log: Path,
) -> None:
    """Until rows that were inserted for the purpose are in Kafka: its code is warm by then, as everybody's is."""
    warm = 20_000

    async def streams() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"Debezium ended at once:\n{tail(log, 40)}")
        return bool(await connection.fetchval("SELECT EXISTS (SELECT 1 FROM pg_replication_slots WHERE active)"))

    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka) as consumer:
        await until(streams, seconds=START_SECONDS, what="a connector that streams")
        await running.insert(connection, topic, ["warm"], "x" * 300, warm)
        await until(lambda: have_arrived(consumer, warm), seconds=START_SECONDS, what="its first events")


def _write_properties(folder: Path, backbone: Backbone, headers: Headers) -> list[Path]:
    database = urlsplit(backbone.admin_url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    worker = WORKER | {
        "bootstrap.servers": backbone.kafka,
        "offset.storage.file.filename": str(folder / "offsets"),
        "listeners": f"http://127.0.0.1:{port}",
    }
    connector = CONNECTOR | {
        "database.hostname": database.hostname or "",
        "database.port": str(database.port),
        "database.user": unquote(database.username or ""),
        "database.password": unquote(database.password or ""),
        "database.dbname": database.path.lstrip("/"),
        "slot.name": f"bench_{os.getpid()}_{time.time_ns() % 10**9}",
        "transforms.outbox.table.fields.additional.placement": ",".join(
            f"{_column(name)}:header:{name}" for name, _ in headers
        ),
    }
    files = []
    for name, properties in {"worker": worker, "connector": connector}.items():
        file = folder / f"{name}.properties"
        file.touch(mode=0o600)
        file.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        files.append(file)
    return files


def _column(header: str) -> str:
    return "h_" + header.replace("-", "_")


def _expression(header: str, value: str) -> str:
    """What a header's column is filled with: as ours is, so that the records are of the same bytes."""
    varying = {"ce_sequence": "lpad(k.place::text, 20, '0')", "ce_partitionkey": "k.key", "ce_subject": "k.key"}
    return varying.get(header, "'" + value.replace("'", "''") + "'")


def pin() -> str:
    """Resolve the jars anew; run by hand when the version changes, and review what differs."""
    import jgo

    lines = [f"# {PINS.read_text().splitlines()[0].lstrip('# ')}"]
    for artifact in jgo.resolve(ENDPOINT):
        coordinates = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
        lines.append(f"{digest_of(Path(artifact.resolve()))}  {coordinates}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PINS.write_text(pin())
