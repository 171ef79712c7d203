"""What benchmarks measure beside time: CPU by process, bytes of WAL, on which machine; and how they tell it."""

import asyncio
import json
import logging
import os
import platform
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any

import asyncpg
import psutil
import structlog

LIBRARIES = ("aiokafka", "asyncpg", "fastapi", "faststream", "sqlalchemy", "uvicorn")


@dataclass
class Costs:
    """What one event cost, by whose work it was."""

    own_cpu_seconds_per_1000: float
    """Of the process that is measured; in it also whatever the benchmark itself does there."""
    kafka_cpu_seconds_per_1000: float | None
    postgresql_cpu_seconds_per_1000: float | None
    wal_bytes_per_event: float


@dataclass
class Measured:
    """One contender's figure; those of one result were taken in the same run, one after the other."""

    name: str
    value: float
    events: int
    seconds: float
    costs: Costs | None = None
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    beside: str = ""
    """Which of ours it is compared with; the first if left out."""


@dataclass
class Target:
    """What was to be reached: `found` against `bound`; a ratio if it names whom it is measured against."""

    what: str
    found: float
    bound: float
    at_least: bool = True
    against: str | None = None

    @property
    def met(self) -> bool:
        return self.found >= self.bound if self.at_least else self.found <= self.bound


@dataclass
class Result:
    """A benchmark's whole answer; the first of `measured` is ours."""

    figure: str
    unit: str
    settings: dict[str, Any]
    measured: list[Measured]
    targets: list[Target]

    def as_json(self) -> dict[str, Any]:
        targets = [asdict(target) | {"met": target.met} for target in self.targets]
        told = {"targets": targets, "machine": machine(), "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        return asdict(self) | told

    def print(self) -> None:
        """As JSON on stdout, and in short on stderr for whoever watches."""
        json.dump(self.as_json(), sys.stdout, indent=2)
        print(flush=True)
        for each in self.measured:
            tell(f"  {each.name}: {each.value:,.1f} {self.unit} {each.note}".rstrip())
        for target in self.targets:
            sign = "≥" if target.at_least else "≤"
            verdict = "met" if target.met else "NOT met"
            tell(f"  {target.what}: {target.found:.2f} (target {sign} {target.bound:g}, {verdict})")


class Meter:
    """Reads, before and after, what the processes of a run have used."""

    def __init__(self, *, own: Iterable[int], postgres: int | None, kafka: int | None) -> None:
        self._processes = {"own": list(own), "postgres": _known(postgres), "kafka": _known(kafka)}
        self._before: dict[str, float] = {}
        self._spent: dict[str, float] = {}
        self.seconds = 0.0
        self.wal_bytes = 0

    def costs(self, events: int) -> Costs:
        def per_thousand(name: str) -> float | None:
            return round(self._spent[name] / events * 1000, 4) if self._processes[name] else None

        return Costs(
            own_cpu_seconds_per_1000=per_thousand("own") or 0.0,
            kafka_cpu_seconds_per_1000=per_thousand("kafka"),
            postgresql_cpu_seconds_per_1000=per_thousand("postgres"),
            wal_bytes_per_event=round(self.wal_bytes / events, 1),
        )

    def start(self) -> None:
        self._before = self._read()

    def stop(self) -> None:
        self._spent = {name: after - self._before[name] for name, after in self._read().items()}

    def _read(self) -> dict[str, float]:
        return {name: sum(map(cpu_seconds, pids)) for name, pids in self._processes.items()}


@asynccontextmanager
async def metered(dsn: str, *, kafka: str, own: Iterable[int] | None = None) -> AsyncIterator[Meter]:
    """Meter a block; `own` are the pids of the process under test, this one if left out.

    A block that ends with some moments of waiting for its own check sets `meter.seconds` itself.
    """
    connection = await asyncpg.connect(dsn)
    try:
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        meter = Meter(
            own=[os.getpid()] if own is None else own,
            postgres=postmaster(backend),
            kafka=await asyncio.to_thread(listener, kafka),
        )
        lsn = await connection.fetchval("SELECT pg_current_wal_insert_lsn()::text")
        meter.start()
        began = time.perf_counter()
        yield meter
        meter.seconds = meter.seconds or time.perf_counter() - began
        meter.stop()
        meter.wal_bytes = int(
            await connection.fetchval("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::text::pg_lsn)", lsn)
        )
    finally:
        await connection.close()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, of those it waited for, and of those it has now."""
    process = psutil.Process(pid)
    total = 0.0
    with process.oneshot():
        times = process.cpu_times()
        # The kernel tells of other processes in ticks of 10 ms, too coarse for a short run of our own.
        total += time.process_time() if pid == os.getpid() else times.user + times.system
        total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    for child in process.children():
        try:
            own = child.cpu_times()
        except psutil.Error:
            continue
        total += own.user + own.system
    return total


def postmaster(backend: int) -> int | None:
    """The process that a backend is a child of; None if it runs elsewhere."""
    try:
        return psutil.Process(backend).ppid()
    except psutil.Error:
        return None


def listener(address: str) -> int | None:
    """The process that listens at `host:port`; None where the system does not say."""
    port = int(address.rpartition(":")[2])
    try:
        connections = psutil.net_connections("tcp")
    except psutil.Error:
        return None
    return next((c.pid for c in connections if c.status == psutil.CONN_LISTEN and c.laddr.port == port), None)


def machine() -> dict[str, Any]:
    """On what a figure was taken, and how busy it was: a load above its cores makes figures worth little."""
    return {
        "cores": os.cpu_count() or 0,
        "cpu": _cpu_model(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "load_average": round(os.getloadavg()[1], 1),
    }


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    """The waits that people ask for."""
    cuts = statistics.quantiles(milliseconds, n=100)
    return {
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "p99_ms": round(cuts[98], 1),
        "max_ms": round(max(milliseconds), 1),
    }


def quieten() -> None:
    """Keep stdout for the answer, and from stderr that a new topic's partitions lack leaders: we wait for them."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    for name in ("aiokafka", "aiokafka.producer.sender", "aiokafka.consumer.fetcher"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def tell(text: str) -> None:
    """A line of progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def ratio(ours: Measured, reference: Measured) -> float:
    return round(ours.value / reference.value, 3) if reference.value else 0.0


def _known(pid: int | None) -> list[int]:
    return [] if pid is None else [pid]


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo") as told:  # noqa: PTH123
            return next((line.partition(":")[2].strip() for line in told if line.startswith("model name")), "?")
    except OSError:
        return platform.processor() or platform.machine()
