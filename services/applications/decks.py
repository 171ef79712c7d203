"""Finds out what an uploaded file really is, by its content, without trusting it."""

import asyncio
import contextlib
import hashlib
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass
from pathlib import Path

import puremagic

from services.applications.domain import attachments
from shared.errors import Unavailable

READER = Path(__file__).with_name("deck_reader.py")
AT_ONCE = 2
WAITING_AT_MOST = 8
SECONDS = 20.0


class ManyFiles(Unavailable):
    slug = "many-files"
    message = "Many files are being checked just now. Send yours again in a few seconds."
    retry_after = 3


@dataclass(frozen=True, kw_only=True)
class Deck:
    """What a file was found to be."""

    media_type: str
    pages: int
    sha256: str


class _Room:
    """Two files are checked at once and a few more wait; beyond that we say so instead of filling the memory."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._inside = 0

    async def __aenter__(self) -> None:
        if self._inside >= AT_ONCE + WAITING_AT_MOST:
            raise ManyFiles
        self._inside += 1
        try:
            await self._turns.acquire()
        except BaseException:
            self._inside -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        self._inside -= 1
        self._turns.release()


_room = _Room()


async def check(content: bytes) -> Deck:
    """The deck that these bytes are. Raises what domain.attachments names, or ManyFiles."""
    if len(content) > attachments.LARGEST:
        raise attachments.FileTooLarge
    if not _looks_like_pdf(content):
        raise attachments.NotAPdf
    async with _room:
        found = await _read_apart(content)
    if found.get("fault") == "encrypted":
        raise attachments.EncryptedPdf
    pages = found.get("pages")
    if not isinstance(pages, int):
        raise attachments.UnreadablePdf
    if pages > attachments.MOST_PAGES:
        raise attachments.TooManyPages(pages)
    digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
    return Deck(media_type=attachments.MEDIA_TYPE, pages=pages, sha256=digest)


def _looks_like_pdf(content: bytes) -> bool:
    # Readers accept a PDF that begins later in the file, which is how a file is made to be two things at once.
    if not content.startswith(b"%PDF-"):
        return False
    guesses = puremagic.magic_string(content[:4096])
    return any(guess.mime_type == attachments.MEDIA_TYPE for guess in guesses)


async def _read_apart(content: bytes) -> dict[str, object]:
    """What the reader's process said; nothing if it was ended by its limits or by our patience."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(READER), str(attachments.MOST_PAGES), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(content), SECONDS)
    except TimeoutError:
        return {}
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
