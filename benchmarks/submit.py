"""Submit: applications handed in over HTTP a second, durable and with their event, beside a bare single insert.

    datacity bench submit [--events 3000] [--connections 16] [--role api]

Ours is `datacity serve applications`: token, permission, deadline, Idempotency-Key, frozen revision, event and dossier
in one transaction, each request another applicant's. The reference is FastAPI and asyncpg with one insert. Both are
one uvicorn process beside the same PostgreSQL (fsync on) and are loaded by the same client.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx

from benchmarks.bare_app import TABLE
from benchmarks.http_load import load, request
from benchmarks.measuring import Measured, Result, Target, metered, percentiles, quieten, ratio, tell
from benchmarks.season import PROBLEM, SUMMARY, TITLE, open_season
from infra.local.home import Home
from infra.local.issuer import Issuer, TokenRequest
from infra.local.processes import tail
from shared.database import make_engine
from shared.database.engine import asyncpg_dsn
from shared.database.migrate import upgrade
from shared.events import applications
from shared.work import Works
from tests.support.backbone import until
from tests.support.stack import Backbone, local_backbone

WARM = 300
"""Requests to each, at most, that are not counted."""


async def measure(backbone: Backbone, requests: int, *, connections: int = 16, role: str = "api") -> Result:
    """Load ours, then the bare app, with as many requests over as many connections."""
    home = Home.at(tempfile.mkdtemp(prefix="datacity-bench-submit-"))
    home.create()
    try:
        measured = [
            await ours(backbone, home, requests, connections=connections, role=role),
            await bare(backbone, home, requests, connections=connections),
        ]
    finally:
        shutil.rmtree(home.path, ignore_errors=True)
    settings = {"events": requests, "connections": connections, "role": role, "idempotency_key": True}
    target = Target("submit ÷ bare insert", ratio(*measured), 0.5, against=measured[1].name)
    return Result("submit", "requests/s", settings, measured, [target])


async def ours(backbone: Backbone, home: Home, requests: int, *, connections: int, role: str) -> Measured:
    warm = min(WARM, requests)
    database = await backbone.fresh_database("applications")
    await upgrade("applications", database.owner_url)
    tell(f"  preparing {requests + warm:,} drafts")
    engine = make_engine(database.runtime_url, service="bench")
    ready = await open_season(Works(engine, service="applications", topic=applications.TOPIC), requests + warm)
    await engine.dispose()
    issuer_port, port = free_port(), free_port()
    issuer_url = f"http://127.0.0.1:{issuer_port}"
    environment = {
        "DATACITY_ENVIRONMENT": "development",
        "DATACITY_HOME": str(home.path),
        "DATACITY_ISSUER": issuer_url,
        "DATACITY_KAFKA": backbone.kafka,
        "DATACITY_DATABASE_URL": database.runtime_url,
        "DATACITY_RATE_LIMIT_PER_MINUTE": "0",
    }
    datacity = [sys.executable, "-m", "infra.cli"]
    async with (
        serving([*datacity, "dev", "issuer", "--port", str(issuer_port)], issuer_port, "/healthz", environment, home),
        serving(
            [*datacity, "serve", "applications", "--role", role, "--port", str(port)],
            port,
            "/readyz",
            environment,
            home,
        ) as pid,
    ):
        prepared = submissions(ready, Issuer(issuer_url, home.issuer / "key.pem"))
        measured = await loaded(
            "ours",
            prepared,
            port,
            pid,
            warm=warm,
            connections=connections,
            dsn=asyncpg_dsn(database.runtime_url),
            kafka=backbone.kafka,
        )
    await require_told(asyncpg_dsn(database.runtime_url), requests + warm)
    return measured


async def require_told(dsn: str, submitted: int) -> None:
    """Raises unless each submission left a revision and its event."""
    connection = await asyncpg.connect(dsn)
    try:
        revisions = await connection.fetchval("SELECT count(*) FROM revision")
        events = await connection.fetchval(
            "SELECT count(*) FROM event_log WHERE type = $1", applications.ApplicationSubmitted.TYPE
        )
    finally:
        await connection.close()
    if (revisions, events) != (submitted, submitted):
        message = f"{submitted} were answered with 200, but there are {revisions} revisions and {events} events"
        raise RuntimeError(message)


async def bare(backbone: Backbone, home: Home, requests: int, *, connections: int) -> Measured:
    warm = min(WARM, requests)
    database = await backbone.fresh_database("selection")
    dsn = asyncpg_dsn(database.owner_url)
    connection = await asyncpg.connect(dsn)
    await connection.execute(TABLE)
    await connection.close()
    port = free_port()
    environment = {"BENCH_DATABASE": dsn, "BENCH_PORT": str(port)}
    body = json.dumps({"title": TITLE, "summary": SUMMARY, "problem": PROBLEM}).encode()
    prepared = [
        request("POST", f"/applications/{uuid4()}/submit", body=body, headers={"content-type": "application/json"})
        for _ in range(requests + warm)
    ]
    async with serving([sys.executable, "-m", "benchmarks.bare_app"], port, "/readyz", environment, home) as pid:
        return await loaded(
            "bare FastAPI + asyncpg, one insert",
            prepared,
            port,
            pid,
            warm=warm,
            connections=connections,
            dsn=dsn,
            kafka=backbone.kafka,
        )


def submissions(ready: Sequence[tuple[UUID, UUID]], issuer: Issuer) -> list[bytes]:
    """A request for each draft, with its lead's own token and a key of its own."""
    now = int(time.time())
    prepared = []
    for application_id, lead_id in ready:
        token = issuer.mint(TokenRequest(str(lead_id), ["applicant"], None, "datacity", 3600), now=now)
        headers = {"authorization": f"Bearer {token}", "idempotency-key": str(uuid4())}
        prepared.append(request("POST", f"/api/applications/v1/applications/{application_id}/submit", headers=headers))
    return prepared


