"""A rig's worker as a process of its own: its handlers say when they begin, take their time, and may block its loop."""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.engine import URL

from services.selection.permissions import PERMISSIONS
from shared.logging import configure_logging
from shared.runtime import assemble
from shared.settings import Environment, Settings
from shared.work import Work
from tests.support.backbone import NoteWritten, Rig
from tests.support.processes import ROOT

log = structlog.get_logger(__name__)

BLOCK = "block"
"""A note of this text stops the worker's whole event loop, the first time that it comes."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a worker is told."""

    name: str
    topic: str
    kafka: str
    database_url: str
    pause_seconds: float = 0.0
    block_seconds: float = 0.0


@dataclass
class Worker:
    """A worker that runs."""

    process: asyncio.subprocess.Process
    log_file: Path

    def lines(self, event: str) -> list[dict[str, Any]]:
        """What it logged of this name so far."""
        found = []
        for line in self.log_file.read_text().splitlines():
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if isinstance(told, dict) and told.get("event") == event:
                found.append(told)
        return found

    async def has_logged(self, event: str, times: int = 1) -> bool:
        return len(self.lines(event)) >= times

    async def end(self, with_signal: int) -> int:
        """Send it a signal and wait; its exit code."""
        self.process.send_signal(with_signal)
        async with asyncio.timeout(60):
            return await self.process.wait()


@asynccontextmanager
async def worker(rig: Rig, **options: float) -> AsyncIterator[Worker]:
    """All loops of a service's worker, in another process; whoever is left at the end is killed."""
    url: URL = rig.works.engine.url
    order = Order(
        name=rig.name,
        topic=rig.topic,
        kafka=rig.kafka,
        database_url=url.render_as_string(hide_password=False),
        **options,
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATACITY_")}
    with tempfile.TemporaryDirectory() as folder:
        log_file = Path(folder) / "worker.log"
        with log_file.open("w") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.support.workers", json.dumps(asdict(order))),
                cwd=ROOT,
                env=environment,
                stderr=output,
            )
        try:
            yield Worker(process, log_file)
        except BaseException:
            sys.stderr.write(log_file.read_text())
            raise
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _run(order: Order) -> None:
    leaving = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leaving.set)
    blocked = False

    async def take_time(note: NoteWritten, work: Work) -> None:
        nonlocal blocked
        log.info("handler_began", note=note.text)
        if note.text == BLOCK and not blocked:
            blocked = True
            await (await work.session.connection()).exec_driver_sql("SELECT 1")  # the transaction is open
            log.info("loop_blocks")
            time.sleep(order.block_seconds)  # noqa: ASYNC251  as a library would that computes for long
            log.info("loop_goes_on")
        await asyncio.sleep(order.pause_seconds)

    rig = Rig(name=order.name, topic=order.topic, kafka=order.kafka, dsn="", owner_dsn="", works=None)  # type: ignore[arg-type]
    settings = Settings(
        environment=Environment.DEVELOPMENT,
        kafka=order.kafka,
        database_url=order.database_url,
        issuer="http://127.0.0.1:9",
    )
    app = assemble(
        order.name,
        settings,
        role="worker",
        topic=order.topic,
        listener=rig.listener(take_time),
        permissions=PERMISSIONS,
        routers=[],
    )
    async with app.router.lifespan_context(app):
        await leaving.wait()
    log.info("worker_left")


if __name__ == "__main__":
    given = Order(**json.loads(sys.argv[1]))
    configure_logging(given.name)
    asyncio.run(_run(given))
