"""One run of the fault suite, from empty servers to two verdicts: as faults left it, and as operators then did."""

import asyncio
import json
import random
import shutil
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from uuid import UUID

import structlog

from tests.chaos import history, mending, reading
from tests.chaos.checker import check
from tests.chaos.conductor import Conductor
from tests.chaos.crew import Crew
from tests.chaos.evidence import Run
from tests.chaos.ground import Ground, ground
from tests.chaos.schedule import CLIENTS, SEATS, Fault, Length, plan
from tests.chaos.telling import Outcome, summary
from tests.chaos.wiring import Part, Role

log = structlog.get_logger(__name__)

LET_GO_SECONDS = 120.0


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
    parts = {seat: _part(seat, made, seed, length, records, files) for seat in (*SEATS, *CLIENTS)}
    crew = Crew(parts, dice=random.Random(seed))
    crew.start()
    seating = asyncio.create_task(crew.keep_seated())
    try:
        with history.History(records / "conductor.history") as own:
            conductor = Conductor(made, crew, own, files, random.Random(seed))
            await conductor.conduct(lanes)
            await crew.leave(*CLIENTS)
        drained_after, left = await _drain(made, length.drain)
        broken = await _read(made, records, conductor)
        outcome = Outcome(
            seed=seed,
            run=broken,
            complaints=check(broken),
            done=conductor.done,
            fell=crew.fell,
            copied=conductor.copied,
            mechanism=made.disk.mechanism,
            effect_times=await reading.effect_times(made),
            drained_after=drained_after,
            left=left,
        )
        if drained_after is not None:
            await crew.leave("relay-0", "relay-1")
            async with mending.mended_relay(made):
                outcome.let_go = mending.LetGo()
                await mending.release_outbox(made, outcome.let_go)
                # Poison may have been behind what was too large, and is now to be parked for the first time.
                await _drain(made, length.drain)
                async with asyncio.timeout(LET_GO_SECONDS):
                    await mending.release_quarantines(made, outcome.let_go)
                outcome.mended_after, outcome.left = await _drain(made, length.drain)
            outcome.mended = replace(await _read(made, records, conductor), let_go=True)
            outcome.complaints += check(outcome.mended)
    finally:
        seating.cancel()
        await asyncio.wait([seating])
        await crew.leave(*SEATS, *CLIENTS)
    return outcome


async def _read(made: Ground, records: Path, conductor: Conductor) -> Run:
    histories = sorted(await asyncio.to_thread(lambda: list(records.glob("*.history"))))
    return Run(
        writes=history.read(histories),
        ledgers=await reading.ledgers(made),
        topics=await reading.topics(made),
        strangers=frozenset(conductor.strangers),
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
    role: Role = place if place in ("api", "relay", "client") else "worker"  # type: ignore[assignment]
    service = place if role == "worker" else "origin"
    return Part(
        seat=seat,
        role=role,
        service=service,
        database_url=made.database(service, wire="apis" if role == "api" else service),
        kafka=made.bootstrap(service),
        topics=made.topics,
        log=records / f"{seat}.log",
        port=made.port_of(seat) if role == "api" else 0,
        budget=length.budget,
        session=length.session,
        history=records / f"{seat}.history",
        apis=made.apis,
        files=files,
        rate=length.rate / len(CLIENTS),
        seed=seed * 1000 + int(number) * 100_000_000,
    )


def keep_or_forget(outcome: Outcome, records: Path, *, keep: bool) -> str:
    """The summary; the folder stays if anything was wrong."""
    told = summary(outcome)
    (records / "summary.txt").write_text(told + "\n")
    if keep or not outcome.is_good:
        return f"{told}\nhistory and logs: {records}"
    shutil.rmtree(records, ignore_errors=True)
    return told


def new_records() -> Path:
    return Path(tempfile.mkdtemp(prefix="datacity-chaos-records-"))
