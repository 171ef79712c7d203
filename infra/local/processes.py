"""Starting, recognising and ending the stack's own processes, and never another's."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

# Every process we start carries it, so that one whose start was cut short before it was written down is still found.
MARK = "DATACITY_COMPONENT"
LOG_LIMIT = 20 * 1024 * 1024


@dataclass(frozen=True)
class Identity:
    """A process that can't be mistaken for another one that got the same pid later."""

    pid: int
    started: float


@dataclass(frozen=True)
class Account:
    """The user that a process runs as, when not as ourselves."""

    uid: int
    gid: int


def mark(home: Path, component: str) -> str:
    return f"{home}#{component}"


def spawn(
    component: str,
    command: Sequence[str],
    *,
    home: Path,
    log: Path,
    environment: Mapping[str, str],
    account: Account | None = None,
) -> Identity:
    """Start a process that outlives us, in a session of its own, its output appended to `log`."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        child = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**environment, MARK: mark(home, component)},
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            cwd=home,
        )
    # It is not ours to wait for: `is_alive` reaps it should it end before us.
    child.returncode = 0
    return Identity(child.pid, psutil.Process(child.pid).create_time())


def is_alive(identity: Identity) -> bool:
    """Whether that very process runs."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(identity.pid, os.WNOHANG)
    try:
        process = psutil.Process(identity.pid)
        # The clock may be corrected while a process runs, and its start time is counted from the clock.
        same = abs(process.create_time() - identity.started) < 2
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def find(home: Path, component: str) -> list[Identity]:
    """The processes that carry the component's mark, and whose parent doesn't."""
    wanted = mark(home, component)
    marked: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == wanted and process.status() != psutil.STATUS_ZOMBIE:
                marked[process.pid] = process
    found = []
    for process in marked.values():
        with contextlib.suppress(psutil.Error):
            if process.ppid() not in marked:
                found.append(Identity(process.pid, process.create_time()))
    return found


async def end(identity: Identity, *, with_signal: int = signal.SIGTERM, grace: float = 10.0) -> None:
    """Ask the process to stop, wait at most `grace` seconds, then kill it."""
    for number, patience in ((with_signal, grace), (signal.SIGKILL, 5.0)):
        if not is_alive(identity):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(identity.pid, number)
        deadline = time.monotonic() + patience
        # A process that isn't our child tells nobody that it ended: look.
        while is_alive(identity) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def kill(identity: Identity) -> None:
    """As `kill -9` would, and wait until it is gone; for those who test what happens then."""
    if is_alive(identity):
        os.kill(identity.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while is_alive(identity) and time.monotonic() < deadline:
        time.sleep(0.01)


def tail(log: Path, lines: int = 12) -> str:
    """The end of a log, for whoever has to find out why something failed."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 32_768))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
