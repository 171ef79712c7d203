"""Which files an application may hold, and under which names."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sized
from enum import StrEnum

from shared.errors import Conflict, FieldError, Invalid, NotFound, TooLarge, UnsupportedMedia

LARGEST = 10 * 2**20
MOST_PER_DRAFT = 5
MOST_KEPT = 20
"""With those that were handed in before and dropped since: what one account can fill stays bounded."""
MOST_PAGES = 200
LONGEST_NAME = 120
MEDIA_TYPE = "application/pdf"

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
ENDINGS = {
    MEDIA_TYPE: ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    f"{_OFFICE}wordprocessingml.document": ".docx",
    f"{_OFFICE}spreadsheetml.sheet": ".xlsx",
    f"{_OFFICE}presentationml.presentation": ".pptx",
    f"{_OPEN}text": ".odt",
    f"{_OPEN}spreadsheet": ".ods",
    f"{_OPEN}presentation": ".odp",
    "text/csv": ".csv",
}
"""What a file may be found to be, and how its name ends then, whatever it was called."""


class Sort(StrEnum):
    """What a form may accept as a file."""

    PDF = "pdf"
    PICTURE = "picture"
    OFFICE = "office"
    TABLE = "table"


IN_WORDS = {
    Sort.PDF: "a PDF",
    Sort.PICTURE: "a PNG or JPEG picture",
    Sort.OFFICE: "a document, sheet or slides of an office program, without macros",
    Sort.TABLE: "a table as CSV in UTF-8",
}

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


class NotAccepted(UnsupportedMedia):
    slug = "file-not-accepted"

    def __init__(self, accepted: Collection[Sort]) -> None:
        wanted = ", or ".join(IN_WORDS[sort] for sort in Sort if sort in accepted)
        super().__init__(
            f"This file is something else, whatever its name says. Send {wanted}.",
            accepted=sorted(sort.value for sort in accepted),
        )


class UnreadableFile(UnsupportedMedia):
    slug = "unreadable-file"
    message = "This file can't be read: it is damaged, cut off, or not what it begins like. Save it anew and send that."


class EncryptedFile(UnsupportedMedia):
    slug = "encrypted-file"
    message = "This file is protected by a password. Save it without: jurors must open it."


class Macros(UnsupportedMedia):
    slug = "file-with-macros"
    message = (
        "This file holds macros, programs or templates from elsewhere, which could run on a juror's computer. "
        "Save it without them, or export it as PDF."
    )


class ArchiveTooLarge(UnsupportedMedia):
    slug = "file-unpacks-too-large"
    message = "This file unpacks to far more than it seems, or holds other archives. Export it as PDF and send that."


class TooManyPixels(UnsupportedMedia):
    slug = "too-many-pixels"
    message = "This picture has more than 50 million pixels. Make it smaller, then send it."


class NotATable(UnsupportedMedia):
    slug = "not-a-table"

    def __init__(self, row: object) -> None:
        where = f" Look at row {row}." if row else ""
        super().__init__(
            "This is no CSV in UTF-8 with at least two columns, as many in each row, and 100,000 rows at most." + where,
            row=row,
        )


class Formulas(UnsupportedMedia):
    slug = "table-with-formulas"

    def __init__(self, row: object) -> None:
        super().__init__(
            f"Row {row} of this CSV has a cell that a spreadsheet would run as a formula. Begin it with another "
            "character than = + - or @.",
            row=row,
        )


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


class NoSuchFileField(Invalid):
    slug = "no-such-file-field"

    def __init__(self) -> None:
        super().__init__(
            "The call's form asks for no file under this id. GET /calls/{id}/form says which it asks for.",
            errors=[FieldError(pointer="#/field", detail="is no file field of the form", code="not_in_form")],
        )


class NoSuchAttachment(NotFound):
    message = "There is no such file that you may see. GET the application to see which it has."


def require_room(in_draft: Sized, *, kept: int) -> None:
    if len(in_draft) >= MOST_PER_DRAFT:
        raise TooManyFiles
    if kept >= MOST_KEPT:
        raise TooManyKept


def wrong_sort(accepted: Collection[Sort]) -> UnsupportedMedia:
    return NotAPdf() if set(accepted) == {Sort.PDF} else NotAccepted(accepted)


def fault(sort: Sort, found: Mapping[str, object]) -> UnsupportedMedia:
    """What was wrong with a file, as its reader said."""
    match found.get("fault"):
        case "encrypted":
            return EncryptedPdf() if sort is Sort.PDF else EncryptedFile()
        case "macros":
            return Macros()
        case "archive-bomb":
            return ArchiveTooLarge()
        case "too-many-pixels":
            return TooManyPixels()
        case "formula":
            return Formulas(found.get("row"))
        case "not-a-table" | "too-many-rows":
            return NotATable(found.get("row"))
        case _:
            return UnreadablePdf() if sort is Sort.PDF else UnreadableFile()


def safe_name(given: str, media_type: str = MEDIA_TYPE) -> str:
    """A file name that no system, header or reader can be tricked with; letters of every script are kept."""
    name = unicodedata.normalize("NFC", given.replace("\\", "/").rpartition("/")[2])
    # Cc: control, Cf: direction and other invisible marks, Cs: broken surrogates, Co/Cn: not characters at all.
    kept = (c if unicodedata.category(c)[0] != "C" else " " for c in name)
    words = _RESERVED.sub(" ", "".join(kept)).split()
    stem, ending = " ".join(words), ENDINGS[media_type]
    for known in ENDINGS.values():
        if stem.lower().endswith(known):
            stem = stem[: -len(known)]
            break
    stem = stem[: LONGEST_NAME - len(ending)].strip(" .")
    return f"{stem or ('pitch-deck' if media_type == MEDIA_TYPE else 'file')}{ending}"
