"""One command at a time changes a local stack; the lock goes with the process that holds it, however that ends."""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from infra.local.problems import LocalProblem


@asynccontextmanager
async def held(path: Path, *, on_wait: Callable[[str], None], patience: float = 180.0) -> AsyncIterator[None]:
    """Hold the lock; says once who has it while waiting for it, and gives up after `patience` seconds."""
    with path.open("a+") as file:
        deadline = time.monotonic() + patience
        told = False
        while not _taken(file.fileno()):
            file.seek(0)
            holder = file.read().strip() or "unknown"
            if not told:
                on_wait(f"another command is at work on this stack (pid {holder})")
                told = True
            if time.monotonic() > deadline:
                message = f"Wait for the other command (pid {holder}) to end, or end it: it holds {path}."
                raise LocalProblem(message)
            await asyncio.sleep(0.1)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
