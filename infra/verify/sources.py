"""Where a log's files are read: a folder, or a URL that may be slow, busy or away for a moment."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import httpx

from infra.local.problems import LocalProblem
from shared.tlog import bundles
from shared.tlog.merkle import HASH_SIZE
from shared.tlog.tiles import Bundle, Tile

AT_ONCE = 8
"""Requests in flight: enough to hide the way there, few enough to be no burden."""
PATIENCE_SECONDS = 120
"""How long a server may go on saying that it is busy, or not answer at all."""
LONGEST_PAUSE = 30.0
LARGEST_FILE = 256 * (2 + bundles.MAX_ENTRY_SIZE)
BUSY = {429, 502, 503, 504}


class Unreadable(LocalProblem):
    """The source could not be read, so nothing is said of the log."""


class Absent(Exception):
    """The source answers, and has no such file."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Source(Protocol):
    """A log's files by their paths, such as `checkpoint` and `tile/0/000`."""

    name: str

    async def cosigned(self) -> list[bytes]:
        """The last checkpoint that each witness cosigned, if more are known than the newest. Raises Unreadable."""

    async def read(self, path: str) -> bytes:
        """Raises Absent, Unreadable."""

    async def close(self) -> None: ...


class Folder:
    """Files as a web server would serve them."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path

    async def read(self, path: str) -> bytes:
        try:
            return (self._path / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise Absent(path) from None
        except OSError as error:
            message = f"Look whether {self._path / path} can be read: {error.strerror}."
            raise Unreadable(message) from error

    async def cosigned(self) -> list[bytes]:
        """A folder has one checkpoint."""
        return []

    async def close(self) -> None:
        """Nothing is open."""


class Site:
    """A log behind a URL, `…/log`. Whoever is told to come back later does."""

    def __init__(self, url: str, *, client: httpx.AsyncClient | None = None) -> None:
        self.name = url.rstrip("/")
        self._client = client or httpx.AsyncClient(timeout=30, trust_env=False, follow_redirects=True)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._was_there = False

    async def read(self, path: str) -> bytes:
        answer = await self.ask(path)
        if answer.status_code in {404, 410}:
            raise Absent(path)
        if answer.status_code != 200:
            message = f"Look at {answer.url}: it answers {answer.status_code} instead of the file."
            raise Unreadable(message)
        if len(answer.content) > LARGEST_FILE:
            message = f"Look at {answer.url}: no file of a log has {len(answer.content)} bytes."
            raise Unreadable(message)
        return answer.content

    @property
    def api(self) -> str:
        """Beside the log: what it can be asked."""
        return f"{self.name.removesuffix('/log')}/api/notifications/v1"

    async def cosigned(self) -> list[bytes]:
        """Only our own logs can be asked for them; of another, the newest checkpoint is all."""
        told = await self.ask(f"{self.api}/journal")
        try:
            sizes = {int(each["size"]) for each in told.json()["witnesses"]} if told.status_code == 200 else set()
        except (ValueError, KeyError, TypeError):
            sizes = set()
        answers = [await self.ask(f"{self.api}/journal/checkpoints/{size}") for size in sorted(sizes)]
        return [answer.content for answer in answers if answer.status_code == 200]

    async def ask(self, path: str, *, method: str = "GET", **options: object) -> httpx.Response:
        """An answer that is not "come back later". Raises Unreadable when that was said, or nothing, for too long."""
        url = path if path.startswith(("http://", "https://")) else f"{self.name}/{path}"
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + PATIENCE_SECONDS, 0.5
        while True:
            asked: float | None = None
            try:
                async with self._turns:
                    answer = await self._client.request(method, url, **options)  # type: ignore[arg-type]
                self._was_there = True
                if answer.status_code not in BUSY:
                    return answer
                why = f"it answers {answer.status_code}"
                asked = _seconds(answer.headers.get("Retry-After"))
            except httpx.HTTPError as error:
                if not self._was_there and isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol):
                    # Nobody is there: whoever was before may only be restarting.
                    until = min(until, loop.time())
                why = str(error) or type(error).__name__
            wait = min(LONGEST_PAUSE, pause if asked is None else asked)
            if loop.time() + wait > until:
                message = f"Look whether {url} can be reached, and try again: {why}."
                raise Unreadable(message)
            await asyncio.sleep(wait)
            pause *= 2

    async def close(self) -> None:
        await self._client.aclose()


async def read_tile(source: Source, tile: Tile) -> bytes:
    """A tile's content, out of the full one where the partial one is no longer kept. Raises Absent, Unreadable."""
    try:
        return await source.read(tile.path)
    except Absent:
        if tile.is_full:
            raise
    content = await _wider(source, tile)
    return content[: tile.width * HASH_SIZE]


async def read_bundle(source: Source, bundle: Bundle) -> bytes:
    """Likewise. Raises Absent, Unreadable."""
    try:
        return await source.read(bundle.path)
    except Absent:
        if bundle.is_full:
            raise
    content = await _wider(source, bundle)
    with suppress(bundles.MalformedBundle):
        return bundles.narrowed(content, width=bundle.width)
    return content


async def _wider(source: Source, place: Tile | Bundle) -> bytes:
    try:
        return await source.read(place.full.path)
    except Absent:
        raise Absent(place.path) from None


def _seconds(said: str | None) -> float | None:
    """`Retry-After` in seconds; a date is rare enough to be answered by our own patience."""
    return float(said) if said and said.isascii() and said.isdecimal() else None
