"""The wire of the fault suite does to connections what it is told, and otherwise nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.chaos.proxy import HOST, Wire


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """To a server that sends back whatever it hears."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, HOST, 0)
    made = Wire(lambda: server.sockets[0].getsockname()[1])
    await made.open()
    yield made
    await made.close()
    server.close()


async def test_bytes_pass_and_so_does_the_end(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection(HOST, wire.port)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"

    writer.write_eof()

    assert await asyncio.wait_for(reader.read(), 5) == b""


async def test_a_cut_is_a_reset_and_not_an_end(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection(HOST, wire.port)
    writer.write(b"hello")
    await reader.readexactly(5)

    assert wire.reset() == 1

    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 5)


async def test_what_was_swallowed_stays_lost_and_its_connection_deaf(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection(HOST, wire.port)
    writer.write(b"hello")
    await reader.readexactly(5)

    wire.swallows = True
    writer.write(b"lost")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.2)
    wire.heal()
    writer.write(b"still lost")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.2)
    again, anew = await asyncio.open_connection(HOST, wire.port)
    anew.write(b"new")

    assert await again.readexactly(3) == b"new"
    assert wire.reset(only_deaf=True) == 1
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 5)


async def test_a_trickle_loses_nothing(wire: Wire) -> None:
    loop = asyncio.get_running_loop()
    wire.bytes_per_second = 2000
    reader, writer = await asyncio.open_connection(HOST, wire.port)
    started = loop.time()

    writer.write(b"x" * 500)

    assert await asyncio.wait_for(reader.readexactly(500), 10) == b"x" * 500
    assert loop.time() - started > 0.2


async def test_who_connects_while_the_server_is_away_is_sent_off() -> None:
    gone = await asyncio.start_server(lambda _r, _w: None, HOST, 0)
    port = gone.sockets[0].getsockname()[1]
    gone.close()
    await gone.wait_closed()
    wire = Wire(lambda: port)
    await wire.open()

    reader, _ = await asyncio.open_connection(HOST, wire.port)

    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 5)
    await wire.close()
