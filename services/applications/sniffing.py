"""Finds out what an uploaded file really is, by its content, without trusting it."""

import asyncio
import contextlib
import hashlib
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from services.applications.domain import attachments
from services.applications.domain.attachments import Sort
from shared.errors import Unavailable

PROGRAM = Path(__file__).with_name("file_reader.py")
READERS = 2
MOST_BYTES_WAITING = 64 * 2**20
SECONDS = 20.0
"""More than the program gives a file, as it has to be started first."""


BEGINNINGS = {
    b"%PDF-": Sort.PDF,
    b"\x89PNG\r\n\x1a\n": Sort.PICTURE,
    b"\xff\xd8\xff": Sort.PICTURE,
    b"PK\x03\x04": Sort.OFFICE,
}


class ManyFiles(Unavailable):
    slug = "many-files"
    message = "Many files are being checked just now. Send yours again in a few seconds."
    retry_after = 3


@dataclass(frozen=True, kw_only=True)
class Described:
    """What a file was found to be."""

    sort: Sort
    media_type: str
    pages: int
    """0 of what has no pages."""
    sha256: str


class Reader:
    """The program of file_reader, started when first asked and again after any trouble."""

    def __init__(self) -> None:
        self._process: Process | None = None

    async def describe(self, content: bytes) -> dict[str, object]:
        """What the program says of these bytes; nothing if it could not."""
        try:
            async with asyncio.timeout(SECONDS):
                said = await self._ask(content)
            found = json.loads(said)
        except (TimeoutError, OSError, ValueError):
            self.stop()
            return {}
        except BaseException:
            # Cancelled half-way: what it says next would be about this file, not the next one.
            self.stop()
            raise
        return found if isinstance(found, dict) else {}

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _ask(self, content: bytes) -> bytes:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", str(PROGRAM), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}
            )
        process = self._process
        if process.stdin is None or process.stdout is None:  # for the type checker: both are pipes
            return b""
        process.stdin.write(len(content).to_bytes(8) + content)
        await process.stdin.drain()
        return await process.stdout.readline()


class Readers:
    """A few readers; beyond what they may keep waiting we say so, instead of filling the memory."""

    def __init__(self) -> None:
        self._idle = [Reader() for _ in range(READERS)]
        self._turns = asyncio.Semaphore(READERS)
        self._bytes_inside = 0

    async def describe(self, content: bytes) -> dict[str, object]:
        """Raises ManyFiles."""
        if self._bytes_inside + len(content) > MOST_BYTES_WAITING:
            raise ManyFiles
        self._bytes_inside += len(content)
        try:
            async with self._turns:
                reader = self._idle.pop()
                try:
                    return await reader.describe(content)
                finally:
                    self._idle.append(reader)
        finally:
            self._bytes_inside -= len(content)


readers = Readers()


async def check(content: bytes, *, accepted: Collection[Sort]) -> Described:
    """What these bytes are, if that is accepted. Raises what domain.attachments names, or ManyFiles."""
    if len(content) > attachments.LARGEST:
        raise attachments.FileTooLarge
    sort = _looks_like(content)
    if sort not in accepted:
        raise attachments.wrong_sort(accepted)
    found = await readers.describe(content)
    media_type, pages = found.get("media_type"), found.get("pages")
    if not isinstance(media_type, str) or not isinstance(pages, int):
        raise attachments.fault(sort, found)
    if pages > attachments.MOST_PAGES:
        raise attachments.TooManyPages(pages)
    digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
    return Described(sort=sort, media_type=media_type, pages=pages, sha256=digest)


def _looks_like(content: bytes) -> Sort:
    # By the very first bytes: readers accept a PDF that begins later in the file, which is how a file is made to be two
    # things at once.
    for beginning, sort in BEGINNINGS.items():
        if content.startswith(beginning):
            return sort
    return Sort.TABLE
