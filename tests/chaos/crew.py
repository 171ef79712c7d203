"""The processes of a run: started quickly, killed without warning, stopped and woken, and put back on their seat."""

import asyncio
import contextlib
import multiprocessing
import os
import random
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from multiprocessing.context import ForkServerProcess

from tests.chaos.schedule import NothingToBreak
from tests.chaos.wiring import Part, play

# Imported once; each process is then forked in milliseconds, where a start of its own would cost seconds of a core.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.chaos.wiring", "faststream.kafka", "aiokafka", "asyncpg"])

STOPPING_SECONDS = 30.0


@dataclass
class Seat:
    """One place in the system, and who has it now."""

    part: Part
    process: ForkServerProcess
    starts: int = 1
    expected_to_end: bool = False


class Crew:
    """All seats. A seat that falls empty is taken again, as an orchestrator would see to it."""

    def __init__(self, parts: Mapping[str, Part], *, dice: random.Random) -> None:
        self._parts = parts
        self._dice = dice
        self.seats: dict[str, Seat] = {}
        self.fell: list[str] = []
        """Who ended by himself: no fault that the backbone should not have lived through."""

    def start(self) -> None:
        for name, part in self._parts.items():
            self.seats[name] = Seat(part, start(part))

    async def keep_seated(self) -> None:
        """Until cancelled: notice who is gone, wait a moment, start the next one."""
        while True:
            for name, seat in list(self.seats.items()):
                if seat.process.is_alive():
                    continue
                if not seat.expected_to_end:
                    self.fell.append(f"{name} (exit code {seat.process.exitcode})")
                await asyncio.sleep(self._dice.uniform(0.0, 0.5))
                if name in self.seats:
                    self._replace(name)
            await asyncio.sleep(0.05)

    def kill(self, name: str) -> None:
        """Now, wherever it is. Raises NothingToBreak if it had just been killed."""
        seat = self.seats[name]
        if not seat.process.is_alive() or seat.expected_to_end:
            raise NothingToBreak
        seat.expected_to_end = True
        _signal(seat.process, signal.SIGKILL)

    async def stop_for(self, name: str, seconds: float) -> None:
        """It neither runs nor ends; then it goes on, and knows nothing of the time in between."""
        process = self.seats[name].process
        _signal(process, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            _signal(process, signal.SIGCONT)

    async def leave(self, *names: str) -> None:
        """End these in order, for good."""
        leaving = [self.seats.pop(name) for name in names if name in self.seats]
        for seat in leaving:
            _signal(seat.process, signal.SIGTERM)
        for seat in leaving:
            if not await leave(seat.process):
                self.fell.append(f"{seat.part.seat} (did not leave within {STOPPING_SECONDS:.0f} s)")

    def _replace(self, name: str) -> None:
        seat = self.seats[name]
        seat.process.close()
        part = replace(seat.part, seed=seat.part.seed + 1)
        self.seats[name] = Seat(part, start(part), starts=seat.starts + 1)


def start(part: Part) -> ForkServerProcess:
    process = FORKS.Process(target=play, args=(part,), name=part.seat, daemon=True)
    process.start()
    return process


async def leave(process: ForkServerProcess) -> bool:
    """Ask it to end in order; false if it did not and was killed."""
    _signal(process, signal.SIGTERM)
    await asyncio.to_thread(process.join, STOPPING_SECONDS)
    if not process.is_alive():
        return True
    _signal(process, signal.SIGKILL)
    await asyncio.to_thread(process.join, STOPPING_SECONDS)
    return False


def _signal(process: ForkServerProcess, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, ValueError):
        if process.is_alive() and process.pid is not None:
            os.kill(process.pid, number)
