"""Each component keeps its port as long as nobody else takes it."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.ports import HOST, RANGE, given_back, is_free, port_for
from infra.local.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state.json")


@pytest.fixture
def somebody() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        yield listener


def test_a_port_is_remembered(state: State) -> None:
    assert port_for("kafka", state) == port_for("kafka", state) == state.ports["kafka"]


def test_a_port_is_outside_the_range_of_outgoing_connections(state: State) -> None:
    assert port_for("kafka", state) in RANGE
    assert RANGE.stop <= 32768


def test_two_components_never_get_the_same_port(state: State) -> None:
    ports = [port_for(f"component {number}", state) for number in range(50)]

    assert len(set(ports)) == 50


async def test_a_port_that_is_given_back_in_a_moment_is_waited_for(state: State, somebody: socket.socket) -> None:
    known = port_for("kafka", state)
    somebody.bind((HOST, known))
    somebody.listen()
    asyncio.get_running_loop().call_later(0.2, somebody.close)

    await given_back(["kafka", "never started"], state)

    assert port_for("kafka", state) == known


def test_a_port_that_somebody_else_took_is_given_up(state: State, somebody: socket.socket) -> None:
    taken = port_for("kafka", state)
    somebody.bind((HOST, taken))
    somebody.listen()

    assert not is_free(taken)
    assert port_for("kafka", state) != taken
