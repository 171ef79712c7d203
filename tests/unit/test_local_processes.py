"""The stack ends its own processes, and never another's."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from infra.local import processes
from infra.local.processes import Identity, end, find, is_alive, kill, spawn, tail

SLEEPER = (sys.executable, "-c", "import time; print('here', flush=True); time.sleep(120)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(120)",
)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Identity]]:
    identities: list[Identity] = []
    yield identities
    for identity in identities:
        kill(identity)


def start(tmp_path: Path, started: list[Identity], command: tuple[str, ...] = SLEEPER) -> Identity:
    identity = spawn(
        "sleeper", command, home=tmp_path, log=tmp_path / "sleeper.log", environment={"PATH": os.environ["PATH"]}
    )
    started.append(identity)
    return identity


async def has_spoken(tmp_path: Path) -> None:
    async with asyncio.timeout(20):
        while "here" not in tail(tmp_path / "sleeper.log"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_process_is_known_by_its_mark_alone(tmp_path: Path, started: list[Identity]) -> None:
    identity = start(tmp_path, started)
    await has_spoken(tmp_path)

    assert [found.pid for found in find(tmp_path, "sleeper")] == [identity.pid]
    assert find(tmp_path, "another") == []
    assert find(tmp_path / "elsewhere", "sleeper") == []


async def test_it_has_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(
    tmp_path: Path, started: list[Identity]
) -> None:
    identity = start(tmp_path, started)

    assert os.getsid(identity.pid) == identity.pid


async def test_a_recycled_pid_is_not_mistaken_for_ours(started: list[Identity]) -> None:
    myself = psutil.Process()
    recycled = Identity(myself.pid, myself.create_time() - 3600)

    await end(recycled, grace=0.1)

    assert not is_alive(recycled)
    assert is_alive(Identity(myself.pid, myself.create_time()))


async def test_a_process_that_ignores_being_asked_is_killed(tmp_path: Path, started: list[Identity]) -> None:
    identity = start(tmp_path, started, STUBBORN)
    await has_spoken(tmp_path)

    await end(identity, with_signal=signal.SIGTERM, grace=0.3)

    assert not is_alive(identity)


async def test_a_killed_child_is_not_taken_for_alive_while_nobody_waited_for_it(
    tmp_path: Path, started: list[Identity]
) -> None:
    identity = start(tmp_path, started)

    kill(identity)

    async with asyncio.timeout(10):
        while is_alive(identity):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def test_a_log_that_grew_large_is_put_aside(tmp_path: Path, started: list[Identity]) -> None:
    log = tmp_path / "sleeper.log"
    log.write_bytes(b"x" * (processes.LOG_LIMIT + 1))

    start(tmp_path, started)

    assert (tmp_path / "sleeper.log.1").stat().st_size > processes.LOG_LIMIT
    assert log.stat().st_size < 1024


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("".join(f"line {number}\n" for number in range(100)))

    assert tail(log, 2) == "line 98\nline 99"
    assert tail(tmp_path / "missing.log") == ""
