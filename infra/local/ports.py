"""Which port each component listens on: chosen free, then remembered as long as nobody else takes it."""

import asyncio
import random
import socket
import time
from collections.abc import Iterable

from infra.local.problems import LocalProblem
from infra.local.state import State

HOST = "127.0.0.1"
# Below the range of outgoing connections, one of which could otherwise hold our port when we come back.
RANGE = range(17000, 32000)


def is_free(port: int) -> bool:
    """Whether we could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def somebody_listens(port: int | None) -> bool:
    """Whether a connection would be accepted; asked often while one waits, so cheaper than a request."""
    if port is None:
        return False
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


async def given_back(names: Iterable[str], state: State, *, seconds: float = 3.0) -> None:
    """Wait a moment for the ports that these had.

    A killed process counts as dead as soon as its first thread is; its sockets stay until the last one is. Whoever
    talks to it would look for it at the old port.
    """
    deadline = time.monotonic() + seconds
    known = [state.ports[name] for name in names if name in state.ports]
    while not all(map(is_free, known)) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.02)


def port_for(name: str, state: State) -> int:
    """The port that `name` had, or a new one if it has none or somebody else sits on it; call it before a start."""
    known = state.ports
    if name in known and is_free(known[name]):
        return known[name]
    taken = set(known.values())
    dice = random.Random()
    for _ in range(1000):
        port = dice.choice(RANGE)
        if port not in taken and is_free(port):
            state.remember_port(name, port)
            return port
    message = f"Free a TCP port between {RANGE.start} and {RANGE.stop} on {HOST}: none was found for {name}."
    raise LocalProblem(message)
