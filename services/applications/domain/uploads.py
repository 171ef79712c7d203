"""How a file comes in piece by piece, and what keeps a piece out."""

from datetime import timedelta

from services.applications.domain.attachments import LARGEST, FileTooLarge
from shared.errors import Conflict, Invalid, NotFound, TooLarge

OPEN_FOR = timedelta(days=1)
MOST_OPEN = 5
"""Of one application: with those that are whole, what one account can fill stays bounded."""
PIECE = 2**19
"""Bytes that are kept at a time, while more come in."""


class NoSuchUpload(NotFound):
    message = "There is no such upload: it is over, or its file was refused. Begin it anew."


class EmptyFile(Invalid):
    slug = "empty-file"
    message = "This file is empty. Choose another one."


class TooManyUploads(Conflict):
    slug = "too-many-uploads"
    message = f"This application has {MOST_OPEN} uploads under way, which is the most. Finish or end one of them first."


class WrongOffset(Conflict):
    slug = "wrong-offset"

    def __init__(self, received: int) -> None:
        super().__init__(
            f"{received:,} bytes of this file are here. Ask where it stands with HEAD, and go on from there.",
            offset=received,
        )


class BeyondLength(TooLarge):
    slug = "beyond-upload-length"
    message = "These are more bytes than the file was said to have. Begin a new upload with its length."


def require_length(length: int) -> None:
    """Raises EmptyFile, FileTooLarge."""
    if length <= 0:
        raise EmptyFile
    if length > LARGEST:
        raise FileTooLarge


def received_after(*, received: int, offset: int, size: int, length: int) -> int:
    """How much is there once a piece was added. Raises WrongOffset, BeyondLength."""
    if offset != received:
        raise WrongOffset(received)
    if received + size > length:
        raise BeyondLength
    return received + size