async def loaded(
    name: str,
    prepared: Sequence[bytes],
    port: int,
    pid: int,
    *,
    warm: int,
    connections: int,
    dsn: str,
    kafka: str,
) -> Measured:
    tell(f"  {name}")
    (await load(port, prepared[:warm], connections=connections)).require_only(200)
    counted = prepared[warm:]
    async with metered(dsn, kafka=kafka, own=[pid]) as meter:
        outcome = await load(port, counted, connections=connections)
        meter.seconds = outcome.seconds
    outcome.require_only(200)
    details = percentiles(outcome.milliseconds)
    costs, rate = meter.costs(len(counted)), round(len(counted) / outcome.seconds, 1)
    return Measured(name, rate, len(counted), round(outcome.seconds, 3), costs, details=details)


@asynccontextmanager
async def serving(
    command: Sequence[str], port: int, health: str, environment: dict[str, str], home: Home
) -> AsyncIterator[int]:
    """The pid of a server that answers, until the end of the block."""
    log = home.logs / f"{port}.log"
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DATACITY_")}
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220  a moment, before anything is timed
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=ours | environment,
            cwd=Path(__file__).parent.parent,
        )

    async def answers() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"{command[2:]} ended at once:\n{tail(log, 30)}")
        with contextlib.suppress(httpx.HTTPError):
            return (await client.get(f"http://127.0.0.1:{port}{health}")).is_success
        return False

    try:
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            await until(answers, seconds=60, what=f"{command[2:]} that answers")
        yield process.pid
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def alone(requests: int, *, connections: int, role: str) -> Result:
    async with local_backbone(own=True) as backbone:
        return await measure(backbone, requests, connections=connections, role=role)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=3_000, help="applications to hand in")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--role", choices=["api", "all"], default="api", help="`all`: its worker in the same process")
    given = parser.parse_args()
    quieten()
    asyncio.run(alone(given.events, connections=given.connections, role=given.role)).print()


if __name__ == "__main__":
    main()
