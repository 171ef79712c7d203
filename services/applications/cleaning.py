"""Takes out of an attachment what it says about itself, for jurors who must not know whose it is."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

from shared.errors import Conflict

PROGRAM = Path(__file__).with_name("file_cleaner.py")
CLEANED = frozenset({"application/pdf", "image/png", "image/jpeg"})
AT_ONCE = 2
SECONDS = 20.0

_turns = asyncio.Semaphore(AT_ONCE)


class NotShownBlind(Conflict):
    slug = "not-shown-blind"
    message = (
        "This round is blind, and the attachment can't be freed from what it says about its authors. "
        "Review the file without it, or ask the programme team."
    )


async def cleaned(content: bytes, media_type: str) -> bytes:
    """The pages of a PDF or the pixels of a picture, alone. Raises NotShownBlind for what can't be cleaned."""
    if media_type == "text/csv":
        return content  # it says nothing but what is in it
    if media_type not in CLEANED:
        raise NotShownBlind
    async with _turns:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(PROGRAM), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}
        )
        try:
            async with asyncio.timeout(SECONDS):
                written, _ = await program.communicate(content)
        except TimeoutError:
            raise NotShownBlind from None
        finally:
            if program.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    program.kill()
                await program.wait()
    if program.returncode != 0 or not written:
        raise NotShownBlind
    return written
