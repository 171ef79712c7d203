"""One run of the fault suite, from empty servers to a verdict."""

import asyncio
import json
import random
import shutil
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Literal
from uuid import UUID

import structlog

from tests.chaos import history, reading
from tests.chaos.checker import Run, check
from tests.chaos.conductor import Conductor
from tests.chaos.crew import Crew
from tests.chaos.ground import Ground, ground
from tests.chaos.schedule import SEATS, Fault, Length, plan
from tests.chaos.telling import Outcome, summary
from tests.chaos.wiring import Part

ROLES: dict[str, Literal["writer", "relay"]] = {"writer": "writer", "relay": "relay"}

log = structlog.get_logger(__name__)


async def run(*, seed: int, length: Length, records: Path) -> Outcome:
    """Start everything, break it as the seed wants, wait until it is drained, and judge. `records` keeps the traces."""
    dice = random.Random(seed)
    files = tuple(str(UUID(int=dice.getrandbits(128), version=4)) for _ in range(length.keys))
    lanes = plan(seed, length)
    (records / "plan.json").write_text(
        json.dumps({lane: [asdict(f) for f in faults] for lane, faults in lanes.items()})
    )
    async with ground() as made:
        try:
            return await _on(made, seed, length, records, lanes, files)
        finally:
            for log_file in made.home.logs.glob("*.log"):
                shutil.copy(log_file, records)


async def _on(
    made: Ground, seed: int, length: Length, records: Path, lanes: dict[str, list[Fault]], files: tuple[str, ...]
) -> Outcome:
    crew = Crew({seat: _part(seat, made, seed, length, records, files) for seat in SEATS}, dice=random.Random(seed))
    crew.start()
    seating = asyncio.create_task(crew.keep_seated())
    try:
        with history.History(records / "conductor.history") as own:
            conductor = Conductor(made, crew, own, files, random.Random(seed))
            await conductor.conduct(lanes)
            await crew.leave("writer-0", "writer-1")
        ended_at = time.time()
        drained_after, left = await _drain(made, length.drain)
    finally:
        seating.cancel()
        await asyncio.wait([seating])
        await crew.leave(*SEATS)
    histories = sorted(await asyncio.to_thread(lambda: list(records.glob("*.history"))))
    judged = Run(
        writes=history.read(histories),
        ledgers=await reading.ledgers(made),
        topics=await reading.topics(made),
        strangers=frozenset(conductor.strangers),
    )
    return Outcome(
        seed=seed,
        run=judged,
        complaints=check(judged),
        done=conductor.done,
        fell=crew.fell,
        copied=conductor.copied,
        mechanism=made.disk.mechanism,
        effect_times=await reading.effect_times(made),
        ended_at=ended_at,
        drained_after=drained_after,
        left=left,
    )


async def _drain(made: Ground, patience: float) -> tuple[float | None, dict[str, int]]:
    """How long it took until nothing was left to do, twice in a row: what is sent last is heard a moment later."""
    began = time.monotonic()
    calm_since: float | None = None
    while True:
        left = await reading.remains(made)
        now = time.monotonic() - began
        if left:
            calm_since = None
        elif calm_since is None:
            calm_since = now
        elif now - calm_since > 1:
            return calm_since, {}
        if now > patience:
            return None, left
        await asyncio.sleep(0.5)


def _part(seat: str, made: Ground, seed: int, length: Length, records: Path, files: tuple[str, ...]) -> Part:
    place, _, number = seat.partition("-")
    service = place if place in ("first", "second") else "origin"
    role = ROLES.get(place, "consumer")
    return Part(
        seat=seat,
        role=role,
        service=service,
        database_url=made.database(service, wire="writers" if role == "writer" else service),
        kafka=made.bootstrap(service),
        topics=made.topics,
        log=records / f"{seat}.log",
        history=records / f"{seat}.history",
        seed=seed * 1000 + int(number) * 100_000_000,
        rate=length.rate / 2,
        files=files,
        budget=length.budget,
    )


def keep_or_forget(outcome: Outcome, records: Path, *, keep: bool) -> str:
    """The summary; the folder stays if anything was wrong."""
    told = summary(outcome)
    (records / "summary.txt").write_text(told + "\n")
    if keep or outcome.complaints:
        return f"{told}\nhistory and logs: {records}"
    shutil.rmtree(records, ignore_errors=True)
    return told


def new_records() -> Path:
    return Path(tempfile.mkdtemp(prefix="datacity-chaos-records-"))
