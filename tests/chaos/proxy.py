"""A TCP wire on loopback that can be made slow, cut, or deaf, between a process and the server it talks to."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

HOST = "127.0.0.1"
CHUNK = 65_536
SO_LINGER_NONE = struct.pack("ii", 1, 0)
"""Close without a farewell: the other side gets a reset."""


@dataclass(eq=False)
class _Connection:
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    deaf: bool = False
    """Something of it was swallowed, so nothing may pass any more, not even that it was closed."""


class Wire:
    """Forwards connections to a port; what is set on it holds for bytes from then on."""

    def __init__(self, target: Callable[[], int]) -> None:
        self.target = target
        self.delay = 0.0
        """Seconds that each read waits."""
        self.bytes_per_second: float | None = None
        self.swallows = False
        """Whatever is sent vanishes, in both directions; who connects gets no answer."""
        self.port = 0
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.reset()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def reset(self, *, only_deaf: bool = False) -> int:
        """Cut connections as a rebooting router does; returns how many."""
        cut = [connection for connection in self._connections if connection.deaf or not only_deaf]
        for connection in cut:
            for side in (connection.client, connection.server):
                _abort(side)
        return len(cut)

    def heal(self) -> None:
        """New bytes and new connections pass; those of which something was swallowed stay deaf."""
        self.delay, self.bytes_per_second, self.swallows = 0.0, None, False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            upstream, server = await asyncio.open_connection(HOST, self.target())
        except OSError:
            _abort(writer)
            return
        connection = _Connection(writer, server)
        self._connections.add(connection)
        try:
            await asyncio.gather(
                self._pump(connection, reader, server),
                self._pump(connection, upstream, writer),
            )
        finally:
            self._connections.discard(connection)
            for side in (writer, server):
                side.close()

    async def _pump(self, connection: _Connection, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                for piece in self._pieces(data):
                    if self.swallows:
                        connection.deaf = True
                    if connection.deaf:
                        continue
                    if self.bytes_per_second:
                        await asyncio.sleep(len(piece) / self.bytes_per_second)
                    sink.write(piece)
                    await sink.drain()
        if connection.deaf:
            # The other side must not learn that this one is gone: hold its connection until somebody cuts it.
            await self._until_cut(connection)
        sink.close()

    def _pieces(self, data: bytes) -> list[bytes]:
        if self.bytes_per_second is None:
            return [data]
        size = max(1, int(self.bytes_per_second / 20))
        return [data[start : start + size] for start in range(0, len(data), size)]

    async def _until_cut(self, connection: _Connection) -> None:
        with contextlib.suppress(OSError):
            await asyncio.gather(connection.client.wait_closed(), connection.server.wait_closed())


def _abort(writer: asyncio.StreamWriter) -> None:
    held: socket.socket | None = writer.get_extra_info("socket")
    if held is not None:
        with contextlib.suppress(OSError):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, SO_LINGER_NONE)
    writer.transport.abort()
