"""Which files an application may hold, and under which names."""

import re
import unicodedata
from collections.abc import Sized

from shared.errors import Conflict, NotFound, TooLarge, UnsupportedMedia

LARGEST = 10 * 2**20
MOST_PER_DRAFT = 5
MOST_KEPT = 20
"""With those that were handed in before and dropped since: what one account can fill stays bounded."""
MOST_PAGES = 200
LONGEST_NAME = 120
MEDIA_TYPE = "application/pdf"

_RESERVED = re.compile(r'[<>:"|?*%;=\\/]')


class FileTooLarge(TooLarge):
    slug = "file-too-large"

    def __init__(self) -> None:
        super().__init__(
            f"A file may have {LARGEST // 2**20} MiB at most. Reduce its pictures, then send it.", limit=LARGEST
        )


class NotAPdf(UnsupportedMedia):
    slug = "not-a-pdf"
    message = "This file is not a PDF, whatever its name says. Export your deck as PDF and send that."


class UnreadablePdf(UnsupportedMedia):
    slug = "unreadable-pdf"
    message = "This PDF can't be read: it is damaged or cut off. Export it again and send the new one."


class EncryptedPdf(UnsupportedMedia):
    slug = "encrypted-pdf"
    message = "This PDF is protected by a password or by rights. Export it without protection: jurors must open it."


class TooManyPages(UnsupportedMedia):
    slug = "too-many-pages"

    def __init__(self, pages: int) -> None:
        super().__init__(
            f"This PDF has {pages} pages; {MOST_PAGES} is the most. Send a shorter one.", pages=pages, limit=MOST_PAGES
        )


class TooManyFiles(Conflict):
    slug = "too-many-files"
    message = f"A draft holds {MOST_PER_DRAFT} files at most. Remove one first."


class TooManyKept(Conflict):
    slug = "too-many-files-kept"
    message = (
        f"This application has handed in {MOST_KEPT} files already, which are all kept. Go on with those it has, or "
        "withdraw it and draft another one."
    )


class NoSuchAttachment(NotFound):
    message = "There is no such file that you may see. GET the application to see which it has."


def require_room(in_draft: Sized, *, kept: int) -> None:
    if len(in_draft) >= MOST_PER_DRAFT:
        raise TooManyFiles
    if kept >= MOST_KEPT:
        raise TooManyKept


def safe_name(given: str) -> str:
    """A file name that no system, header or reader can be tricked with; letters of every script are kept."""
    name = unicodedata.normalize("NFC", given.replace("\\", "/").rpartition("/")[2])
    # Cc: control, Cf: direction and other invisible marks, Cs: broken surrogates, Co/Cn: not characters at all.
    kept = (c if unicodedata.category(c)[0] != "C" else " " for c in name)
    words = _RESERVED.sub(" ", "".join(kept)).split()
    stem = " ".join(words)
    if stem.lower().endswith(".pdf"):
        stem = stem[:-4]
    stem = stem[: LONGEST_NAME - 4].strip(" .")
    return f"{stem or 'pitch-deck'}.pdf"
