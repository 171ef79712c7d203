"""faststream-outbox, the Python peer: installed apart from us, run as it documents, with its best settings."""

import asyncio
import json
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import Measured, Meter, metered, tell
from benchmarks.raw_producer import Load
from benchmarks.reading import read_back
from tests.support.stack import Backbone

HERE = Path(__file__).parent
ROOT = HERE.parent
LOCK = HERE / "peers.lock"
PLACE = ROOT / ".tools" / "peers"
PATIENCE = 120.0


@dataclass(frozen=True)
class Setting:
    """One way to run it; `ordered` says whether it keeps the order of a key, as ours does."""

    name: str
    note: str
    ordered: bool
    max_workers: int
    fetch_batch_size: int
    terminal_flush_batch_size: int


SETTINGS = (
    Setting("faststream-outbox, in order", "one worker, fetches and deletes by 100", True, 1, 100, 100),
    Setting("faststream-outbox, fastest", "16 workers, fetches and deletes by 100; loses order", False, 16, 100, 100),
)


class PeerFailed(Exception):
    """The peer could not be installed, or ended otherwise than it should."""


async def measure(backbone: Backbone, load: Load, setting: Setting) -> Measured:
    """Let it empty a table of as many rows, in a database of its own; read back what it sent."""
    python = await asyncio.to_thread(installed)
    tell(f"  {setting.name}: {load.events:,} events")
    database = await backbone.fresh_database("selection")
    told = {
        "database": database.owner_url,
        "kafka": load.kafka,
        "topic": load.topic,
        "keys": [key.decode() for key in load.keys],
        "value": load.value.decode(),
        "headers": {name: value.decode() for name, value in load.headers},
        "events": load.events,
        "patience": PATIENCE,
        **asdict(setting),
    }
    try:
        meter = await _run(python, told, dsn=backbone.admin_url, kafka=load.kafka)
    finally:
        await backbone.drop_database(database)
    reading = await read_back(load.kafka, load.topic, _expected(load))
    reading.require(load.events, ordered=setting.ordered)
    return Measured(
        setting.name,
        round(load.events / meter.seconds, 1),
        load.events,
        round(meter.seconds, 3),
        meter.costs(load.events),
        setting.note,
        {"events_out_of_order": reading.out_of_order},
    )


async def _run(python: Path, told: dict[str, Any], *, dsn: str, kafka: str) -> Meter:
    process = await asyncio.create_subprocess_exec(
        python, HERE / "peer_outbox_process.py", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    if process.stdin is None or process.stdout is None:
        raise PeerFailed("its pipes are missing")
    try:
        async with asyncio.timeout(PATIENCE + 60):
            process.stdin.write(json.dumps(told).encode() + b"\n")
            if (await process.stdout.readline()).strip() != b"ready":
                raise PeerFailed("it did not fill its table; what it said is above")
            async with metered(dsn, kafka=kafka, own=[process.pid]) as meter:
                process.stdin.write(b"go\n")
                answer = await process.stdout.readline()
                if not answer:
                    raise PeerFailed("it ended before its table was empty; what it said is above")
                meter.seconds = json.loads(answer)["seconds"]
            return meter
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def installed() -> Path:
    """Its Python, in .tools: made by uv from peers.lock, every file checked by its hash; at once if it is there."""
    python, done = PLACE / "bin" / "python", PLACE / "installed.lock"
    if done.exists() and done.read_bytes() == LOCK.read_bytes():
        return python
    tell("  installing faststream-outbox into .tools/peers")
    uv = shutil.which("uv") or str(ROOT / ".tools" / "uv" / "bin" / "uv")
    try:
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, PLACE], check=True)
        subprocess.run([uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", LOCK], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        message = f"Run `make`, so that uv is there, or leave peers out with --no-peers: {error}"
        raise PeerFailed(message) from error
    done.write_bytes(LOCK.read_bytes())
    return python


def _expected(load: Load) -> dict[str, int]:
    whole, more = divmod(load.events, len(load.keys))
    return {key.decode(): whole + (place < more) for place, key in enumerate(load.keys)}
