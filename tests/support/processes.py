"""A service's API and worker as the processes that run in production, on a test's database."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.backbone import until
from tests.support.stack import Backbone

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Process:
    """`datacity serve SERVICE --role ROLE`, ready."""

    role: str
    origin: str
    database_url: str

    async def get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.origin, timeout=30) as client:
            return await client.get(path)


@asynccontextmanager
async def serving(backbone: Backbone, service: str, *roles: str, **settings: str) -> AsyncIterator[list[Process]]:
    """One process of each role on a fresh, migrated database; ended with SIGTERM."""
    database = await backbone.migrated_database(service)
    started: list[asyncio.subprocess.Process] = []
    processes: list[Process] = []
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATACITY_")} | {
        "DATACITY_ENVIRONMENT": "development",
        "DATACITY_KAFKA": backbone.kafka,
        "DATACITY_DATABASE_URL": database.runtime_url,
        "DATACITY_ISSUER": "http://127.0.0.1:1",
        **settings,
    }
    try:
        for role in roles:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            command = (sys.executable, "-m", "infra.cli", "serve", service, "--role", role, "--port", str(port))
            started.append(await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment))
            processes.append(Process(role, f"http://127.0.0.1:{port}", database.runtime_url))
        for process in processes:
            await until(lambda process=process: _is_ready(process), seconds=120, what=f"a ready {process.role}")  # type: ignore[misc]
        yield processes
    finally:
        for child in started:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
        for child in started:
            await child.wait()
        await backbone.drop_database(database)


async def _is_ready(process: Process) -> bool:
    try:
        return (await process.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False
