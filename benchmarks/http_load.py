"""A client that costs little beside the server it loads: prepared requests over kept connections, answers by length."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Loaded:
    """How it went."""

    seconds: float
    milliseconds: list[float]
    statuses: dict[int, int]
    first_refusal: str

    def require_only(self, status: int) -> None:
        if set(self.statuses) != {status}:
            message = f"{status} was expected of every request; answered {self.statuses}: {self.first_refusal}"
            raise RuntimeError(message)


def request(method: str, path: str, *, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def load(port: int, requests: Sequence[bytes], *, connections: int) -> Loaded:
    """Send them all, each connection its next one as soon as it is answered."""
    waiting = iter(requests)
    waits: list[float] = []
    statuses: dict[int, int] = {}
    refusals: list[str] = []

    async def talk() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for each in waiting:
                began = time.perf_counter()
                writer.write(each)
                status, _, body = await answered(reader)
                waits.append((time.perf_counter() - began) * 1000)
                statuses[status] = statuses.get(status, 0) + 1
                if status >= 400:
                    refusals.append(body.decode(errors="replace")[:500])
        finally:
            writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(talk() for _ in range(connections)))
    return Loaded(time.perf_counter() - began, waits, statuses, refusals[0] if refusals else "")


async def answered(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the next answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length", "0" if first[9:12] == "204" else None)
    if length is None:
        message = f"an answer without content-length: {head!r}"
        raise RuntimeError(message)
    return int(first[9:12]), headers, await reader.readexactly(int(length))
